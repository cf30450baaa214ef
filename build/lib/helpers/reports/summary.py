"""What a run has found, as its reports tell it: checks, what blocks what, the matrix of claims and sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from helpers.engine.results import StageResult
from helpers.outcomes import OUTCOMES, Outcome, worst
from helpers.reports.claims import CLAIMS
from helpers.reports.known_failures import KnownFailure, recognise

if TYPE_CHECKING:
    from helpers.nodes.logs import LogTail
    from helpers.preflight.results import Probed
    from helpers.reports.history import Change
    from helpers.runs.cleanup import Leak

#: The column of claims that belong to no site.
ALL = "all"


@dataclass(frozen=True)
class Verdict:
    """What became of one test, or of one stage if `stage` names it.

    `test` is the node id, `title` what it states, `message` why it did not pass, `cause` the stage that blocked it, or
    what left others unknown, too; `reproduce` holds commands that show it by hand.
    """

    test: str
    outcome: Outcome
    claims: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    seconds: float = 0.0
    cause: str | None = None
    stage: str | None = None
    title: str = ""
    message: str = ""
    reproduce: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the node id: `test_copy_image[dcn1]`."""
        return self.test.rsplit("::", 1)[-1]


@dataclass(frozen=True)
class Check:
    """One claim at one site, by one test. `claim` is None for a test of no claim, `site` for one that belongs to none.

    `cause` is the stage that blocked it, or in one line why it failed, is unknown or was skipped.
    """

    claim: str | None
    site: str | None
    test: str
    outcome: Outcome
    cause: str | None
    seconds: float


@dataclass(frozen=True)
class Skip:
    """A reason for which tests were skipped, and those tests by their names."""

    reason: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """The content of `summary.json`. `started` is ISO 8601, in UTC; `sites` are in the environment file's order.

    `preflight` is what was found wanting before the run; it counts where something selected is blocked by it. `changes`
    is what was otherwise in earlier runs, and what is still wrong. `skipped` has each reason once.
    """

    run_id: str
    environment: str
    started: str
    wall_s: float
    longest_chain_s: float
    sites: tuple[str, ...]
    outcomes: dict[Outcome, int]
    checks: tuple[Check, ...]
    leaks: tuple[Leak, ...] = ()
    preflight: tuple[Probed, ...] = ()
    changes: tuple[Change, ...] = ()
    skipped: tuple[Skip, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing failed, was blocked, is unknown or was left behind."""
        return not self.leaks and not any(self.outcomes[bad] for bad in ("failed", "blocked", "unknown"))


def count(verdicts: Iterable[Verdict]) -> dict[Outcome, int]:
    """How many tests and stages came to each outcome."""
    counted = Counter(verdict.outcome for verdict in verdicts)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def checks(verdicts: Iterable[Verdict]) -> tuple[Check, ...]:
    """One check per test, claim and site, in the specification's order."""
    found = [
        Check(claim, site, verdict.test, verdict.outcome, _cause(verdict), verdict.seconds)
        for verdict in verdicts
        for claim in verdict.claims or (None,)
        for site in verdict.sites or (None,)
    ]
    order = {claim: number for number, claim in enumerate(CLAIMS)}
    return tuple(sorted(found, key=lambda check: order.get(check.claim or "", len(order))))


def skips(verdicts: Iterable[Verdict]) -> tuple[Skip, ...]:
    """What was skipped, by its reasons."""
    tests: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.outcome == "skipped":
            tests.setdefault(verdict.message, []).append(verdict.name)
    return tuple(Skip(reason, tuple(names)) for reason, names in tests.items())


def _cause(verdict: Verdict) -> str | None:
    if verdict.outcome == "passed":
        return None
    blocked_by = verdict.cause if verdict.outcome == "blocked" else None
    return blocked_by or "; ".join(" ".join(line.split()) for line in verdict.message.splitlines()[:3]) or None


@dataclass(frozen=True)
class Row:
    """One claim's line of the matrix: column → outcome, and no entry where the claim has no such site."""

    claim: str
    title: str
    cells: dict[str, Outcome]

    def at(self, outcome: Outcome) -> list[str]:
        """The columns with that outcome."""
        return [column for column, seen in self.cells.items() if seen == outcome]


@dataclass(frozen=True)
class Matrix:
    """Claims by sites."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def matrix(found: Iterable[Check], sites: Sequence[str]) -> Matrix:
    """The matrix of these checks; `all` is a column when a claim belongs to no site."""
    outcomes: dict[str, dict[str, set[Outcome]]] = {}
    for check in found:
        if check.claim:
            outcomes.setdefault(check.claim, {}).setdefault(check.site or ALL, set()).add(check.outcome)
    used = {column for cells in outcomes.values() for column in cells}
    columns = tuple(column for column in dict.fromkeys((*sites, *sorted(used - {ALL}), ALL)) if column in used)
    rows = tuple(
        Row(claim, title, {column: worst(outcomes[claim][column]) for column in columns if column in outcomes[claim]})
        for claim, title in CLAIMS.items()
        if claim in outcomes
    )
    return Matrix(columns, rows)


@dataclass(frozen=True)
class Cause:
    """A failure, or something unknown, the checks that it blocks, and what the services' logs say of it."""

    verdict: Verdict
    blocks: tuple[Check, ...] = ()
    logs: tuple[LogTail, ...] = ()

    @property
    def looks_like(self) -> KnownFailure | None:
        """What others have met that shows itself so."""
        if self.verdict.outcome != "failed":
            return None
        lines = (line for log in self.logs for line in log.lines)
        return recognise(self.verdict.claims, self.verdict.message, lines)

    @property
    def blocked(self) -> list[str]:
        """What is blocked, in a few words: `B4 B5 at dcn0, dcn1`."""
        by_site: dict[str, dict[str, None]] = {}
        for check in self.blocks:
            by_site.setdefault(check.site or ALL, {})[check.claim or check.test.rsplit("::", 1)[-1]] = None
        alike: dict[tuple[str, ...], list[str]] = {}
        for site, claims in by_site.items():
            alike.setdefault(tuple(claims), []).append(site)
        return [
            " ".join(claims) + (f" at {shortened(sites)}" if sites != [ALL] else "") for claims, sites in alike.items()
        ]

    @property
    def blocked_count(self) -> int:
        """How many claims at sites are blocked."""
        return len({(check.claim or check.test, check.site) for check in self.blocks})


def causes(verdicts: Sequence[Verdict], results: Iterable[StageResult] = ()) -> list[Cause]:
    """Each failure once, then each unknown once, with what they block; what one cause has left unknown is one.

    :param results: what became of the stages; tells of a cause whose own line is missing from an interrupted run
    """
    blocked: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome in {"blocked", "unknown"} and verdict.cause:
            blocked.setdefault(verdict.cause, []).append(verdict)
    bad = [verdict for verdict in verdicts if verdict.outcome == "failed" or _is_unknown_alone(verdict)]
    known = {verdict.stage for verdict in bad}
    by_key: dict[str, StageResult] = {}
    for result in results:
        by_key[result.stage] = result
        if result.outcome == "unknown" and result.cause:
            by_key[result.cause] = result
    for cause, kept in blocked.items():
        if cause not in known:
            told = next((verdict for verdict in kept if verdict.outcome == "unknown"), None)
            if told:
                bad.append(Verdict(cause, "unknown", stage=cause, message=told.message, reproduce=told.reproduce))
                continue
            result = by_key.get(cause, StageResult(cause, "failed"))
            outcome: Outcome = "unknown" if result.outcome == "unknown" else "failed"
            bad.append(Verdict(cause, outcome, stage=cause, message=result.error, reproduce=result.reproduce))
    found = [Cause(verdict, checks(blocked.get(verdict.stage or "", ()))) for verdict in bad]
    return sorted(found, key=lambda cause: cause.verdict.outcome != "failed")


def _is_unknown_alone(verdict: Verdict) -> bool:
    return verdict.outcome == "unknown" and not verdict.cause


def by_their_judges(verdicts: Iterable[Verdict], findings: Iterable[Probed]) -> list[Verdict]:
    """What a preflight's finding blocks belongs to the stage that says the same of a claim, where that one failed."""
    found = list(verdicts)
    failed = {verdict.stage for verdict in found if verdict.outcome == "failed"}
    judges = {finding.key: finding.judge for finding in findings if finding.judge in failed}
    return [replace(verdict, cause=judges.get(verdict.cause or "", verdict.cause)) for verdict in found]


def with_stage_time(verdict: Verdict, results: dict[str, StageResult]) -> Verdict:
    """A stage's verdict with the time that the stage itself took, rather than the time it was waited for."""
    result = results.get(verdict.stage or "")
    return replace(verdict, seconds=result.seconds) if result else verdict


def shortened(names: Sequence[str], most: int = 6) -> str:
    """The names, or the first of them and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")

"""What a run has found, as its reports tell it: checks, what blocks what, the matrix of claims and sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import jinja2

from helpers.claims import CLAIMS
from helpers.known_failures import KnownFailure, recognise
from helpers.results import StageResult

if TYPE_CHECKING:
    from helpers.cleanup import Leak
    from helpers.preflight.results import Probed
    from helpers.service_logs import LogTail

Outcome = Literal["passed", "failed", "blocked", "unknown", "skipped"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
#: What several checks of one claim at one site amount to: the first of these that is among them.
_WORST_FIRST: tuple[Outcome, ...] = ("failed", "unknown", "blocked", "passed", "skipped")
#: The column of claims that belong to no site.
ALL = "all"

_TEMPLATES = Path(__file__).parents[1] / "reports" / "templates"


@dataclass(frozen=True)
class Verdict:
    """What became of one test, or of one stage if `stage` names it.

    `test` is the node id, `title` what it states, `message` why it did not pass, `cause` the stage that blocked it;
    `by_hand` holds commands that show it by hand.
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
    by_hand: tuple[str, ...] = ()

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
class Summary:
    """The content of `summary.json`. `started` is ISO 8601, in UTC; `sites` are in the environment file's order.

    `preflight` is what was found wanting before the run; it counts where something selected is blocked by it.
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


def _cause(verdict: Verdict) -> str | None:
    if verdict.outcome == "passed":
        return None
    return verdict.cause or "; ".join(" ".join(line.split()) for line in verdict.message.splitlines()[:3]) or None


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
        Row(claim, title, {column: _worst(outcomes[claim][column]) for column in columns if column in outcomes[claim]})
        for claim, title in CLAIMS.items()
        if claim in outcomes
    )
    return Matrix(columns, rows)


def _worst(outcomes: set[Outcome]) -> Outcome:
    return next(outcome for outcome in _WORST_FIRST if outcome in outcomes)


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
    """Each failure once, then each unknown once, with what they block.

    :param results: what became of the stages; tells of a cause whose own line is missing from an interrupted run
    """
    blocked: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome == "blocked" and verdict.cause:
            blocked.setdefault(verdict.cause, []).append(verdict)
    bad = [verdict for verdict in verdicts if verdict.outcome in {"failed", "unknown"}]
    known = {verdict.stage for verdict in bad}
    by_key = {result.stage: result for result in results}
    for cause in blocked:
        if cause not in known:
            result = by_key.get(cause, StageResult(cause, "failed"))
            outcome: Outcome = "unknown" if result.outcome == "unknown" else "failed"
            bad.append(Verdict(cause, outcome, stage=cause, message=result.error, by_hand=result.by_hand))
    found = [Cause(verdict, checks(blocked.get(verdict.stage or "", ()))) for verdict in bad]
    return sorted(found, key=lambda cause: cause.verdict.outcome != "failed")


def by_their_judges(verdicts: Iterable[Verdict], findings: Iterable[Probed]) -> list[Verdict]:
    """What a preflight's finding blocks belongs to the stage that says the same of a claim, where that one failed."""
    found = list(verdicts)
    failed = {verdict.stage for verdict in found if verdict.outcome == "failed"}
    judges = {finding.key: finding.judge for finding in findings if finding.judge in failed}
    return [replace(verdict, cause=judges.get(verdict.cause or "", verdict.cause)) for verdict in found]


@dataclass(frozen=True)
class Bar:
    """A stage's place in the run's time: `left` and `width` in percent, `start` in seconds from the first."""

    name: str
    outcome: Outcome
    start: float
    seconds: float
    left: float
    width: float


def timeline(results: Iterable[StageResult]) -> list[Bar]:
    """The stages that ran, in the order in which they started."""
    ran = sorted((result for result in results if result.started), key=lambda result: result.started)
    if not ran:
        return []
    origin = ran[0].started
    whole = max(max(result.started - origin + result.seconds for result in ran), 0.001)
    return [
        Bar(
            name=result.stage,
            outcome=result.outcome,
            start=result.started - origin,
            seconds=result.seconds,
            left=round(100 * (result.started - origin) / whole, 2),
            width=round(100 * result.seconds / whole, 2),
        )
        for result in ran
    ]


@dataclass(frozen=True)
class Page:
    """What the HTML page of a run shows."""

    summary: Summary
    causes: Sequence[Cause]
    bars: Sequence[Bar]
    skipped: Sequence[Verdict] = field(default=())

    def render(self) -> str:
        """The page: one file that needs nothing from anywhere else."""
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        return environment.get_template("index.html").render(
            summary=self.summary,
            causes=self.causes,
            bars=self.bars,
            skipped=self.skipped,
            matrix=matrix(self.summary.checks, self.summary.sites),
            outcomes=OUTCOMES,
        )


def with_stage_time(verdict: Verdict, results: dict[str, StageResult]) -> Verdict:
    """A stage's verdict with the time that the stage itself took, rather than the time it was waited for."""
    result = results.get(verdict.stage or "")
    return replace(verdict, seconds=result.seconds) if result else verdict


def shortened(names: Sequence[str], most: int = 6) -> str:
    """The names, or the first of them and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")

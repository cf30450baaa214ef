"""What became of the tests and stages of a run, and the checks that they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from helpers.engine.results import StageResult
from helpers.outcomes import OUTCOMES, Outcome
from helpers.preflight.results import Probed
from helpers.reports.claims import CLAIMS
from helpers.reports.summary import Check, Skip


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

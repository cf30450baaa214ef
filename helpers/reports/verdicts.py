"""The outcomes of the tests and stages of a run, and the checks that follow from them."""

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
    """The outcome of one test, or of the stage that `stage` names.

    `test` is the node id, `title` the statement of the test, `message` the reason if it did not pass. `cause` is the
    stage that blocked it, or what left other checks unknown as well. `reproduce` has the commands that show it.
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
    """The number of tests and stages for each outcome."""
    counted = Counter(verdict.outcome for verdict in verdicts)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def checks(verdicts: Iterable[Verdict]) -> tuple[Check, ...]:
    """One check for each test, claim and site, in the order of the specification."""
    found = [
        Check(claim, site, verdict.test, verdict.outcome, _cause(verdict), verdict.seconds)
        for verdict in verdicts
        for claim in verdict.claims or (None,)
        for site in verdict.sites or (None,)
    ]
    order = {claim: number for number, claim in enumerate(CLAIMS)}
    return tuple(sorted(found, key=lambda check: order.get(check.claim or "", len(order))))


def skips(verdicts: Iterable[Verdict]) -> tuple[Skip, ...]:
    """The skipped tests, by reason."""
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
    """Move what a preflight finding blocks to the failed stage that reports the same about a claim."""
    found = list(verdicts)
    failed = {verdict.stage for verdict in found if verdict.outcome == "failed"}
    judges = {finding.key: finding.judge for finding in findings if finding.judge in failed}
    return [replace(verdict, cause=judges.get(verdict.cause or "", verdict.cause)) for verdict in found]


def with_stage_time(verdict: Verdict, results: dict[str, StageResult]) -> Verdict:
    """The verdict of a stage with the stage's own duration rather than the time for which a test waited."""
    result = results.get(verdict.stage or "")
    return replace(verdict, seconds=result.seconds) if result else verdict

"""What a run of the acceptance suite showed, read from its summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from helpers.outcomes import Outcome
from helpers.reports.summary import Summary
from helpers.runs.leak import Leak

#: The claim that nothing is left behind; its failures are the run's leaks.
NO_LEAKS = "F5"
_LONGEST = 400


@dataclass(frozen=True)
class Failing:
    """A check that failed: its claim, the site it names if any, what it said in one line, and how to see it by hand."""

    claim: str
    site: str | None
    said: str
    reproduce: str = ""


@dataclass(frozen=True)
class Seen:
    """What a run of the suite showed. `run` is the folder of its reports; `refused` why it did not begin.

    `prevented`: what was not tried, because the preflight found a thing broken that it needs, and said so.
    """

    exit_code: int
    failing: tuple[Failing, ...] = ()
    blocked: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    leaks: int = 0
    run: str = ""
    refused: str = ""
    prevented: tuple[Failing, ...] = ()

    @property
    def failed(self) -> frozenset[str]:
        return frozenset(one.claim for one in self.failing)


def seen_in(summary: Summary, exit_code: int) -> Seen:
    """What the summary of a run says."""

    def claims(outcome: Outcome) -> frozenset[str]:
        return frozenset(check.claim for check in summary.checks if check.claim and check.outcome == outcome)

    return Seen(
        exit_code=exit_code,
        failing=(*_failing(summary), *_leaks(summary.leaks)),
        prevented=tuple(_prevented(summary)),
        blocked=claims("blocked"),
        unknown=claims("unknown"),
        leaks=len(summary.leaks),
        run=summary.run_id,
    )


def _failing(summary: Summary) -> Iterator[Failing]:
    """Each claim that a test or stage fails, at each site, as what that one says."""
    failures = {failure.test: failure for failure in summary.failures}
    for check in summary.checks:
        if check.claim and check.outcome == "failed":
            failure = failures[check.test]
            said = " / ".join(filter(None, (line.strip() for line in failure.message.splitlines())))
            yield Failing(check.claim, check.site, said[:_LONGEST], _shown(failure.reproduce))


def _prevented(summary: Summary) -> Iterator[Failing]:
    """Each claim that a finding of the preflight blocks, as what that finding says."""
    found = {one.key: one for one in summary.preflight if one.outcome == "failed"}
    for check in summary.checks:
        if check.claim and check.outcome == "blocked" and check.cause in found:
            one = found[check.cause]
            yield Failing(check.claim, check.site, str(one), _shown(one.reproduce))


def _leaks(leaks: Iterable[Leak]) -> Iterator[Failing]:
    """Each leak at each site that it is at, as a failure of the claim that nothing is left."""
    for leak in leaks:
        said = f"left behind: {leak.kind} {leak.problem}"[:_LONGEST]
        for site in leak.sites or (None,):
            yield Failing(NO_LEAKS, site, said, _shown(filter(None, (leak.reproduce,))))


def _shown(commands: Iterable[str]) -> str:
    """The first of the commands; empty where there is none."""
    return next((f"reproduce: {command}" for command in commands), "")

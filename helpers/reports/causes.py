"""What is wrong, each cause once: its message, what it blocks, and the services' log lines about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from helpers.engine.results import StageResult
from helpers.outcomes import Outcome
from helpers.reports.known_failures import KnownFailure, recognise
from helpers.reports.matrix import ALL, shortened
from helpers.reports.summary import Check, Failure
from helpers.reports.verdicts import Verdict, checks

if TYPE_CHECKING:
    from helpers.nodes.logs import LogTail


@dataclass(frozen=True)
class Cause:
    """A failure or an unknown, the checks that it blocks, and the services' log lines about it."""

    verdict: Verdict
    blocks: tuple[Check, ...] = ()
    logs: tuple[LogTail, ...] = ()

    @property
    def failure(self) -> Failure:
        """Its entry in `summary.json`."""
        one, known = self.verdict, self.looks_like
        outcome: Literal["failed", "unknown"] = "failed" if one.outcome == "failed" else "unknown"
        known_as = str(known) if known else None
        return Failure(
            one.test, outcome, one.claims, one.sites, one.stage, one.title, one.message, known_as, one.reproduce
        )

    @property
    def looks_like(self) -> KnownFailure | None:
        """The known failure with these symptoms."""
        if self.verdict.outcome != "failed":
            return None
        lines = (line for log in self.logs for line in log.lines)
        return recognise(self.verdict.claims, self.verdict.message, lines)

    @property
    def blocked(self) -> list[str]:
        """The blocked checks in short: `B4 B5 at dcn0, dcn1`."""
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
        """The number of blocked checks: claims, times sites."""
        return len({(check.claim or check.test, check.site) for check in self.blocks})


def causes(verdicts: Sequence[Verdict], results: Iterable[StageResult] = ()) -> list[Cause]:
    """Each failure once, then each unknown once, with the checks that they block. Unknowns of one cause are merged.

    :param results: the outcomes of the stages, for causes without a line of their own in an interrupted run
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

"""What a run of the acceptance suite showed, read from its reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from helpers.preflight.results import Probed

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


def read_summary(
    summary: Mapping[str, Any], exit_code: int, run: str = "", texts: Mapping[str, str] | None = None
) -> Seen:
    """What `summary.json` of a run says; `texts`: test → all that it said."""

    def claims(outcome: str) -> frozenset[str]:
        return frozenset(
            check["claim"] for check in summary["checks"] if check["claim"] and check["outcome"] == outcome
        )

    failing = []
    for check in summary["checks"]:
        if check["claim"] and check["outcome"] == "failed":
            lines = [line.strip() for line in (texts or {}).get(check["test"], "").splitlines()]
            reproduce = [line for line in lines if line.startswith("reproduce: ")]
            said = " / ".join(line for line in lines[1:] if line and line not in reproduce)
            failing.append(
                Failing(check["claim"], check["site"], said[:_LONGEST] or check["cause"] or "", *reproduce[:1])
            )
    failing += _leaks(summary["leaks"])
    return Seen(
        exit_code=exit_code,
        failing=tuple(failing),
        prevented=tuple(_prevented(summary)),
        blocked=claims("blocked"),
        unknown=claims("unknown"),
        leaks=len(summary["leaks"]),
        run=run,
    )


def _prevented(summary: Mapping[str, Any]) -> Iterator[Failing]:
    """Each claim that a finding of the preflight blocks, as what that finding says."""
    found = {one.key: one for one in (Probed(**probed) for probed in summary["preflight"]) if one.outcome == "failed"}
    for check in summary["checks"]:
        if check["claim"] and check["outcome"] == "blocked" and check["cause"] in found:
            one = found[check["cause"]]
            yield Failing(
                check["claim"], check["site"], str(one), *(f"reproduce: {line}" for line in one.reproduce[:1])
            )


def _leaks(leaks: list[Mapping[str, Any]]) -> Iterator[Failing]:
    """Each leak at each site that it is at, as a failure of the claim that nothing is left."""
    for leak in leaks:
        reproduce = f"reproduce: {leak['reproduce']}" if leak["reproduce"] else ""
        for site in leak["sites"] or [None]:
            yield Failing(NO_LEAKS, site, f"left behind: {leak['kind']} {leak['problem']}"[:_LONGEST], reproduce)


def read_junit(file: Path) -> dict[str, str]:
    """Test → what it said when it failed, from `junit.xml`: the summary has only the first line of it."""
    said = {}
    for case in ElementTree.parse(file).iter("testcase"):  # noqa: S314 - of our own making
        failure = case.find("failure")
        if failure is not None:
            said[f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"] = failure.text or ""
    return said

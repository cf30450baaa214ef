"""docs/detection.md: what is detected, in the simulator and in the lab, as one table."""

from __future__ import annotations

from collections.abc import Mapping

from helpers.claims import CLAIMS
from helpers.detection.results import Observation, Published
from helpers.detection.verdicts import Detection, in_order
from helpers.faults import FAULTS, Fault

SOURCES = ("simulator", "lab")

_DOCUMENT = """\
# What is detected

Every fault of the catalogue (`helpers/faults/`) is brought about, the acceptance suite is run, and this is what it
finds. The simulator models them all (`simulator/faults/`, `make detect`); many are really brought about in the lab
(`lab/faults/`, `make detect LAB=1`). Both write this page, from `docs/detection.json`; `-` is what nobody looked at.

- **must fail**: the claims that the fault belongs to. It is *caught* when each of them fails at the site of the fault.
  F5, that nothing is left behind, fails when the run reports a leak there. Where the preflight finds broken what a
  claim needs, the claim is not tried, and the finding counts in its place. *(unknown)*: the fault leaves nobody able to
  tell whether the claim holds, and that is what has to be said.
- **and**: what failed as a consequence, such as a copy that cannot be made. Anything else that fails makes the fault
  *noisy*. What is blocked by a failure, or unknown, is neither a pass nor a failure, and is not shown.

{counts}

| fault | what is broken | source | must fail | simulator | lab |
|---|---|---|---|---|---|
{rows}

## Claims

| claim | | caught by |
|---|---|---|
{claims}
"""


def document(found: Published) -> str:
    """The page; nothing in it changes from run to run while the results do not."""
    verdicts = {source: _detections(found.get(source, {})) for source in SOURCES}
    rows = [_row(fault, *(verdicts[source].get(fault.name) for source in SOURCES)) for fault in FAULTS]
    counts = [_counted(source, detections) for source, detections in verdicts.items() if detections]
    claims = []
    for claim in in_order(claim for fault in FAULTS for claim in fault.must):
        names = [f"`{fault.name}`" for fault in FAULTS if claim in fault.must and _found(claim, fault, verdicts)]
        claims.append(f"| {claim} | {CLAIMS[claim]} | {', '.join(names) or '**none**'} |")
    return _DOCUMENT.format(counts="\n".join(counts), rows="\n".join(rows), claims="\n".join(claims))


def _detections(observations: Mapping[str, Observation]) -> dict[str, Detection]:
    known = {fault.name for fault in FAULTS}
    return {name: one.detection for name, one in observations.items() if name in known}


def _row(fault: Fault, *detections: Detection | None) -> str:
    must = " ".join(in_order(fault.must)) + (" (unknown)" if fault.unknown else "")
    cells = [f"`{fault.name}`", fault.title, fault.source, must, *map(_cell, detections)]
    return f"| {' | '.join(cells)} |"


def _cell(one: Detection | None) -> str:
    if one is None:
        return "-"
    said = one.verdict if one.good else f"**{one.verdict}**"
    if one.verdict == "missed":
        said += f" {' '.join(one.missed)}"
    others = [*one.also, *(f"**{claim}**" for claim in one.noise)]
    return f"{said} at {one.site}" + (f", and {' '.join(others)}" if others else "")


def _found(claim: str, fault: Fault, verdicts: Mapping[str, Mapping[str, Detection]]) -> bool:
    seen = [found[fault.name] for found in verdicts.values() if fault.name in found]
    return any(one.verdict != "refused" and claim not in one.missed for one in seen)


def _counted(source: str, detections: Mapping[str, Detection]) -> str:
    caught = sum(one.good for one in detections.values())
    return f"- {source}: {caught} of {len(detections)} faults caught; the catalogue has {len(FAULTS)}"

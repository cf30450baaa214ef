"""docs/reference/faults.md: what is detected, in the simulator and in the lab, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from faults.catalogue import FAULTS, Fault
from faults.catalogue.sources import places
from faults.detection.results import Observation, Published
from faults.detection.verdicts import Detection, in_order
from helpers.reports.claims import CLAIMS

SOURCES = ("simulator", "lab")

_DOCUMENT = """\
---
hide: [navigation, toc]
---

# Faults and their detection

Each fault of the catalogue is brought about, the acceptance suite is run, and this page shows what the suite finds. The
simulator models all faults, and the lab really brings many of them about. `make detect` and `make detect LAB=1` write
this page from `docs/reference/faults.json`. A dash means that the fault was not tried there.

- **must fail**: the claims that the fault breaks. The fault is *caught* when each of them fails at the site of the
  fault. F5, nothing is left behind, fails when the run reports a leak there. If the preflight finds a prerequisite of a
  claim broken, the claim is not tried, and the finding counts in its place. *(unknown)* means that with this fault
  nobody can tell whether the claim holds, and the suite must say so.
- **and**: other claims that failed as a consequence, such as a copy that cannot be made. Any further failure makes the
  fault *noisy*. Claims that are blocked or unknown are neither passes nor failures, and are not shown.

So far:

{counts}

## Detection matrix

| fault | what is broken | source | must fail | simulator | lab |
|---|---|---|---|---|---|
{rows}

## Faults by claim

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
        claims.append(f"| {_anchored(claim)} | {CLAIMS[claim]} | {', '.join(names) or '**none**'} |")
    return _DOCUMENT.format(counts="\n".join(counts), rows="\n".join(rows), claims="\n".join(claims))


def _detections(observations: Mapping[str, Observation]) -> dict[str, Detection]:
    known = {fault.name for fault in FAULTS}
    return {name: one.detection for name, one in observations.items() if name in known}


def _row(fault: Fault, *detections: Detection | None) -> str:
    source = ", ".join(f"[{place.label}]({place})" for place in places(fault.source))
    must = " ".join(in_order(fault.must)) + (" (unknown)" if fault.unknown else "")
    cells = [f"`{fault.name}`", escape(fault.title, quote=False), source, must, *map(_cell, detections)]
    return f"| {' | '.join(cells)} |"


def _anchored(claim: str) -> str:
    """A claim as a link to what it says, and the place that it leads here from."""
    return f'<a id="{claim}"></a>[{claim}](claims.md#{claim})'


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

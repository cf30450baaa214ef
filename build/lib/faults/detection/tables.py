"""The detection matrix for a terminal: faults by claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faults.detection.verdicts import Detection, in_order

_LEGEND = "X must fail and does   ! must fail and does not   x may fail and does   N noise   b blocked   ? unknown"
_MOST_HEADLINES = 6


def matrix(detections: Sequence[Detection]) -> str:
    """Faults by claims, and the verdict of each fault."""
    columns = in_order(claim for one in detections for claim in (*one.must, *one.also, *one.noise))
    width = max((len(one.fault) for one in detections), default=5)
    lines = [" ".join(["fault".ljust(width), "site".ljust(7), *(claim.rjust(3) for claim in columns), "verdict"])]
    for one in detections:
        cells = [_cell(one, claim).rjust(3) for claim in columns]
        lines.append(" ".join([one.fault.ljust(width), one.site.ljust(7), *cells, one.verdict]))
    return "\n".join([*lines, _LEGEND])


def _cell(one: Detection, claim: str) -> str:
    for sign, claims in (
        ("!", one.missed),
        ("X", one.must),
        ("N", one.noise),
        ("x", one.also),
        ("b", one.blocked),
        ("?", one.unknown),
    ):
        if claim in claims:
            return sign
    return "."


def progress(found: Detection, number: int, of: int) -> Iterator[str]:
    """What is said when a fault has been looked at: the verdict, and unless all is well, why."""
    yield f"{number:3}/{of} {found.verdict:8} {found.fault} at {found.site} ({found.seconds:.0f} s)"
    for line in found.headlines[:_MOST_HEADLINES]:
        yield f"            {line}"
    for what, claims in (("not found by", found.missed), ("noise", found.noise), ("unknown", found.unknown)):
        if claims:
            yield f"            {what}: {' '.join(claims)}"

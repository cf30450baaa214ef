"""What a run says about a fault: caught, missed, noisy, or that it could not be found out.

A fault is *caught* when every claim that it must break fails where the fault is, and nothing else fails but what may;
*missed* when such a claim passes; *noisy* when another claim fails too; *unclear* when a failure has no words that help
whoever reads it. What is blocked or unknown is no failure, but for a claim that the fault must break: the preflight has
found what is broken, and said that this cannot be tried; or the fault is one of those by which nobody can tell whether
the claim holds, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from faults.catalogue import Fault
from faults.detection.seen import Seen
from helpers.reports.claims import CLAIMS


@dataclass(frozen=True)
class Detection:
    """A fault and what the suite made of it. Claims are in the specification's order."""

    fault: str
    site: str
    verdict: str
    must: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    leaks: int = 0
    headlines: tuple[str, ...] = ()
    run: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def good(self) -> bool:
        return self.verdict == "caught"


#: What a failure says where nobody has thought of it: an assertion without words, or an exception of Python's.
_UNCLEAR = re.compile(r"anything but None|(^|/ )assert |(^|/ )\w+ raised at |^$")


def is_unclear(said: str) -> bool:
    """Whether a failure's words tell a reader nothing of what was expected."""
    return bool(_UNCLEAR.search(said))


def judge(fault: Fault, site: str, seen: Seen, seconds: float = 0.0) -> Detection:
    """What the suite made of a fault at a site. A claim that fails at other sites only has not found it.

    A fault of central is found wherever a claim fails: central serves all sites, and some claims are theirs alone.
    """
    found = (*seen.failing, *(one for one in seen.prevented if one.claim in fault.must))
    here = {one.claim for one in found if one.site in {site, None} or fault.site == "central"}
    if fault.unknown:
        here |= fault.must & seen.unknown
    missed = fault.must - here
    noise = seen.failed - fault.may - (frozenset() if fault.unknown else fault.must)
    if seen.refused:
        verdict = "refused"
    elif missed:
        verdict = "missed"
    elif noise:
        verdict = "noisy"
    else:
        # what is published has the claims alone
        unclear = seen.run and any(is_unclear(one.said) for one in seen.failing)
        verdict = "unclear" if unclear else "caught"
    lines = [
        " · ".join(filter(None, (one.claim, one.site, one.said)))
        + ("" if one.reproduce else " (no command to reproduce it)")
        for one in found
        if one.claim in fault.must or one.claim in noise
    ]
    return Detection(
        fault=fault.name,
        site=site,
        verdict=verdict,
        must=in_order(fault.must),
        missed=in_order(missed),
        also=in_order(seen.failed - fault.must - noise),
        noise=in_order(noise),
        blocked=in_order(seen.blocked - seen.failed - here),
        unknown=in_order(seen.unknown - seen.failed),
        leaks=seen.leaks,
        headlines=(seen.refused,) if seen.refused else tuple(dict.fromkeys(lines)),
        run=seen.run,
        seconds=round(seconds, 1),
    )


def in_order(claims: Iterable[str]) -> tuple[str, ...]:
    """The claims in the order of the specification."""
    wanted = frozenset(claims)
    return tuple(claim for claim in CLAIMS if claim in wanted)

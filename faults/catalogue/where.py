"""Where a fault is: the words of `Fault.site`, and the site of a deployment that each one selects.

>>> sites = [Candidate("central", central=True), Candidate("dcn0"), Candidate("dcn1"), Candidate("dcn2", storage=False)]
>>> choose("central", sites), choose("dcn", sites), choose("first-dcn", sites), choose("any", sites, "central")
('central', 'dcn1', 'dcn0', 'central')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: `dcn` is any DCN site, by default the last one. `first-dcn` is for faults that only the first DCN site shows,
#: `scale-out` for those that need a scale-out host there, and `edge` for a Glance without Ceph. Those of `any` may be
#: at central, too.
Kind = Literal["central", "dcn", "first-dcn", "scale-out", "edge", "any"]

_SITES = {
    "central": "central",
    "dcn": "DCN sites with storage",
    "first-dcn": "DCN sites with storage",
    "scale-out": "DCN sites with storage and a scale-out host",
    "edge": "DCN sites with a Glance and no storage",
    "any": "sites with storage",
}


class NoSuchSite(LookupError):
    """The deployment has no site for this kind of fault, or the requested site is not one. The message is one line."""


@dataclass(frozen=True)
class Candidate:
    """The properties of a site that decide which faults it can have. Only one at the `edge` needs no storage there."""

    name: str
    central: bool = False
    storage: bool = True
    scale_out: bool = False
    glance: bool = True

    def fits(self, kind: Kind) -> bool:
        if kind == "edge":
            return self.glance and not self.storage
        if kind == "any":
            return self.storage
        return self.storage and self.central == (kind == "central") and (self.scale_out or kind != "scale-out")


def choose(kind: Kind, sites: Sequence[Candidate], wanted: str | None = None) -> str:
    """Return the site for this kind of fault: the wanted one, otherwise the default. Raises NoSuchSite."""
    names = [site.name for site in sites]
    if wanted and wanted not in names:
        raise NoSuchSite(f"no site {wanted}; sites: {', '.join(names)}")
    fitting = [site.name for site in sites if site.fits(kind)]
    if wanted in fitting:
        return wanted
    if wanted or not fitting:
        at = f", not of {wanted}" if wanted else ""
        raise NoSuchSite(f"a fault of {_SITES[kind]}{at}; here: {', '.join(fitting) or 'none'}")
    return fitting[0] if kind in {"central", "first-dcn"} else fitting[-1]

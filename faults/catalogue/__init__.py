"""The catalogue of faults: what each one breaks, who has met it, and which claims must notice it. Data only.

The catalogue does not say how a fault is injected. `lab/faults/` injects it for real where the lab can, and
`simulator/faults/` injects every fault in its model. The detection matrix (`docs/reference/faults.md`) shows that the
claims of each fault catch it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from faults.catalogue import (
    clients,
    clusters,
    glances,
    images,
    instances,
    orphans,
    refusals,
    removal,
    scale_out,
    services,
    snapshots,
    stacks,
    volumes,
)
from faults.catalogue.fault import Fault

__all__ = ["FAULTS", "Fault", "UnknownFault", "find"]

_TOPICS = (
    clusters,
    glances,
    clients,
    services,
    orphans,
    scale_out,
    stacks,
    images,
    removal,
    refusals,
    instances,
    volumes,
    snapshots,
)

FAULTS: tuple[Fault, ...] = tuple(fault for topic in _TOPICS for fault in topic.FAULTS)


class UnknownFault(LookupError):
    """The catalogue has no fault of this name. The message lists similar names."""


def find(name: str, among: Iterable[Fault] = FAULTS) -> Fault:
    """Return the fault of that name. Raises UnknownFault, which lists similar names."""
    by_name = {fault.name: fault for fault in among}
    if name in by_name:
        return by_name[name]
    words = set(name.split("-"))
    related = sorted(by_name, key=lambda other: -len(words & set(other.split("-"))))
    near = (
        difflib.get_close_matches(name, by_name, n=4, cutoff=0.5)
        or [other for other in related if words & set(other.split("-"))][:4]
    )
    raise UnknownFault(
        f"no fault {name!r}" + (f"; near: {', '.join(near)}" if near else f"; there are {len(by_name)}: list them")
    )

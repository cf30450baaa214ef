"""How the catalogue's faults, and variations that must not matter, are brought about in the simulated world.

The modules of faults are called as the catalogue's topics; `harmless` and `releases` have the variations, and `changes`
has what all are made of. Importing this package fills `changes.CHANGES`.
"""

from __future__ import annotations

from simulator.faults import (
    clients,
    clusters,
    glances,
    harmless,
    images,
    instances,
    orphans,
    refusals,
    releases,
    removal,
    scale_out,
    services,
    snapshots,
    stacks,
    volumes,
)
from simulator.faults.changes import CHANGES, Change, Injector, UnknownFault

_MODULES = (
    clients,
    clusters,
    glances,
    harmless,
    images,
    instances,
    orphans,
    refusals,
    releases,
    removal,
    scale_out,
    services,
    snapshots,
    stacks,
    volumes,
)

__all__ = ["CHANGES", "Change", "Injector", "UnknownFault"]

"""How the catalogue's faults, and variations that must not matter, are brought about in the simulated world.

Importing this package fills `changes.CHANGES`.
"""

from __future__ import annotations

from simulator.faults import (
    access,
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
    secrets,
    services,
    snapshots,
    undercloud,
)
from simulator.faults.changes import CHANGES, Change, Injector, UnknownFault

_MODULES = (
    access,
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
    secrets,
    services,
    snapshots,
    undercloud,
)

__all__ = ["CHANGES", "Change", "Injector", "UnknownFault"]

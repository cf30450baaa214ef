"""Bring about the catalogue's faults, and harmless variations, in the simulated world.

The modules of faults are named after the topics of the catalogue. `harmless` and `releases` define the variations, and
`changes` provides the building blocks. Importing this package fills `changes.CHANGES`.
"""

from __future__ import annotations

from simulator.faults import (  # noqa: F401 - importing them makes their faults known
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

__all__ = ["CHANGES", "Change", "Injector", "UnknownFault"]

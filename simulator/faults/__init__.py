"""What can be wrong with a deployment: a catalogue of faults, each of which changes the simulated world a little.

Importing this package fills the catalogue; `catalogue.FAULTS` is it.
"""

from __future__ import annotations

from simulator.faults import (
    access,
    clusters,
    glances,
    harmless,
    images,
    instances,
    refusals,
    removal,
    services,
    snapshots,
    undercloud,
)
from simulator.faults.catalogue import FAULTS, Fault, Injector, UnknownFault

_MODULES = (access, clusters, glances, harmless, images, instances, refusals, removal, services, snapshots, undercloud)

__all__ = ["FAULTS", "Fault", "Injector", "UnknownFault"]

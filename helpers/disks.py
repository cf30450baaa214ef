"""A server's disk or a volume as the clusters see it: where it is, what it is a clone of, how much it really takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from helpers.clusters import Clusters, Role
from helpers.images import Snapshot
from helpers.rbd import PoolListing


@dataclass(frozen=True)
class Disk:
    """An RBD image in one cluster. `size` and `used` are bytes; `used` is what it takes itself, without its parent.

    `parent` is `pool/image@snap`, or None where it is no clone; `used` is None where it was not asked for.
    """

    size: int
    parent: str | None
    snapshots: tuple[Snapshot, ...] = ()
    used: int | None = None


@dataclass(frozen=True)
class WitnessedDisk:
    """A disk by its RBD name, in one pool of every cluster. `copies`: site name → what is there, where it is.

    `home` is the site that it belongs to.
    """

    name: str
    copies: Mapping[str, Disk]
    commands: Mapping[str, str] = field(repr=False)
    home: str | None = None

    @property
    def sites(self) -> frozenset[str]:
        """The sites whose cluster holds it."""
        return frozenset(self.copies)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """What shows the clusters that hold it, and its home's; nobody reads the commands for a hundred others."""
        here = [command for site, command in self.commands.items() if site in self.copies or site == self.home]
        return tuple(here or self.commands.values())


def server_disk(server_id: str, clusters: Clusters, *, home: str | None = None) -> WitnessedDisk:
    """The root disk of an ephemeral server: `<server>_disk` in the pools `vms`."""
    return _witness(f"{server_id}_disk", "vms", clusters, home)


def volume_disk(volume_id: str, clusters: Clusters, *, home: str | None = None) -> WitnessedDisk:
    """A volume: `volume-<id>` in the pools `volumes`.

    :param home: the site that it belongs to; `used` is asked for there
    """
    return _witness(f"volume-{volume_id}", "volumes", clusters, home)


def _witness(name: str, role: Role, clusters: Clusters, home: str | None) -> WitnessedDisk:
    listings = {site: look.listing for site, look in clusters.look(role).items()}
    disks = {site: _disk(name, listing) for site, listing in listings.items()}
    if home is not None and (here := disks.get(home)):
        used = clusters[home].du(listings[home].pool, name).used
        disks[home] = replace(here, used=used)
    return WitnessedDisk(
        name=name,
        copies={site: disk for site, disk in disks.items() if disk is not None},
        commands={site: listing.command for site, listing in listings.items()},
        home=home,
    )


def _disk(name: str, listing: PoolListing) -> Disk | None:
    rows = [row for row in listing.rows if row.name == name]
    heads = [row for row in rows if row.snapshot is None]
    if not heads:
        return None
    snapshots = tuple(Snapshot(row.snapshot, row.size, row.protected) for row in rows if row.snapshot is not None)
    return Disk(heads[0].size, str(heads[0].parent) if heads[0].parent else None, snapshots)

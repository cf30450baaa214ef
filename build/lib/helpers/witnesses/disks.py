"""A server's disk or a volume as the clusters see it: where it is, what it is a clone of, how much it really takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from helpers.ceph.clusters import UNOBSERVABLE, Clusters, Role, unobserved
from helpers.ceph.observed import BySite, Sites
from helpers.ceph.rbd import PoolListing
from helpers.witnesses.images import Snapshot


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

    `home` is the site that it belongs to. What depends on a cluster that could not be observed raises NotObserved.
    """

    name: str
    copies: BySite[Disk]
    commands: Mapping[str, str] = field(repr=False)
    home: str | None = None

    @property
    def sites(self) -> Sites:
        """The sites whose cluster holds it."""
        return self.copies.where(lambda _: True)

    @property
    def reproduce(self) -> tuple[str, ...]:
        """What shows the clusters that hold it, and its home's; nobody reads the commands for a hundred others."""
        here = [command for site, command in self.commands.items() if site in self.copies.seen or site == self.home]
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
    looks = clusters.observe(role)
    missing = dict(looks.unobserved)
    disks = {site: disk for site, look in looks.seen.items() if (disk := _disk(name, look.listing))}
    if home in disks:
        try:
            used = clusters[home].du(looks[home].listing.pool, name).used
            disks[home] = replace(disks[home], used=used)
        except UNOBSERVABLE as error:
            missing[home] = unobserved(home, error)
            del disks[home]
    return WitnessedDisk(
        name=name,
        copies=BySite(disks, missing),
        commands=looks.commands(lambda look: look.listing.command),
        home=home,
    )


def _disk(name: str, listing: PoolListing) -> Disk | None:
    rows = [row for row in listing.rows if row.name == name]
    heads = [row for row in rows if row.snapshot is None]
    if not heads:
        return None
    snapshots = tuple(Snapshot(row.snapshot, row.size, row.protected) for row in rows if row.snapshot is not None)
    return Disk(heads[0].size, str(heads[0].parent) if heads[0].parent else None, snapshots)

"""The disk of a server, or a volume, as the clusters see it: where it is, its parent, and the space that it uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from helpers.ceph.clusters import UNOBSERVABLE, Clusters, Role, unobserved
from helpers.ceph.observed import BySite, Sites
from helpers.ceph.rbd import PoolListing
from helpers.witnesses.images import Snapshot


@dataclass(frozen=True)
class Disk:
    """An RBD image in one cluster. `size` and `used` are in bytes; `used` excludes the parent.

    `parent` is `pool/image@snap`, or None if the image is no clone. `used` is None if it was not requested.
    """

    size: int
    parent: str | None
    snapshots: tuple[Snapshot, ...] = ()
    used: int | None = None


@dataclass(frozen=True)
class WitnessedDisk:
    """A disk by its RBD name, in one pool of every cluster. `copies`: site name → the disk there, if present.

    `home` is the site that the disk belongs to. What depends on a cluster that could not be observed raises
    NotObserved.
    """

    name: str
    copies: BySite[Disk]
    commands: Mapping[str, str] = field(repr=False)
    home: str | None = None

    @property
    def sites(self) -> Sites:
        """The sites whose cluster holds the disk."""
        return self.copies.where(lambda _: True)

    @property
    def reproduce(self) -> tuple[str, ...]:
        """The commands for the clusters that hold the disk and for its home. Those for other clusters are left out."""
        here = [command for site, command in self.commands.items() if site in self.copies.seen or site == self.home]
        return tuple(here or self.commands.values())


def server_disk(server_id: str, clusters: Clusters, *, home: str | None = None) -> WitnessedDisk:
    """Observe the root disk of an ephemeral server: `<server>_disk` in the `vms` pools."""
    return _witness(f"{server_id}_disk", "vms", clusters, home)


def volume_disk(volume_id: str, clusters: Clusters, *, home: str | None = None) -> WitnessedDisk:
    """Observe a volume: `volume-<id>` in the `volumes` pools.

    :param home: the site that the volume belongs to, where `used` is requested
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

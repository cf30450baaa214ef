"""A server's disk or a volume as the clusters see it: where it is, what it is a clone of, how much it really takes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from helpers.ceph import Cluster
from helpers.images import Snapshot


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
    """A disk by its RBD name, in one pool of every cluster. `copies`: site name → what is there, where it is."""

    name: str
    copies: Mapping[str, Disk]
    commands: Mapping[str, str] = field(repr=False)

    @property
    def sites(self) -> frozenset[str]:
        """The sites whose cluster holds it."""
        return frozenset(self.copies)

    @property
    def by_hand(self) -> tuple[str, ...]:
        return tuple(self.commands.values())


def server_disk(server_id: str, clusters: Mapping[str, Cluster], *, measured_at: str | None = None) -> WitnessedDisk:
    """The root disk of an ephemeral server: `<server>_disk` in the pools `vms`."""
    return _witness(f"{server_id}_disk", "vms", clusters, measured_at)


def volume_disk(volume_id: str, clusters: Mapping[str, Cluster], *, measured_at: str | None = None) -> WitnessedDisk:
    """A volume: `volume-<id>` in the pools `volumes`.

    :param measured_at: the site where `used` is asked for
    """
    return _witness(f"volume-{volume_id}", "volumes", clusters, measured_at)


def _witness(name: str, role: str, clusters: Mapping[str, Cluster], measured_at: str | None) -> WitnessedDisk:
    def look(site: str) -> tuple[Disk | None, str]:
        cluster = clusters[site]
        pool: str = getattr(cluster.pools, role)
        listing = cluster.listing(pool)
        rows = [row for row in listing.rows if row.name == name]
        heads = [row for row in rows if row.snapshot is None]
        if not heads:
            return None, listing.command
        used = cluster.du(pool, name).used if site == measured_at else None
        snapshots = tuple(Snapshot(row.snapshot, row.size, row.protected) for row in rows if row.snapshot is not None)
        parent = str(heads[0].parent) if heads[0].parent else None
        return Disk(heads[0].size, parent, snapshots, used), listing.command

    with ThreadPoolExecutor(max_workers=max(1, len(clusters))) as pool:
        looks = dict(zip(clusters, pool.map(look, clusters), strict=True))
    return WitnessedDisk(
        name=name,
        copies={site: disk for site, (disk, _) in looks.items() if disk is not None},
        commands={site: command for site, (_, command) in looks.items()},
    )

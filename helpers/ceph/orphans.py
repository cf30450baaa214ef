"""What a cluster holds and no record knows: disks of no server, images and volumes of no record. Nothing is removed.

Sources: Nova's names of RBD disks, `<server>_disk` and `<server>_disk.<what>` (nova/virt/libvirt/imagebackend.py);
Glance's, the image's id (glance_store, drivers/rbd.py); Cinder's, `volume-<id>` (cinder, volume_name_template).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from helpers.ceph.cluster import Cluster
from helpers.ceph.clusters import Role
from helpers.environment.values import UUID
from helpers.wait import TimedOut, wait_until

_UUID = f"({UUID})"
#: How each service names what it keeps in its pool. What is called otherwise belongs to others, and is not judged.
_NAMES: dict[Role, re.Pattern[str]] = {
    "images": re.compile(_UUID),
    "vms": re.compile(rf"{_UUID}_disk(?:[._].*)?"),
    "volumes": re.compile(rf"volume-{_UUID}"),
}
#: Names that are asked about one by one; a pool with more of them is judged by these.
_MOST = 50
#: Seconds after which Cinder removes what it has only put into the trash (its periodic task runs once a minute).
_PURGED_WITHIN = 75.0

#: Of these ids, those that have a record now.
Recorded = Callable[[frozenset[str]], frozenset[str]]


@dataclass(frozen=True)
class Orphan:
    """An RBD image that belongs to `owner`, a server, image or volume that has no record."""

    pool: str
    name: str
    owner: str
    in_trash: bool

    def __str__(self) -> str:
        return f"{self.pool}/{self.name}" + (" in the trash" if self.in_trash else "")


@dataclass(frozen=True)
class Orphans:
    """What was found in one pool, in the order of its names; `reproduce` lists the pool and its trash."""

    found: tuple[Orphan, ...]
    reproduce: tuple[str, ...]


def find_orphans(
    cluster: Cluster, role: Role, listed: frozenset[str], recorded: Recorded, *, purged_within: float = _PURGED_WITHIN
) -> Orphans:
    """The orphans of a pool: they have no record once they were seen there, are there after that, and have none again.

    A record is made before the data, and removed after it; so what is being made has a record already, and what is
    being deleted is gone when it is looked at again. What was put into a trash may be waiting: for its time to come,
    for the last clone of it, or for Cinder's purge.

    :param listed: ids that had a record a moment ago, so that few have to be asked about
    :param purged_within: seconds that Cinder has for what it has put into the trash
    :raises Unreachable, CommandFailed, DeadlinePassed: what the cluster answers
    """
    pool = getattr(cluster.pools, role)
    first = _holdings(cluster, pool, role)
    suspects = sorted((one for one in first.found if one.owner not in listed), key=str)[:_MOST]
    left = _without_record(suspects, recorded)
    if not left:
        return Orphans((), first.reproduce)

    def again() -> list[Orphan]:
        there = frozenset(_holdings(cluster, pool, role).found)
        return _without_record([one for one in left if one in there], recorded)

    waits = role == "volumes" and any(one.in_trash for one in left)
    try:
        left = wait_until(
            again,
            lambda found: not (waits and any(one.in_trash for one in found)),
            timeout=purged_within,
            what=f"the trash of {pool} in {cluster.name} is purged",
        )
    except TimedOut:
        left = again()
    return Orphans(tuple(_not_cloned(left, cluster)), first.reproduce)


def _holdings(cluster: Cluster, pool: str, role: Role) -> Orphans:
    """Everything of the pool and its trash that is named as its service names it, whether it has a record or not."""
    names, trash = cluster.image_names(pool), cluster.trash_details(pool)
    there = [(name, False) for name in names.names] + [(one.name, True) for one in trash.entries if not one.deferred]
    found = [(name, _NAMES[role].fullmatch(name), in_trash) for name, in_trash in there]
    return Orphans(
        tuple(Orphan(pool, name, match[1], in_trash) for name, match, in_trash in found if match),
        (names.command, trash.command),
    )


def _without_record(suspects: list[Orphan], recorded: Recorded) -> list[Orphan]:
    known = recorded(frozenset(one.owner for one in suspects)) if suspects else frozenset()
    return [one for one in suspects if one.owner not in known]


def _not_cloned(found: list[Orphan], cluster: Cluster) -> list[Orphan]:
    """Without what stays in a trash for its clones, or did until somebody purges the trash of images."""
    if not any(one.in_trash for one in found):
        return found
    if cluster.keeps_parents_in_trash():
        return [one for one in found if not (one.in_trash and one.pool == cluster.pools.images)]
    pools = {cluster.pools.images, cluster.pools.vms, cluster.pools.volumes}
    rows = [row for pool in sorted(pools) for row in cluster.listing(pool).rows]
    parents = {(row.parent.pool, row.parent.image) for row in rows if row.parent}
    return [one for one in found if not (one.in_trash and (one.pool, one.name) in parents)]

"""Ceph clusters as seen by clients: monitors, cephx users, pools, RBD images, snapshots, clones and trash."""

from __future__ import annotations

import base64
import errno
import os
import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from simulator.world.clock import now
from simulator.world.content import Content

POOLS = ("vms", "volumes", "images", "device_health_metrics")


class RbdError(Exception):
    """An operation that librbd refuses; `number` is the errno."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


class Unreachable(Exception):
    """No monitor of the cluster answers; a client waits until its own timeout expires."""


def cephx_key(kind: int = 1) -> str:
    """Return a new secret in the format of keyrings (type, time, length, bytes); Tentacle's are of type 2."""
    length = 16 * kind
    return base64.b64encode(struct.pack("<HIIH", kind, int(now().timestamp()), 0, length) + os.urandom(length)).decode()


@dataclass
class User:
    """A cephx user of one cluster."""

    entity: str
    key: str
    caps: dict[str, str]


@dataclass
class Mon:
    name: str
    address: str
    in_quorum: bool = True


@dataclass(frozen=True)
class Parent:
    """The snapshot from which a clone was made, which RBD requires to be in the same cluster."""

    pool: str
    image: str
    image_id: str
    snapshot: str
    overlap: int

    def __str__(self) -> str:
        return f"{self.pool}/{self.image}@{self.snapshot}"


@dataclass
class Snapshot:
    id: int
    name: str
    content: Content
    protected: bool = False
    created: datetime = field(default_factory=now)


@dataclass
class RbdImage:
    """One RBD image; `content` is what a reader gets, including data that is stored only in the parent.

    A `deferred` image in the trash may not be removed yet. `linked`: it is a clone of the second format, whose parent
    need not stay protected. `trashed` are the snapshots that are kept for such clones only, under names of their own.
    """

    name: str
    content: Content
    parent: Parent | None = None
    locked: bool = False
    deferred: bool = False
    linked: bool = False
    trashed: dict[str, Snapshot] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    created: datetime = field(default_factory=now)

    @property
    def size(self) -> int:
        return self.content.size


@dataclass
class Pool:
    name: str
    id: int
    images: dict[str, RbdImage] = field(default_factory=dict)
    trash: dict[str, RbdImage] = field(default_factory=dict)
    # the quota is used up, and writers wait until there is room
    full: bool = False
    read_bytes: int = 0
    written_bytes: int = 0

    def image(self, name: str) -> RbdImage:
        try:
            return self.images[name]
        except KeyError:
            raise RbdError(errno.ENOENT, f"error opening image {name}: (2) No such file or directory") from None


@dataclass
class Cluster:
    """One Ceph cluster. `health` maps a health code to its summary; empty is HEALTH_OK.

    `min_client` is the release from which on clients are let in; from mimic on, clones are of the second format.
    `client` is the user that other sites have. `client_caps` are its OSD capabilities, if they are not the guide's.
    """

    name: str
    mons: list[Mon]
    fsid: str = field(default_factory=lambda: str(uuid.uuid4()))
    users: dict[str, User] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    health: dict[str, str] = field(default_factory=dict)
    osds: int = 3
    min_client: str = "luminous"
    client: str = "external"
    client_caps: dict[str, str] = field(default_factory=dict)
    reachable: bool = True
    _last_snapshot: int = 3

    def __post_init__(self) -> None:
        self.pools = {name: Pool(name, number) for number, name in enumerate(POOLS, 1)}
        pools = ", ".join(f"profile rbd pool={pool}" for pool in ("vms", "volumes", "images"))
        rbd = {"mgr": "allow *", "mon": "profile rbd", "osd": pools}
        everything = {"mds": "allow *", "mgr": "allow *", "mon": "allow *", "osd": "allow *"}
        users = {"admin": everything, "openstack": rbd, "external": rbd, self.client: rbd | self.client_caps}
        self.users = {f"client.{name}": User(f"client.{name}", cephx_key(), dict(caps)) for name, caps in users.items()}

    def pool(self, name: str) -> Pool:
        try:
            return self.pools[name]
        except KeyError:
            raise RbdError(errno.ENOENT, f"error opening pool '{name}': (2) No such file or directory") from None

    @property
    def quorum(self) -> list[Mon]:
        return [mon for mon in self.mons if mon.in_quorum]

    @property
    def answers(self) -> bool:
        return self.reachable and len(self.quorum) * 2 > len(self.mons)

    def create(self, pool: str, name: str, content: Content, parent: Parent | None = None) -> RbdImage:
        if name in self.pool(pool).images:
            raise RbdError(errno.EEXIST, f"RBD image {name} already exists")
        image = self.pool(pool).images[name] = RbdImage(name, content, parent)
        if parent is None:
            self.pool(pool).written_bytes += content.used
        return image

    def snapshot(self, pool: str, image: str, name: str, protected: bool = True) -> Snapshot:
        at = self.pool(pool).image(image)
        self._last_snapshot += 1
        at.snapshots[name] = Snapshot(self._last_snapshot, name, at.content, protected)
        return at.snapshots[name]

    def clone(self, pool: str, name: str, parent_pool: str, parent: str, snapshot: str, size: int) -> RbdImage:
        """Create a copy-on-write clone, grown to `size`.

        Raises RbdError if the snapshot does not exist or is not protected.
        """
        source = self.pool(parent_pool).image(parent)
        at = source.snapshots.get(snapshot)
        if at is None:
            raise RbdError(errno.ENOENT, f"error opening image {parent}: (2) No such file or directory")
        if not at.protected:
            raise RbdError(
                errno.EINVAL, f"error cloning image {parent}@{snapshot}: (22) parent snapshot must be protected"
            )
        link = Parent(parent_pool, parent, source.id, snapshot, at.content.size)
        made = self.create(pool, name, at.content.resized(max(size, at.content.size)), link)
        made.linked = self.min_client >= "mimic"
        return made

    def children(self, pool: str, image: str, snapshot: str | None = None) -> Iterator[tuple[Pool, RbdImage]]:
        """Yield the clones of an image or of one of its snapshots, including clones in a trash."""
        for child_pool in self.pools.values():
            for child in (*child_pool.images.values(), *child_pool.trash.values()):
                at = child.parent
                if at and (at.pool, at.image) == (pool, image) and snapshot in (None, at.snapshot):
                    yield child_pool, child

    def remove_snapshot(self, pool: str, image: str, name: str) -> None:
        """Unprotect and remove a snapshot. Raises RbdError with EBUSY while it has clones that need its protection.

        For clones of the second format, it is kept under another name.
        """
        clones = [child for _, child in self.children(pool, image, name)]
        if not all(clone.linked for clone in clones):
            raise RbdError(errno.EBUSY, f"snapshot {image}@{name} has children")
        at = self.pool(pool).image(image)
        kept = at.snapshots.pop(name, None)
        if kept and clones:
            kept.name, kept.protected = str(uuid.uuid4()), False
            at.trashed[kept.name] = kept
            for clone in clones:
                clone.parent = replace(clone.parent, snapshot=kept.name) if clone.parent else None

    def remove(self, pool: str, name: str) -> None:
        """Remove an image. Raises RbdError with ENOTEMPTY while the image has snapshots."""
        found = self.pool(pool).image(name)
        if found.snapshots or found.trashed:
            raise RbdError(errno.ENOTEMPTY, f"image {name} has snapshots")
        del self.pool(pool).images[name]

    def move_to_trash(self, pool: str, name: str) -> None:
        image = self.pool(pool).images.pop(name)
        self.pool(pool).trash[image.id] = image

    def read(self, pool: str, image: str, snapshot: str | None = None) -> Content:
        """Return the content that a client reads over the network, and count it in the pool's statistics."""
        at = self.pool(pool).image(image)
        if snapshot is None:
            content = at.content
        elif snapshot in at.snapshots:
            content = at.snapshots[snapshot].content
        else:
            raise RbdError(errno.ENOENT, f"error opening image {image}@{snapshot}: (2) No such file or directory")
        self.pool(pool).read_bytes += content.size
        return content

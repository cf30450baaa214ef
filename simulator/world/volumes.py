"""Volumes and their snapshots: the behavior of Cinder and its RBD driver.

A volume created from an image is a copy-on-write clone if the image has a raw copy in the same cluster. Otherwise, it
is a full copy, read through the site's Glance.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulator.world.clock import now
from simulator.world.clusters import Cluster, RbdError, RbdImage
from simulator.world.content import Content
from simulator.world.images import Image
from simulator.world.qcow2 import NotQcow2, to_raw
from simulator.world.refusal import Refusal
from simulator.world.sites import Site

if TYPE_CHECKING:
    from simulator.world.identity import User
    from simulator.world.world import World

GIB = 1024**3
# attributes of its image that a volume keeps in addition to the image's properties
_KEPT = ("disk_format", "container_format", "min_disk", "min_ram", "size", "checksum")


@dataclass
class Attachment:
    server_id: str
    host: str
    device: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attached: datetime = field(default_factory=now)


@dataclass
class Volume:
    """One volume; `site` is where its service put it, which is not always the site of its zone."""

    size: int
    zone: str
    site: str
    project: str
    user: str
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "creating"
    placed: bool = False
    bootable: bool = False
    image: dict[str, Any] = field(default_factory=dict)
    snapshot_id: str | None = None
    source_id: str | None = None
    attachments: list[Attachment] = field(default_factory=list)
    created: datetime = field(default_factory=now)
    updated: datetime | None = None

    @property
    def rbd_name(self) -> str:
        return f"volume-{self.id}"

    @property
    def image_properties(self) -> dict[str, str]:
        """The properties of the image from which the volume was created, without other metadata of the image."""
        return {name: value for name, value in self.image.items() if name not in (*_KEPT, "image_id", "image_name")}


@dataclass
class VolumeSnapshot:
    volume_id: str
    size: int
    project: str
    user: str
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "creating"
    created: datetime = field(default_factory=now)
    updated: datetime | None = None

    @property
    def rbd_name(self) -> str:
        return f"snapshot-{self.id}"


class CannotRead(Exception):
    """The image cannot be read at this site."""


def local_copy(world: World, site: Site, image: Image) -> tuple[Cluster, str, str, str] | None:
    """Return cluster, pool, image and snapshot of a raw copy that can be cloned at this site, or None."""
    glance = site.services_images
    if image.disk_format != "raw" or not (glance.show_locations or glance.locations_api != "none"):
        return None
    for location in image.locations:
        if world.images.cluster_of(location) is site.cluster:
            _, pool, name, snapshot = location.parts()
            found = site.ceph.pool(pool).images.get(name)
            if found and snapshot in found.snapshots and found.snapshots[snapshot].protected:
                return site.ceph, pool, name, snapshot
    return None


async def streamed(world: World, site: Site, image: Image) -> Content:
    """Return the image's data from the site's own Glance. Raises CannotRead."""
    glance = site.glance or world.central.images
    for location in image.locations:
        cluster = world.images.cluster_of(location)
        # the store's ID is not sufficient, because another site's Glance may have written it
        known = cluster in [store.cluster for store in glance.stores.values()]
        if location.store not in glance.stores or cluster is None or not known:
            continue
        _, pool, name, snapshot = location.parts()
        try:
            await world.reach(cluster)
            content = cluster.read(pool, name, snapshot)
            await world.clock.takes("copy", content.size)
            return to_raw(content.read(0, content.size)) if image.disk_format == "qcow2" else content
        except (RbdError, NotQcow2):
            continue
    raise CannotRead(f"Image {image.id} could not be found in any store of this Glance.")


async def disk_from_image(world: World, site: Site, image: Image, pool: str, name: str, size: int) -> RbdImage:
    """Create a disk of at least `size` bytes at the site: a clone if possible, or else a full copy."""
    cluster = site.ceph
    await world.reach(cluster)
    here = world.hooks.through("clone.source", local_copy(world, site, image), site=site, image=image, pool=pool)
    if here is not None:
        _, parent_pool, parent, snapshot = here
        disk = cluster.clone(pool, name, parent_pool, parent, snapshot, size)
    else:
        content = await streamed(world, site, image)
        disk = cluster.create(pool, name, content.resized(max(size, content.size)))
    return world.hooks.through("disk.created", disk, site=site, pool=pool)


def _image_metadata(image: Image) -> dict[str, str]:
    """Return the metadata of its image that a volume keeps, all as text."""
    own = {name: getattr(image, name) for name in _KEPT}
    found = image.properties | {"image_id": image.id, "image_name": image.name} | own
    return {key: str(value) for key, value in found.items() if value is not None}


class Volumes:
    """The volume service of all sites."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.volumes: dict[str, Volume] = {}
        self.snapshots: dict[str, VolumeSnapshot] = {}

    def get(self, volume_id: str) -> Volume:
        try:
            return self.volumes[volume_id]
        except KeyError:
            raise Refusal(404, f"Volume {volume_id} could not be found.") from None

    def snapshot(self, snapshot_id: str) -> VolumeSnapshot:
        try:
            return self.snapshots[snapshot_id]
        except KeyError:
            raise Refusal(404, f"Snapshot {snapshot_id} could not be found.") from None

    def snapshots_of(self, volume: Volume) -> list[VolumeSnapshot]:
        return [snapshot for snapshot in self.snapshots.values() if snapshot.volume_id == volume.id]

    def place(self, volume: Volume) -> tuple[Cluster, str]:
        """Return the cluster and the pool with a volume's data."""
        cinder = self._world.sites[volume.site].cinder
        return self._world.cluster(volume.site), cinder.pool if cinder else "volumes"

    def create(self, user: User, wanted: dict[str, Any]) -> Volume:
        """Start creating a volume. Raises Refusal for requests that the API itself refuses."""
        asked = wanted.get("availability_zone") or self._world.central.zone
        zone = self._world.hooks.through("volume.zone", asked, wanted=wanted)
        sites = [site for site in self._world.storage_sites if site.cinder and site.cinder.zone == zone]
        if not sites:
            raise Refusal(400, f"Availability zone '{zone}' is invalid.")
        source = self.get(wanted["source_volid"]) if wanted.get("source_volid") else None
        snapshot = self.snapshot(wanted["snapshot_id"]) if wanted.get("snapshot_id") else None
        size = int(wanted.get("size") or (source.size if source else 0) or (snapshot.size if snapshot else 0))
        if size <= 0:
            raise Refusal(400, f"Invalid input received: Volume size '{size}' must be an integer and greater than 0")
        image = self._image(wanted.get("imageRef"))
        if image and (image.virtual_size or image.size or 0) > size * GIB:
            raise Refusal(400, f"Invalid input received: Image virtual size is larger than volume size {size}GB.")
        site = self._world.hooks.through("volume.site", sites[0], wanted=wanted)
        volume = Volume(size, zone, site.name, user.project.id, user.id, wanted.get("name") or "")
        volume.description = wanted.get("description")
        volume.metadata = dict(wanted.get("metadata") or {})
        volume.snapshot_id = snapshot.id if snapshot else None
        volume.source_id = source.id if source else None
        self.volumes[volume.id] = volume
        self._world.clock.start(self._make(volume, site, image, source, snapshot))
        return volume

    def _image(self, image_id: str | None) -> Image | None:
        if not image_id:
            return None
        image = self._world.images.records.get(image_id)
        if image is None or image.status != "active":
            raise Refusal(400, f"Invalid image identifier or unable to access requested image: {image_id}")
        return image

    async def _make(
        self, volume: Volume, site: Site, image: Image | None, source: Volume | None, snapshot: VolumeSnapshot | None
    ) -> None:
        size, cinder = volume.size * GIB, site.cinder
        await self._world.clock.takes("volume")
        # a volume that no service has accepted has no host
        volume.placed = cinder is not None and not cinder.down
        volume.updated = now()
        try:
            if cinder is None or cinder.down:
                raise CannotRead("No valid backend was found. No weighed backends available")
            cluster, pool = self.place(volume)
            await self._world.reach(cluster)
            if image is not None:
                volume.status = "downloading"
                await self._world.read_image(site.images, image.id)
                disk = await disk_from_image(self._world, site, image, pool, volume.rbd_name, size)
                # only downloaded data has a signature to verify
                checked = {} if disk.parent else {"signature_verified": "False"}
                volume.image = checked | _image_metadata(image)
                volume.bootable = True
            elif snapshot is not None:
                parent = self.get(snapshot.volume_id)
                cluster.clone(pool, volume.rbd_name, pool, parent.rbd_name, snapshot.rbd_name, size)
                volume.bootable, volume.image = parent.bootable, dict(parent.image)
            elif source is not None:
                content = cluster.pool(pool).image(source.rbd_name).content
                cluster.create(pool, volume.rbd_name, content.resized(size))
                volume.bootable, volume.image = source.bootable, dict(source.image)
            else:
                cluster.create(pool, volume.rbd_name, Content(size, {}))
            volume.status = "available"
        except (CannotRead, RbdError) as error:
            volume.status = "error"
            self._world.log("cinder_volume", site.nodes[0], f"ERROR Volume {volume.id}: create failed: {error}")
        volume.updated = now()

    def delete(self, volume: Volume) -> None:
        """Start deleting a volume. Raises Refusal in the states in which Cinder refuses."""
        if volume.status not in ("available", "error", "error_deleting") or self.snapshots_of(volume):
            raise Refusal(
                400,
                "Invalid volume: Volume status must be available or error or error_restoring or error_extending or "
                "error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a "
                "transfer, or be disassociated from snapshots after volume transfer.",
            )
        volume.status = "deleting"
        self._world.clock.start(self._remove(volume))

    async def _remove(self, volume: Volume) -> None:
        await self._world.clock.takes("delete")
        cluster, pool = self.place(volume)
        await self._world.reach(cluster)
        if any(cluster.children(pool, volume.rbd_name)):
            volume.status = "error_deleting"
            return
        if volume.rbd_name in cluster.pool(pool).images:
            cluster.remove(pool, volume.rbd_name)
        self._world.hooks.through("volume.deleted", volume)
        self.volumes.pop(volume.id, None)

    def take_snapshot(self, user: User, wanted: dict[str, Any]) -> VolumeSnapshot:
        """Start creating a snapshot; an attached volume needs `force`."""
        volume = self.get(wanted.get("volume_id", ""))
        allowed = ("available", "in-use") if str(wanted.get("force", "")).lower() == "true" else ("available",)
        if volume.status not in allowed:
            message = (
                f"Invalid volume: Volume {volume.id} status must be available, but current status is: {volume.status}."
            )
            raise Refusal(400, message)
        snapshot = VolumeSnapshot(volume.id, volume.size, user.project.id, user.id, wanted.get("name") or "")
        snapshot.description = wanted.get("description")
        snapshot.metadata = dict(wanted.get("metadata") or {})
        self.snapshots[snapshot.id] = snapshot
        self._world.clock.start(self._make_snapshot(volume, snapshot))
        return snapshot

    async def _make_snapshot(self, volume: Volume, snapshot: VolumeSnapshot) -> None:
        await self._world.clock.takes("snapshot")
        cluster, pool = self.place(volume)
        await self._world.reach(cluster)
        try:
            taken = cluster.snapshot(pool, volume.rbd_name, snapshot.rbd_name)
            self._world.hooks.through("snapshot.taken", taken, volume=volume, cluster=cluster, pool=pool)
            snapshot.status = "available"
        except RbdError:
            snapshot.status = "error"
        snapshot.updated = now()

    def delete_snapshot(self, snapshot: VolumeSnapshot) -> None:
        if snapshot.status not in ("available", "error", "error_deleting"):
            raise Refusal(400, f"Invalid snapshot: Snapshot status must be available or error: {snapshot.status}.")
        snapshot.status = "deleting"
        self._world.clock.start(self._remove_snapshot(snapshot))

    async def _remove_snapshot(self, snapshot: VolumeSnapshot) -> None:
        await self._world.clock.takes("delete")
        volume = self.get(snapshot.volume_id)
        cluster, pool = self.place(volume)
        await self._world.reach(cluster)
        try:
            cluster.remove_snapshot(pool, volume.rbd_name, snapshot.rbd_name)
        except RbdError as error:
            # a snapshot with clones is busy and is kept; a snapshot that is already gone is not an error
            if error.number != 2:
                snapshot.status = "available"
                return
        self.snapshots.pop(snapshot.id, None)

"""Faults and variations of what is in the clusters: what belongs to nobody, and what only looks so."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

from simulator.commands.shell import Call, Output
from simulator.faults.changes import hooked, modelled, variation
from simulator.world.content import Content
from simulator.world.images import Image
from simulator.world.sites import Site
from simulator.world.volumes import Volume
from simulator.world.world import World

_SIZE = 1 << 20
_LISTED = ["-p", "images", "ls", "--format", "json"]


def _put(site: Site, pool: str, name: str) -> str:
    site.ceph.create(pool, name, Content(_SIZE, {}))
    return name


def _take_away(site: Site, *names: str) -> None:
    for pool in site.ceph.pools.values():
        for name in names:
            pool.images.pop(name, None)
        for identifier in [each.id for each in pool.trash.values() if each.name in names]:
            del pool.trash[identifier]


@modelled()
def orphaned_disk(world: World, site: Site) -> Iterator[None]:
    """A disk whose server is gone."""
    name = _put(site, "vms", f"{uuid.uuid4()}_disk")
    yield
    _take_away(site, name)


@modelled()
def orphaned_image(world: World, site: Site) -> Iterator[None]:
    """An image as Glance stores it, without its record."""
    name = _put(site, "images", str(uuid.uuid4()))
    site.ceph.snapshot("images", name, "snap")
    yield
    _take_away(site, name)


@modelled()
def orphaned_image_in_trash(world: World, site: Site) -> Iterator[None]:
    """An image that was put into the trash when its record went."""
    name = _put(site, "images", str(uuid.uuid4()))
    site.ceph.move_to_trash("images", name)
    yield
    _take_away(site, name)


@modelled()
def orphaned_volume(world: World, site: Site) -> Iterator[None]:
    """A volume that Cinder has forgotten."""
    name = _put(site, "volumes", f"volume-{uuid.uuid4()}")
    yield
    _take_away(site, name)


@variation(site="dcn", source="SPEC: what is not of the pattern is not judged, and no list has everything")
def what_only_looks_orphaned(world: World, site: Site) -> Iterator[None]:
    """The pools hold what others keep there, and what lists leave out: hidden images, migrated volumes."""
    others = [
        _put(site, "images", "somebody-s.raw"),
        _put(site, "vms", "csi-vol-2f9c1b6e-8e0b-4c36-9a53-0d1f6f3f3d0a"),
        _put(site, "volumes", f"volume-{uuid.uuid4()}.deleted"),
    ]
    user = world.identity.users["demo"]
    hidden = Image(str(uuid.uuid4()), user.project.id, "old release", "active")
    hidden.os_hidden = True
    world.images.records[hidden.id] = hidden
    volume = Volume(1, site.zone, site.name, user.project.id, user.id, "migrated", status="available")
    world.volumes.volumes[volume.id] = volume
    renamed = str(uuid.uuid4())
    others += [_put(site, "images", hidden.id), _put(site, "volumes", f"volume-{renamed}")]

    def migrated(record: dict[str, object], volume: Volume) -> dict[str, object]:
        moved = {"os-vol-mig-status-attr:name_id": renamed} if volume.name == "migrated" else {}
        return {**record, **moved}

    with hooked(world, "volume.record", migrated):
        yield
    del world.images.records[hidden.id]
    del world.volumes.volumes[volume.id]
    _take_away(site, *others)


@variation(site="dcn", source="Ceph, RBD image live cycle: a trash keeps an image for its clones, or until its time")
def trash_that_waits(world: World, site: Site) -> Iterator[None]:
    """The trash of the pool of images holds one that a disk is a clone of, and one that may not be removed yet."""
    cloned, deferred = str(uuid.uuid4()), str(uuid.uuid4())
    user = world.identity.users["demo"]
    for name in (cloned, deferred):
        _put(site, "images", name)
        site.ceph.snapshot("images", name, "snap")
    volume = Volume(1, site.zone, site.name, user.project.id, user.id, "of a deleted image", status="available")
    world.volumes.volumes[volume.id] = volume
    site.ceph.clone("volumes", volume.rbd_name, "images", cloned, "snap", _SIZE)
    site.ceph.pool("images").images[deferred].deferred = True
    for name in (cloned, deferred):
        site.ceph.move_to_trash("images", name)
    yield
    del world.volumes.volumes[volume.id]
    _take_away(site, cloned, deferred, volume.rbd_name)


@variation(site="dcn", source="SPEC: what is being deleted while it is looked at is nobody's orphan")
def image_is_being_deleted(world: World, site: Site) -> Iterator[None]:
    """Each listing of the pool of images has an image without a record that is gone at the next listing."""

    def hook(output: Output, call: Call) -> Output:
        if call.name != "rbd" or call.node.site != site.name or call.args[-5:] != _LISTED:
            return output
        return Output(json.dumps([*json.loads(output.bytes()), str(uuid.uuid4())]).encode())

    with hooked(world, "command", hook):
        yield

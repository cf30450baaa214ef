"""Faults that leave orphans in a cluster: data that belongs to no image, server or volume."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from simulator.faults.changes import modelled
from simulator.world.content import Content
from simulator.world.sites import Site
from simulator.world.world import World

SIZE = 1 << 20


def put(site: Site, pool: str, name: str) -> str:
    site.ceph.create(pool, name, Content(SIZE, {}))
    return name


def take_away(site: Site, *names: str) -> None:
    for pool in site.ceph.pools.values():
        for name in names:
            pool.images.pop(name, None)
        for identifier in [each.id for each in pool.trash.values() if each.name in names]:
            del pool.trash[identifier]


@modelled()
def orphaned_disk(world: World, site: Site) -> Iterator[None]:
    name = put(site, "vms", f"{uuid.uuid4()}_disk")
    yield
    take_away(site, name)


@modelled()
def orphaned_image(world: World, site: Site) -> Iterator[None]:
    """Create an image as Glance stores it, but without a record."""
    name = put(site, "images", str(uuid.uuid4()))
    site.ceph.snapshot("images", name, "snap")
    yield
    take_away(site, name)


@modelled()
def orphaned_image_in_trash(world: World, site: Site) -> Iterator[None]:
    name = put(site, "images", str(uuid.uuid4()))
    site.ceph.move_to_trash("images", name)
    yield
    take_away(site, name)


@modelled()
def orphaned_volume(world: World, site: Site) -> Iterator[None]:
    name = put(site, "volumes", f"volume-{uuid.uuid4()}")
    yield
    take_away(site, name)

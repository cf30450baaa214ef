"""States that exist for a moment only are visible at that moment."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator.world.build import healthy_world
from simulator.world.content import Content
from simulator.world.images import Image, Location
from simulator.world.server_images import create_image
from simulator.world.servers import Server
from simulator.world.sites import Site
from simulator.world.world import World

DISK = Content(1 << 20, {})


@pytest.fixture
def world() -> World:
    return healthy_world(1, speed="none")


@pytest.fixture
def site(world: World) -> Site:
    return world.sites["dcn0"]


@pytest.fixture
def server(world: World, site: Site) -> Server:
    """An active server at the site, with a disk in its cluster."""
    user = world.identity.users["admin"]
    server = Server("pet", user.project.id, user.id, world.servers.flavors["1"], site.zone, str(uuid.uuid4()))
    server.host, server.site = site.nodes[0].name, site.name
    server.becomes("ACTIVE", "active")
    site.ceph.create("vms", server.rbd_name, DISK)
    world.servers.servers[server.id] = server
    return server


@pytest.fixture
def during(world: World) -> Iterator[Callable[[str, Callable[[], Any]], list[Any]]]:
    """Calls a function during each step of this name, and returns the list of its results."""
    patch = pytest.MonkeyPatch()

    def during(step: str, look: Callable[[], Any]) -> list[Any]:
        seen: list[Any] = []
        takes = world.clock.takes

        async def looked_at(name: str, used_bytes: int = 0) -> None:
            if name == step:
                seen.append(look())
            await takes(name, used_bytes)

        patch.setattr(world.clock, "takes", looked_at)
        return seen

    yield during
    patch.undo()


def test_an_image_is_locked_while_it_is_written(world: World, site: Site, during: Any):
    images = site.ceph.pool("images").images
    seen = during("copy", lambda: (images["i1"].locked, list(images["i1"].snapshots)))

    asyncio.run(world.take_time_to_write_copy(site.images.stores["dcn0"], "i1", DISK))

    assert seen == [(True, [])]
    assert (images["i1"].locked, images["i1"].snapshots["snap"].protected) == (False, True)


def test_a_disk_has_a_snapshot_while_an_image_is_taken_of_it(world: World, site: Site, server: Server, during: Any):
    disk = site.ceph.pool("vms").images[server.rbd_name]
    seen = during("createImage", lambda: [snapshot.protected for snapshot in disk.snapshots.values()])

    async def take() -> Image:
        image = create_image(world, server, world.identity.users["admin"], "image", {})
        while image.status != "active":
            await asyncio.sleep(0)
        return image

    image = asyncio.run(take())

    assert seen == [[True]]
    assert (disk.snapshots, image.size) == ({}, DISK.size)


def test_a_server_that_was_deleted_is_shown_as_such_until_it_is_forgotten(world: World, server: Server, during: Any):
    seen = during("forget", lambda: (server.status, server.terminated is not None, server.id in world.servers.servers))

    async def delete() -> None:
        world.servers.delete(server)
        while server.id in world.servers.servers:
            await asyncio.sleep(0)

    asyncio.run(delete())

    assert seen == [("DELETED", True, True)]


def test_what_is_written_while_a_glance_rewrites_a_record_is_lost(
    world: World, site: Site, monkeypatch: pytest.MonkeyPatch
):
    """A location that is added while a Glance renames central's store in the record is lost."""
    image, central, own = (
        Image("i1", "admin"),
        world.central.images.stores["default_backend"],
        site.images.stores["dcn0"],
    )
    image.locations = [Location(central.url("i1"), central.id)]
    world.images.records["i1"] = image

    async def saves() -> None:
        image.locations.append(Location(own.url("i1"), own.id))

    monkeypatch.setattr(world.clock, "saves", saves)
    asyncio.run(world.read_image(site.images, "i1"))

    assert [location.store for location in image.locations] == ["central"]


def test_a_glance_that_knows_all_store_ids_rewrites_nothing(world: World, site: Site):
    image, own = Image("i1", "admin"), site.images.stores["dcn0"]
    image.locations = [Location(own.url("i1"), own.id)]
    world.images.records["i1"] = image
    before = image.locations

    asyncio.run(world.read_image(site.images, "i1"))

    assert image.locations is before

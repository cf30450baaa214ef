"""While a server has a task, Nova refuses another one. While a server starts, its domain is absent."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from simulator.api.nova import Nova
from simulator.api.service import Ask
from simulator.commands import libvirt
from simulator.commands.shell import Call
from simulator.world.build import healthy_world
from simulator.world.refusal import Refusal
from simulator.world.servers import Server
from simulator.world.volumes import Volume
from simulator.world.world import World


@pytest.fixture
def world() -> World:
    return healthy_world(1, speed="none")


@pytest.fixture
def server(world: World) -> Server:
    """An active server at dcn0 of which an image is being taken."""
    user, site = world.identity.users["admin"], world.sites["dcn0"]
    server = Server("pet", user.project.id, user.id, world.servers.flavors["1"], site.zone, None)
    server.host, server.site = site.nodes[0].name, site.name
    server.becomes("ACTIVE", "active", "image_uploading")
    world.servers.servers[server.id] = server
    return server


def asked(world: World, server: Server, body: dict[str, Any]) -> Ask:
    """A request for this server by the administrator."""

    async def said() -> dict[str, Any]:
        return body

    user = world.identity.users["admin"]
    return cast("Ask", SimpleNamespace(path=lambda name: server.id, body=said, user=user))


@pytest.mark.parametrize("action", ["os-stop", "createImage"])
def test_an_action_is_refused(world: World, server: Server, action: str):
    with pytest.raises(Refusal, match="while it is in task_state image_uploading") as refused:
        asyncio.run(Nova(world).action(asked(world, server, {action: {"name": "image"}})))

    assert refused.value.status == 409


def test_a_volume_is_not_attached(world: World, server: Server):
    """A volume is not attached during a task, whatever its zone and status."""
    volume = Volume(1, "central", "central", server.project, server.user)
    world.volumes.volumes[volume.id] = volume

    with pytest.raises(Refusal, match=r"Cannot 'attach_volume' instance .* in task_state image_uploading") as refused:
        asyncio.run(Nova(world).attach(asked(world, server, {"volumeAttachment": {"volumeId": volume.id}})))

    assert (refused.value.status, volume.attachments) == (409, [])


@pytest.mark.parametrize(("task", "status"), [(None, 0), ("powering-off", 0), ("powering-on", 1)])
def test_a_domain_is_not_there_while_its_server_starts(world: World, server: Server, task: str | None, status: int):
    """Nova defines the domain anew at each start, and the domain is absent until then."""
    server.task_state = task
    call = Call(world, world.sites["dcn0"].nodes[0], ["virsh", "dumpxml", server.id], container="nova_libvirt")

    assert asyncio.run(libvirt._virsh(call)).status == status

"""Faults that only ordinary tenants meet: administrators see nothing of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.faults.changes import changed, hooked, modelled
from simulator.world.images import Image
from simulator.world.refusal import BuildFailed, Refusal
from simulator.world.servers import Server
from simulator.world.sites import Site
from simulator.world.world import World

_TENANT = ("--tenant",)


def _is_tenants(world: World, project: str) -> bool:
    return project == world.identity.users["demo"].project.id


@modelled(options=_TENANT)
def tenant_may_not_use_the_store(world: World, site: Site) -> Iterator[None]:
    def hook(value: None, image: Image, method: str, body: dict[str, Any], **_: Any) -> None:
        if method == "web-download" and _is_tenants(world, image.owner) and site.store in body.get("stores", ()):
            raise Refusal(403, "You are not authorized to complete import_image action.")

    with hooked(world, "import", hook):
        yield


@modelled(options=_TENANT)
def tenant_gets_no_image_at_the_site(world: World, site: Site) -> Iterator[None]:
    def hook(server: Server, site: Site) -> Server:
        if site is at and server.image_id and _is_tenants(world, server.project):
            raise BuildFailed(f"Exceeded maximum number of retries for instance {server.id}.")
        return server

    at = site
    with hooked(world, "server.spawning", hook):
        yield


@modelled(options=_TENANT)
def tenant_sees_no_locations(world: World, site: Site) -> Iterator[None]:
    def hook(source: Any, site: Site, image: Image, pool: str) -> Any:
        return None if site is at and _is_tenants(world, image.owner) else source

    at = site
    with hooked(world, "clone.source", hook):
        yield


@modelled(options=_TENANT)
def tenant_copy_breaks_glance(world: World, site: Site) -> Iterator[None]:
    def hook(value: None, image: Image, method: str, body: dict[str, Any], **_: Any) -> None:
        if method == "copy-image" and _is_tenants(world, image.owner) and site.store in body.get("stores", ()):
            raise Refusal(500, "The server has either erred or is incapable of performing the requested operation.")

    with changed(world.central.images, "copy_needs_admin", False), hooked(world, "import", hook):
        yield

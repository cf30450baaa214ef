"""Faults of servers and their disks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

from simulator.faults.changes import changed, created, flat, hooked, modelled, removed
from simulator.world.clusters import Cluster, RbdImage
from simulator.world.content import Content
from simulator.world.images import Image
from simulator.world.imports import ImportFailed
from simulator.world.refusal import BuildFailed, Refusal
from simulator.world.servers import Server
from simulator.world.sites import Glance, Site
from simulator.world.world import World


@modelled()
def server_disk_is_flat(world: World, site: Site) -> Iterator[None]:
    with flat(world, site, site.nova.images_pool):
        yield


@modelled()
def server_disk_at_central_too(world: World, site: Site) -> Iterator[None]:
    def change(disk: RbdImage, pool: str) -> None:
        if pool == "vms":
            world.central.ceph.pool(pool).images[disk.name] = RbdImage(disk.name, disk.content)

    with created(world, site, change):
        yield


@modelled()
def disk_xml_names_central(world: World, site: Site) -> Iterator[None]:
    def hook(cluster: Cluster, server: Server, name: str) -> Cluster:
        return world.central.ceph if server.site == site.name else cluster

    with hooked(world, "domain.cluster", hook):
        yield


def _read_from_central(world: World, site: Site) -> AbstractContextManager[None]:
    def change(disk: RbdImage, pool: str) -> None:
        world.central.ceph.pool("images").read_bytes += max(disk.size, 1 << 26)

    return created(world, site, change)


@modelled()
def boot_reads_from_central(world: World, site: Site) -> Iterator[None]:
    with _read_from_central(world, site):
        yield


@modelled(options=("--central-reads", "0.1:0.2"))
def boot_reads_from_central_as_others_do(world: World, site: Site) -> Iterator[None]:
    with _read_from_central(world, site):
        yield


@modelled()
def servers_fail(world: World, site: Site) -> Iterator[None]:
    def hook(server: Server, site: Site) -> Server:
        if site is at:
            raise BuildFailed(f"Exceeded maximum number of retries for instance {server.id}.")
        return server

    at = site
    with hooked(world, "server.spawning", hook):
        yield


@modelled()
def streaming_fails(world: World, site: Site) -> Iterator[None]:
    store = site.images.stores[site.central_store or ""]
    with changed(store, "cluster", Cluster("gone", [])):
        yield


@modelled(options=("--absent-images", "copy"))
def copy_on_demand_fails(world: World, site: Site) -> Iterator[None]:
    def hook(value: None, glance: Glance) -> None:
        if glance is site.images:
            raise ImportFailed("[Errno 28] No space left on device")

    with hooked(world, "copy.staged", hook):
        yield


@modelled(options=("--absent-images", "refuse"))
def refused_image_is_downloaded(world: World, site: Site) -> Iterator[None]:
    at = site
    with hooked(world, "absent.refused", lambda refused, server, site: refused and site is not at):
        yield


@modelled(options=("--absent-images", "refuse"))
def refused_boot_leaves_a_disk(world: World, site: Site) -> Iterator[None]:
    def hook(refused: bool, server: Server, site: Site) -> bool:
        if refused and site is at:
            site.ceph.create("vms", server.rbd_name, Content(1 << 20, {}))
        return refused

    at = site
    with hooked(world, "absent.refused", hook):
        yield


@modelled()
def guest_finds_no_disk(world: World, site: Site) -> Iterator[None]:
    def hook(lines: list[str], server: Server) -> list[str]:
        return ["No bootable device."] if server.site == site.name else lines

    with hooked(world, "console", hook):
        yield


@modelled()
def console_is_empty(world: World, site: Site) -> Iterator[None]:
    with hooked(world, "console", lambda lines, server: [] if server.site == site.name else lines):
        yield


@modelled()
def deleted_server_leaves_its_disk(world: World, site: Site) -> Iterator[None]:
    def hook(server: Server) -> Server:
        if server.site == site.name and server.image_id:
            site.ceph.pool("vms").images[server.rbd_name] = RbdImage(server.rbd_name, Content(0, {}))
        return server

    with hooked(world, "server.deleted", hook):
        yield


@modelled()
def neutron_answers_500(world: World, site: Site) -> Iterator[None]:
    with hooked(world, "request", _without_neutron):
        yield


@modelled()
def neutron_goes_down(world: World, site: Site) -> Iterator[None]:
    down = threading.Event()

    def hook(value: None, service: str, request: Any, site: Site) -> None:
        if down.is_set():
            _without_neutron(value, service, request, site)
        elif service == "compute" and request.method == "POST" and request.url.path.endswith("/servers"):
            down.set()

    with hooked(world, "request", hook):
        yield


def _without_neutron(value: None, service: str, request: Any, site: Site) -> None:
    of_servers = service == "compute" and "/servers" in request.url.path
    if service == "network" or (of_servers and request.method != "POST"):
        raise Refusal(500, "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/")


@modelled()
def libvirt_secret_missing(world: World, site: Site) -> Iterator[None]:
    """Keep libvirt from opening disks of the site's cluster, so that no server starts."""

    def hook(server: Server, site: Site) -> Server:
        if site is at:
            node, told = site.nodes[0], f"Secret not found: no secret with matching uuid '{site.nova.secret}'"
            world.log("nova_compute", node, f"ERROR [instance: {server.id}] libvirt.libvirtError: {told}")
            raise BuildFailed(f"Exceeded maximum number of retries for instance {server.id}.")
        return server

    at = site
    with ExitStack() as stack:
        stack.enter_context(hooked(world, "server.spawning", hook))
        for node in site.nodes:
            stack.enter_context(removed(node.secrets, *node.secrets))
        yield


# --- what only ordinary tenants meet ---

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

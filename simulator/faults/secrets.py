"""Faults of the secret by which libvirt knows the cluster's key, and of the zone that a volume falls back to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from simulator.faults.changes import added, changed, hooked, modelled, removed
from simulator.world.clusters import cephx_key
from simulator.world.servers import BuildFailed, Server
from simulator.world.sites import Site
from simulator.world.world import World


@modelled()
def nova_has_no_secret(world: World, site: Site) -> Iterator[None]:
    """The site's nova.conf has no rbd_secret_uuid."""
    with changed(site.nova, "secret", ""):
        yield


@modelled()
def libvirt_secret_missing(world: World, site: Site) -> Iterator[None]:
    """No disk of the site's cluster can be opened, so no server gets as far as to run."""

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


@modelled()
def libvirt_secret_has_another_key(world: World, site: Site) -> Iterator[None]:
    """Somebody has set the secret's value to a key that the cluster does not know."""
    with ExitStack() as stack:
        for node in site.nodes:
            for identifier in list(node.secrets):
                stack.enter_context(added(node.secrets, identifier, cephx_key()))
        yield


@modelled()
def zone_fallback_on(world: World, site: Site) -> Iterator[None]:
    """The site's volume service is in central's zone, and a volume of a zone without one is made in central's."""

    def hook(zone: str, wanted: dict[str, Any]) -> str:
        known = {each.cinder.zone for each in world.storage_sites if each.cinder}
        return zone if zone in known else world.central.zone

    if site.cinder is None:
        raise LookupError(f"site {site.name} has no volume service")
    with changed(site.cinder, "zone", world.central.zone), hooked(world, "volume.zone", hook):
        yield

"""Faults of a site's scale-out nodes: the HAProxy in place of Glance, and Nova, which requests images through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

from simulator.faults.changes import added, changed, modelled
from simulator.world.build import MOST_MONS
from simulator.world.nodes import Node
from simulator.world.sites import Site
from simulator.world.world import World

_NODES = MOST_MONS + 1


def _each(site: Site, change: Callable[[Node], AbstractContextManager[None]]) -> ExitStack:
    """Make the same change at every scale-out node of the site."""
    stack = ExitStack()
    for node in site.nodes:
        if "haproxy" in node.roles:
            stack.enter_context(change(node))
    return stack


@modelled(nodes=_NODES)
def haproxy_stopped(world: World, site: Site) -> Iterator[None]:
    with _each(site, lambda node: changed(node.containers["haproxy"], "state", "exited")):
        yield


@modelled(nodes=_NODES)
def haproxy_leads_nowhere(world: World, site: Site) -> Iterator[None]:
    with _each(site, lambda node: changed(node, "images_from", None)):
        yield


@modelled(nodes=_NODES)
def haproxy_leads_to_central(world: World, site: Site) -> Iterator[None]:
    with _each(site, lambda node: changed(node, "images_from", world.central.name)):
        yield


@modelled(nodes=_NODES)
def haproxy_is_passed_by(world: World, site: Site) -> Iterator[None]:
    with _each(site, lambda node: added(site.nova.glance_urls, node.name, world.central.images.url)):
        yield

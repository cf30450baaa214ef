"""Faults of the stacks that the undercloud knows (A18)."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.faults.changes import changed, modelled, removed
from simulator.world.sites import Site
from simulator.world.undercloud import Stack
from simulator.world.world import World


def _stack(world: World, site: Site) -> Stack:
    return world.undercloud.stacks[world.undercloud.stack_of(site.name, site.central)]


@modelled()
def stack_missing(world: World, site: Site) -> Iterator[None]:
    with removed(world.undercloud.stacks, _stack(world, site).name):
        yield


@modelled()
def stack_create_failed(world: World, site: Site) -> Iterator[None]:
    with changed(_stack(world, site), "status", "CREATE_FAILED"):
        yield


@modelled()
def stack_update_in_progress(world: World, site: Site) -> Iterator[None]:
    with changed(_stack(world, site), "status", "UPDATE_IN_PROGRESS"):
        yield


@modelled()
def stack_update_failed(world: World, site: Site) -> Iterator[None]:
    with changed(_stack(world, site), "status", "UPDATE_FAILED"):
        yield

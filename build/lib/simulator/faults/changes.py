"""How the simulated world is broken: what stands before a generator's `yield` breaks, what stands after it heals.

What a fault breaks, who has met it and which claims have to notice it says the catalogue, `faults.catalogue`.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from faults.catalogue import Fault, find
from faults.catalogue.where import Candidate, Kind, NoSuchSite, choose
from simulator.world.clusters import RbdError, RbdImage
from simulator.world.images import Image
from simulator.world.sites import Site, Store
from simulator.world.world import World

Body = Callable[[World, Site], Iterator[None]]


class UnknownFault(Exception):
    """No such fault or site; the message says which there are."""


@dataclass(frozen=True)
class Change:
    """A change of the simulated world: a fault of the catalogue, or a variation that no claim may take offence at.

    `site` says where it is, as the catalogue does; `nodes` is how many a site needs for it. A variation has no `fault`.
    """

    name: str
    does: str
    source: str
    site: Kind
    nodes: int
    inject: Callable[[World, Site], AbstractContextManager[None]]
    fault: Fault | None = None

    @property
    def harmless(self) -> bool:
        return self.fault is None

    def shown(self) -> dict[str, Any]:
        """The entry as data, without what injects it."""
        return {
            "name": self.name,
            "breaks": self.does,
            "source": self.source,
            "must": sorted(self.fault.must if self.fault else ()),
            "may": sorted(self.fault.may if self.fault else ()),
            "site": self.site,
            "nodes": self.nodes,
            "harmless": self.harmless,
        }


CHANGES: dict[str, Change] = {}


def modelled(*, nodes: int = 1) -> Callable[[Body], Body]:
    """Say that a generator brings about the catalogue's fault of its name, which needs so many nodes at its site."""

    def register(body: Body) -> Body:
        fault = find(body.__name__.replace("_", "-"))
        _add(Change(fault.name, fault.title, fault.source, fault.site, nodes, contextmanager(body), fault))
        return body

    return register


def variation(*, site: Kind, source: str) -> Callable[[Body], Body]:
    """Say that a generator changes what must not matter; its name and docstring are the entry's."""

    def register(body: Body) -> Body:
        name = body.__name__.replace("_", "-")
        does = " ".join((inspect.getdoc(body) or "").split())
        _add(Change(name, does, source, site, 1, contextmanager(body)))
        return body

    return register


def _add(change: Change) -> None:
    if change.name in CHANGES:
        raise ValueError(f"two changes are called {change.name}")
    CHANGES[change.name] = change


def candidates(world: World) -> list[Candidate]:
    """The sites of a world as the catalogue sees them."""
    return [
        Candidate(
            site.name,
            central=site.central,
            storage=site.cluster is not None,
            scale_out=any("haproxy" in node.roles for node in site.nodes),
        )
        for site in world.sites.values()
    ]


class Injector:
    """The faults and variations that are in force in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.active: dict[str, ExitStack] = {}

    def inject(self, specification: str) -> Change:
        """Bring a fault into force: `NAME` at its usual site, or `NAME:SITE`. Raises UnknownFault."""
        name, _, place = specification.partition(":")
        if name not in CHANGES:
            raise UnknownFault(f"no fault {name}; faults: {', '.join(sorted(CHANGES))}")
        found = CHANGES[name]
        try:
            site = self._world.sites[choose(found.site, candidates(self._world), place or None)]
        except NoSuchSite as error:
            raise UnknownFault(f"{name}: {error}") from None
        if len(site.nodes) < found.nodes:
            raise UnknownFault(f"{name} needs {found.nodes} nodes at {site.name}; start with --nodes {found.nodes}")
        stack = ExitStack()
        stack.enter_context(found.inject(self._world, site))
        self.active[f"{name}:{site.name}"] = stack
        return found

    def heal(self, specification: str = "") -> list[str]:
        """Undo the faults of that name, or all; newest first. Returns what was undone."""
        healed = [key for key in self.active if specification in ("", key, key.split(":")[0])]
        for key in reversed(healed):
            self.active.pop(key).close()
        return healed


# --- what faults are made of ---


@contextmanager
def changed(thing: object, attribute: str, value: object) -> Iterator[None]:
    """One attribute has another value."""
    before = getattr(thing, attribute)
    setattr(thing, attribute, value)
    try:
        yield
    finally:
        setattr(thing, attribute, before)


@contextmanager
def removed(mapping: MutableMapping[Any, Any], *keys: object) -> Iterator[None]:
    """Entries of a mapping are missing; the order of those that stay does not change."""
    before = dict(mapping)
    for key in keys:
        del mapping[key]
    try:
        yield
    finally:
        mapping.clear()
        mapping.update(before)


@contextmanager
def added(mapping: MutableMapping[Any, Any], key: object, value: object) -> Iterator[None]:
    """A mapping has an entry more, or another one in its place."""
    before = dict(mapping)
    mapping[key] = value
    try:
        yield
    finally:
        mapping.clear()
        mapping.update(before)


@contextmanager
def hooked(world: World, point: str, hook: Callable[..., Any]) -> Iterator[None]:
    """A hook sits at a point of the world."""
    undo = world.hooks.on(point, hook)
    try:
        yield
    finally:
        undo()


@contextmanager
def no_access(world: World, site: Site, number: int) -> Iterator[None]:
    """The cluster of the site refuses, with this errno, what other sites' Glances write as client.external."""

    def refuse(value: None, store: Store) -> None:
        if store.cluster is site.cluster and store.user == "external":
            raise RbdError(number, f"error writing to {site.name}: ({number}) {os.strerror(number)}")

    with hooked(world, "store.access", refuse):
        yield


def store_id(world: World, site: Site) -> str:
    """What central calls the site's store."""
    return next(store.id for store in world.central.images.stores.values() if store.cluster is site.cluster)


def flat(world: World, at: Site, pool: str) -> AbstractContextManager[None]:
    """What is made from images in a pool of the site is a full copy."""

    def hook(source: Any, site: Site, image: Image, pool: str) -> Any:
        return None if site is at and pool == wanted else source

    wanted = pool
    return hooked(world, "clone.source", hook)


def created(world: World, at: Site, change: Callable[[RbdImage, str], None]) -> AbstractContextManager[None]:
    """`change(disk, pool)` does something to each disk that is made at the site."""

    def hook(disk: RbdImage, site: Site, pool: str) -> RbdImage:
        if site is at:
            change(disk, pool)
        return disk

    return hooked(world, "disk.created", hook)

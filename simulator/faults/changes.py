"""Change the simulated world with generators: the code before `yield` breaks it, and the code after `yield` heals it.

The catalogue, `faults.catalogue`, says what a fault breaks, who has met it, and which claims must detect it.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from faults.catalogue import Fault, find
from faults.catalogue.where import Candidate, Kind, NoSuchSite, choose
from simulator.world.build import OPTIONS
from simulator.world.clusters import RbdError, RbdImage
from simulator.world.images import Image
from simulator.world.sites import Site, Store
from simulator.world.world import World

Body = Callable[[World, Site], Iterator[None]]


class UnknownFault(Exception):
    """There is no such fault or site; the message lists the known ones."""


@dataclass(frozen=True)
class Change:
    """A change of the simulated world: a fault of the catalogue, or a variation that no claim may object to.

    `site` is the kind of site, as in the catalogue. `nodes` is the number of nodes that the site needs, `options` are
    those of `dcn-verify simulate` for the deployment that it changes. A variation has no `fault`.
    """

    name: str
    does: str
    source: str
    site: Kind
    nodes: int
    inject: Callable[[World, Site], AbstractContextManager[None]]
    fault: Fault | None = None
    options: tuple[str, ...] = ()

    @property
    def harmless(self) -> bool:
        return self.fault is None

    def shown(self) -> dict[str, Any]:
        """Return the entry as data, without the function that injects it."""
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


def modelled(*also: str, nodes: int = 1, options: Sequence[str] = ()) -> Callable[[Body], Body]:
    """Register a generator for the catalogue's fault of its name; `nodes` is the number of nodes needed at the site.

    :param also: other faults of the catalogue that are the same at a site of another kind, or found out otherwise
    :param options: those of `dcn-verify simulate` for a deployment where it is a fault
    """

    def register(body: Body) -> Body:
        for fault in map(find, (body.__name__.replace("_", "-"), *also)):
            inject = contextmanager(body)
            _add(Change(fault.name, fault.title, fault.source, fault.site, nodes, inject, fault, tuple(options)))
        return body

    return register


def variation(*, site: Kind, source: str) -> Callable[[Body], Body]:
    """Register a generator for a harmless variation; its name and docstring are those of the variation."""

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
    """Return the sites of a world in the form that the catalogue uses."""
    return [
        Candidate(
            site.name,
            central=site.central,
            storage=site.cluster is not None,
            scale_out=any("haproxy" in node.roles for node in site.nodes),
            glance=site.glance is not None,
        )
        for site in world.sites.values()
    ]


class Injector:
    """The active faults and variations of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.active: dict[str, ExitStack] = {}

    def inject(self, specification: str) -> Change:
        """Inject a fault: `NAME` at its usual site, or `NAME:SITE`. Raises UnknownFault."""
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
        if missing := (OPTIONS.keys() & found.options) - self._world.options:
            raise UnknownFault(f"{name} needs another deployment; start with {' '.join(sorted(missing))}")
        stack = ExitStack()
        stack.enter_context(found.inject(self._world, site))
        self.active[f"{name}:{site.name}"] = stack
        return found

    def heal(self, specification: str = "") -> list[str]:
        """Undo the faults with that name, or all of them, newest first. Returns the undone faults."""
        healed = [key for key in self.active if specification in ("", key, key.split(":")[0])]
        for key in reversed(healed):
            self.active.pop(key).close()
        return healed


# --- building blocks of faults ---


@contextmanager
def changed(thing: object, attribute: str, value: object) -> Iterator[None]:
    """Change the value of an attribute."""
    before = getattr(thing, attribute)
    setattr(thing, attribute, value)
    try:
        yield
    finally:
        setattr(thing, attribute, before)


@contextmanager
def removed(mapping: MutableMapping[Any, Any], *keys: object) -> Iterator[None]:
    """Remove entries from a mapping, without changing the order of the others."""
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
    """Add an entry to a mapping, or replace it."""
    before = dict(mapping)
    mapping[key] = value
    try:
        yield
    finally:
        mapping.clear()
        mapping.update(before)


@contextmanager
def hooked(world: World, point: str, hook: Callable[..., Any]) -> Iterator[None]:
    """Install a hook at a point of the world."""
    undo = world.hooks.on(point, hook)
    try:
        yield
    finally:
        undo()


@contextmanager
def no_access(world: World, site: Site, number: int) -> Iterator[None]:
    """Make the site's cluster refuse, with this errno, writes by other sites' Glances."""

    def refuse(value: None, store: Store) -> None:
        if store.cluster is site.cluster and store.user == site.ceph.client:
            raise RbdError(number, f"error writing to {site.name}: ({number}) {os.strerror(number)}")

    with hooked(world, "store.access", refuse):
        yield


def store_id(world: World, site: Site) -> str:
    """Return the ID of the site's store in central's Glance."""
    return next(store.id for store in world.central.images.stores.values() if store.cluster is site.cluster)


def flat(world: World, at: Site, pool: str) -> AbstractContextManager[None]:
    """Make full copies, not clones, of images in a pool of the site."""

    def hook(source: Any, site: Site, image: Image, pool: str) -> Any:
        return None if site is at and pool == wanted else source

    wanted = pool
    return hooked(world, "clone.source", hook)


def created(world: World, at: Site, change: Callable[[RbdImage, str], None]) -> AbstractContextManager[None]:
    """Call `change(disk, pool)` for each disk that is created at the site."""

    def hook(disk: RbdImage, site: Site, pool: str) -> RbdImage:
        if site is at:
            change(disk, pool)
        return disk

    return hooked(world, "disk.created", hook)

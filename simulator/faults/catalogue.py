"""The catalogue: a fault is a name, what it breaks, where it was met, which claims must notice it and which may.

A fault is written as a generator: what stands before `yield` breaks, what stands after it heals.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from simulator.world.sites import Site
from simulator.world.world import World

# central, the first DCN site with storage, or the last one
Where = Literal["central", "first", "last"]
Body = Callable[[World, Site], Iterator[None]]


class UnknownFault(Exception):
    """No such fault or site; the message says which there are."""


@dataclass(frozen=True)
class Fault:
    """One entry. Without `must` it is harmless: a variation that no claim may take offence at.

    `source` says where it was met or which claim suggests it; `mons` is how many monitors a site needs for it.
    """

    name: str
    breaks: str
    source: str
    must: frozenset[str]
    may: frozenset[str]
    where: Where
    mons: int
    inject: Callable[[World, Site], AbstractContextManager[None]]

    @property
    def harmless(self) -> bool:
        return not self.must

    def default_site(self, world: World) -> Site:
        sites = [site for site in world.dcn_sites if site.cluster]
        if self.where == "central" or not sites:
            return world.central
        return sites[0] if self.where == "first" else sites[-1]

    def shown(self) -> dict[str, Any]:
        """The entry as data, without what injects it."""
        return {
            "name": self.name,
            "breaks": self.breaks,
            "source": self.source,
            "must": sorted(self.must),
            "may": sorted(self.may),
            "where": self.where,
            "mons": self.mons,
            "harmless": self.harmless,
        }


FAULTS: dict[str, Fault] = {}


def fault(
    *must: str, may: Iterable[str] = (), where: Where = "last", source: str = "", mons: int = 1
) -> Callable[[Body], Body]:
    """Put a generator into the catalogue; its name and docstring are the entry's."""

    def register(body: Body) -> Body:
        name = body.__name__.replace("_", "-")
        found = Fault(
            name=name,
            breaks=" ".join((inspect.getdoc(body) or "").split()),
            source=source or ", ".join(f"SPEC {claim}" for claim in must),
            must=frozenset(must),
            may=frozenset(may) - frozenset(must),
            where=where,
            mons=mons,
            inject=contextmanager(body),
        )
        if name in FAULTS:
            raise ValueError(f"two faults are called {name}")
        FAULTS[name] = found
        return body

    return register


class Injector:
    """The faults that are in force in one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.active: dict[str, ExitStack] = {}

    def inject(self, specification: str) -> Fault:
        """Bring a fault into force: `NAME` at its usual site, or `NAME:SITE`. Raises UnknownFault."""
        name, _, place = specification.partition(":")
        if name not in FAULTS:
            raise UnknownFault(f"no fault {name}; faults: {', '.join(sorted(FAULTS))}")
        if place and place not in self._world.sites:
            raise UnknownFault(f"no site {place}; sites: {', '.join(self._world.sites)}")
        found = FAULTS[name]
        site = self._world.sites[place] if place else found.default_site(self._world)
        if site.cluster is None:
            raise UnknownFault(f"site {site.name} has no storage")
        if len(site.cluster.mons) < found.mons:
            raise UnknownFault(f"{name} needs {found.mons} monitors at {site.name}; start with --nodes {found.mons}")
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

"""Converts the file's entries to sites, and checks what a site must have and what two sites may not share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from helpers.environment.mistakes import BadEnvironment
from helpers.environment.model import Environment, NodeSpec, Site
from helpers.environment.sections import File, SiteEntry
from helpers.environment.values import HOST_NAME

# what `pytest -k` and a node id treat as one word
_SITE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_WORDS_OF_PYTEST_K = frozenset({"and", "or", "not"})


def sites(path: Path, parsed: File) -> Iterator[Site]:
    """Yield the sites that the file declares, in its order. Raises BadEnvironment for the first mistake."""
    central = [name for name, entry in parsed.sites.items() if entry.central]
    if not parsed.sites:
        raise BadEnvironment(path, "sites", "is empty; declare the central site and the DCN sites")
    if len(central) != 1:
        what = f"{' and '.join(central)} each have" if central else f"none of {', '.join(parsed.sites)} has"
        raise BadEnvironment(path, "sites", f"{what} `central: true`; exactly one site is central")
    seen: dict[str, str] = {}
    for name, entry in parsed.sites.items():
        key = f"sites.{name}"
        if not _SITE_NAME.fullmatch(name) or name.lower() in _WORDS_OF_PYTEST_K:
            raise BadEnvironment(
                path,
                key,
                f"{name!r} cannot stand in a test's id; use letters, digits, `-`, `_`, `.`, no sign first",
            )
        if (other := seen.setdefault(name.lower(), name)) != name:
            raise BadEnvironment(path, key, f"differs from {other!r} in case only, which `pytest -k` ignores")
        _check_storage(path, key, entry)
        for node in entry.nodes:
            if not HOST_NAME.fullmatch(node):
                raise BadEnvironment(path, f"{key}.nodes.{node}", f"{node!r} is not a host name; give the node's own")
        yield Site(
            name=name,
            central=entry.central,
            availability_zone=entry.availability_zone,
            store=entry.store,
            local_store=entry.local_store or entry.store,
            central_store=_central_store(entry),
            glance=entry.glance,
            ceph=entry.ceph,
            nodes=tuple(
                NodeSpec(node, found.address, found.roles, name, found.pod) for node, found in entry.nodes.items()
            ),
            via=entry.via,
            services=parsed.services.at_site(entry.services),
            file=path,
        )


def _central_store(entry: SiteEntry) -> str | None:
    if entry.ceph is None:
        return None
    return entry.store if entry.central else entry.central_store or "central"


def _check_storage(path: Path, key: str, entry: SiteEntry) -> None:
    given = {name for name in ("ceph", "store", "glance") if getattr(entry, name) is not None}
    if entry.central and len(given) < 3:
        missing = next(name for name in ("ceph", "store", "glance") if name not in given)
        raise BadEnvironment(path, f"{key}.{missing}", "is missing; the central site has storage and a Glance")
    if given and len(given) < 3:
        missing = next(name for name in ("ceph", "store", "glance") if name not in given)
        raise BadEnvironment(
            path,
            f"{key}.{missing}",
            f"is missing, though {' and '.join(sorted(given))} is given; a site with storage has ceph, store "
            "and glance, a site without has none of them",
        )
    if not entry.ceph and (entry.local_store or entry.central_store):
        name = "local_store" if entry.local_store else "central_store"
        raise BadEnvironment(path, f"{key}.{name}", "is given for a site without storage; take it out, or add ceph")
    if entry.via and not entry.glance:
        raise BadEnvironment(path, f"{key}.via", "is given for a site without a Glance; take it out, or add glance")
    if entry.central and entry.central_store:
        raise BadEnvironment(path, f"{key}.central_store", "is for DCN sites; central's own store is `store`")
    if not entry.central and entry.ceph and _central_store(entry) == (entry.local_store or entry.store):
        raise BadEnvironment(
            path,
            f"{key}.central_store",
            f"{_central_store(entry)!r} is the site's own store too; give the id that this site's Glance has "
            "for central's store",
        )


def check_uniqueness(environment: Environment) -> None:
    """Check that sites share no store and no Glance, nodes no name and no address, and that `via` names a node."""
    path = environment.path
    stores: dict[str, str] = {}
    glances: dict[str, str] = {}
    names: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for site in environment.sites:
        if site.via:
            _check_via(environment, site, site.via)
        if site.store and (other := stores.setdefault(site.store, site.name)) != site.name:
            raise BadEnvironment(
                path,
                f"sites.{site.name}.store",
                f"{site.store!r} is the store of {other} too; give each site its own",
            )
        if site.glance and (other := glances.setdefault(site.glance, site.name)) != site.name:
            raise BadEnvironment(
                path,
                f"sites.{site.name}.glance",
                f"{site.glance!r} is the Glance of {other} too; give the site's own endpoint",
            )
        for node in site.nodes:
            key = f"sites.{site.name}.nodes.{node.name}"
            if (other := names.setdefault(node.name, site.name)) != site.name:
                raise BadEnvironment(path, key, f"is a node of {other} too; a node belongs to one site")
            if not node.pod and (other := addresses.setdefault(node.address, node.name)) != node.name:
                raise BadEnvironment(path, f"{key}.address", f"{node.address!r} is the address of {other} too")


def _check_via(environment: Environment, site: Site, via: str) -> None:
    key, known = f"sites.{site.name}.via", {node.name: node for node in environment.nodes}
    if via not in known:
        there = ", ".join(map(str, site.nodes)) or "none"
        raise BadEnvironment(environment.path, key, f"{via!r} is no node; name one of this site's: {there}")
    if known[via].is_local:
        raise BadEnvironment(environment.path, key, f"{via!r} is this machine, which reaches it directly; take it out")

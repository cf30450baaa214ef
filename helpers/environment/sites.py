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
        if internal_only := not entry.central and entry.glance is None and entry.glance_internal is not None:
            entry = entry.model_copy(update={"glance": entry.glance_internal, "glance_internal": None})
        shares = not entry.central and entry.glance is not None and entry.glance == parsed.sites[central[0]].glance
        _check_storage(path, key, entry, shares)
        for node in entry.nodes:
            if not HOST_NAME.fullmatch(node):
                raise BadEnvironment(path, f"{key}.nodes.{node}", f"{node!r} is not a host name; give the node's own")
        yield Site(
            name=name,
            central=entry.central,
            availability_zone=entry.availability_zone,
            store=entry.store,
            local_store=None if shares else entry.local_store or entry.store,
            central_store=None if shares else _central_store(entry),
            cinder_cluster=_cinder_cluster(name, entry),
            glance=entry.glance,
            glance_internal=entry.glance_internal,
            shares_glance=shares,
            users_import=not internal_only,
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


def _cinder_cluster(name: str, entry: SiteEntry) -> str | None:
    """The cluster without the backend that Cinder shows behind it (`dcn0@tripleo_ceph`)."""
    given = (entry.cinder_cluster or ("none" if entry.central else name)).split("@")[0]
    return None if given == "none" or entry.ceph is None else given


def _check_storage(path: Path, key: str, entry: SiteEntry, shares: bool) -> None:
    given = {name for name in ("ceph", "store", "glance") if getattr(entry, name) is not None}
    if entry.central and len(given) < 3:
        missing = next(name for name in ("ceph", "store", "glance") if name not in given)
        raise BadEnvironment(path, f"{key}.{missing}", "is missing; the central site has storage and a Glance")
    for name, other in (("ceph", "store"), ("store", "ceph")):
        if other in given and name not in given:
            problem = f"is missing, though {other} is given; a site has both, ceph and store, or neither"
            raise BadEnvironment(path, f"{key}.{name}", problem)
    if entry.ceph and not entry.glance:
        raise BadEnvironment(
            path, f"{key}.glance", "is missing; name the site's own Glance, or central's where it uses that one"
        )
    if entry.cinder_cluster is not None and not entry.ceph:
        raise BadEnvironment(
            path, f"{key}.cinder_cluster", "is given for a site without storage; take it out, or add ceph"
        )
    if entry.glance_internal and shares:
        raise BadEnvironment(
            path, f"{key}.glance_internal", "is given beside central's glance; leave glance out if the site has its own"
        )
    if entry.glance_internal and entry.glance_internal == entry.glance:
        raise BadEnvironment(
            path, f"{key}.glance_internal", "is the URL of `glance` too; leave it out where there is only one Glance"
        )
    if (shares or not entry.ceph) and (entry.local_store or entry.central_store):
        name = "local_store" if entry.local_store else "central_store"
        lacks, add = ("storage", "ceph") if not entry.ceph else ("a Glance of its own", "glance")
        raise BadEnvironment(path, f"{key}.{name}", f"is given for a site without {lacks}; take it out, or add {add}")
    if entry.via and not entry.glance:
        raise BadEnvironment(path, f"{key}.via", "is given for a site without a Glance; take it out, or add glance")
    if entry.central and entry.central_store:
        raise BadEnvironment(path, f"{key}.central_store", "is for DCN sites; central's own store is `store`")
    if not entry.central and entry.ceph and not shares and _central_store(entry) == (entry.local_store or entry.store):
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
    for number, store in enumerate(environment.other_stores):
        known = {
            name: site for site in environment.sites for name in (site.store, site.local_store, site.central_store)
        }
        if owner := known.get(store):
            raise BadEnvironment(
                path, f"other_stores.{number}", f"{store!r} is a store of site {owner}; name stores of no site here"
            )
    for site in environment.sites:
        if site.via:
            _check_via(environment, site, site.via)
        if site.store and (other := stores.setdefault(site.store, site.name)) != site.name:
            raise BadEnvironment(
                path,
                f"sites.{site.name}.store",
                f"{site.store!r} is the store of {other} too; give each site its own",
            )
        if (
            site.glance
            and not site.shares_glance
            and (other := glances.setdefault(site.glance, site.name)) != site.name
        ):
            raise BadEnvironment(
                path,
                f"sites.{site.name}.glance",
                f"{site.glance!r} is the Glance of {other} too; give the site's own endpoint, or central's",
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

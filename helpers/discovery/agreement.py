"""Matches the sites of an environment file with the discovered sites, whatever their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from helpers.discovery.found import FoundSite
from helpers.environment import Site


def counterpart(site: Site, found: Collection[FoundSite]) -> FoundSite | None:
    """Return the discovered site with most of this site's machines, otherwise the one of the same name, or None."""
    names = {node.name for node in site.nodes} | {node.address for node in site.nodes}

    def shared(other: FoundSite) -> int:
        return sum(node.name in names or node.address in names for node in other.nodes if not node.doubt)

    best = max(found, key=shared, default=None)
    if best is not None and shared(best):
        return best
    return next((other for other in found if other.name == site.name), None)


def left_out(sites: Iterable[Site], found: Collection[FoundSite]) -> list[FoundSite]:
    """The discovered sites that match no site of the environment file."""
    described = [counterpart(site, found) for site in sites]
    return [other for other in found if other not in described]


def identity(site: Site | FoundSite) -> dict[str, str | None]:
    """The names of a site's cluster and stores, at central and at the site. Empty for a site without storage."""
    if site.ceph is None:
        return {}
    here = {"cluster": site.ceph.cluster, "store": site.store}
    return here if site.central else {**here, "local_store": site.local_store, "central_store": site.central_store}


def addresses(site: Site | FoundSite) -> dict[str, str]:
    """Machine → address, without doubtful machines."""
    return {node.name: node.address for node in site.nodes if not getattr(node, "doubt", "")}

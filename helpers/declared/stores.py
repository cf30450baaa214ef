"""Stores: central lists every site, a site's own Glance lists itself and central, and imports can reach them all."""

from __future__ import annotations

from helpers.declared.clusters import Cluster
from helpers.declared.model import GlanceService
from helpers.declared.sites import Declaration, Site
from helpers.tripleo.findings import Finding, FoundElsewhere, NotGiven
from helpers.tripleo.loader import Node

_METHODS = frozenset({"copy-image", "web-download"})


def _central(declaration: Declaration) -> list[GlanceService]:
    found = [glance for glance in declaration.declared.glances if glance.central]
    if not found:
        raise NotGiven("no central Glance is among the files")
    return found


def _own(declaration: Declaration, site: Site) -> list[GlanceService]:
    """The Glances of this site alone."""
    found = [glance for glance, cluster in declaration.own.items() if cluster is site.cluster]
    if not found:
        raise NotGiven(f"{site} has no Glance of its own among the files")
    return found


def _here(glances: list[GlanceService]) -> list[GlanceService]:
    """Those of which something can be said to be missing.

    :raises NotGiven: it may be in a file that is not here
    """
    for glance in glances:
        if glance.elsewhere:
            raise NotGiven(f"{glance.name} is configured by {glance.elsewhere} too, which is not among the files")
    return glances


def _known(declaration: Declaration, glances: list[GlanceService]) -> list[GlanceService]:
    """The same, for who misses a store.

    :raises FoundElsewhere: one of the stores has no section, which another check finds
    """
    for glance in _here(glances):
        strange = [store.id for store in glance.stores if declaration.about(store) is None]
        if strange:
            raise FoundElsewhere(f"{glance.name} has a store {strange[0]} of no known cluster")
    return glances


def _unlisted(declaration: Declaration, glance: GlanceService, cluster: Cluster, whose: str) -> Finding:
    place = glance.enabled.place if glance.enabled is not None else glance.place
    ids = [store.id for store in glance.stores]
    names = {
        one.id for other in declaration.declared.glances for one in other.stores if declaration.about(one) is cluster
    }
    expected = f"a store on {whose}'s cluster too" + (f", such as {sorted(names)[0]}:rbd" if names else "")
    return Finding(place, f"stores: {', '.join(ids) or 'none'}", expected)


def central_lists(declaration: Declaration, site: Site) -> list[Finding]:
    """Central's Glance has a store on this site's cluster."""
    declaration.check_several("it lists itself, or nothing")
    return [
        _unlisted(declaration, glance, site.cluster, str(site))
        for glance in _known(declaration, _central(declaration))
        if site.cluster not in declaration.listed(glance)
    ]


def lists_central(declaration: Declaration, site: Site) -> list[Finding]:
    """This site's own Glance has a store on its own cluster, one on central's, and no other.

    Without the latter, snapshots cannot be copied back to central.
    """
    central = declaration.central
    wanted = [cluster for cluster in (site.cluster, central) if cluster is not None]
    found = []
    for glance in _known(declaration, _own(declaration, site)):
        listed = declaration.listed(glance)
        lacking = [_unlisted(declaration, glance, one, declaration.name_of(one)) for one in wanted if one not in listed]
        strange = [store for store in glance.stores if declaration.about(store) not in wanted]
        if strange and glance.enabled is not None and not lacking:
            seen = f"a store {strange[0].id}, on the cluster of {declaration.name_of(declaration.about(strange[0]))}"
            found.append(Finding(glance.enabled.place, seen, f"stores of {site} and central only"))
        found += lacking[:1]
    return found


def without_section(declaration: Declaration, site: Site) -> list[Finding]:
    """Every RBD store that this site's Glance enables has a section that names its conf."""
    found = []
    for glance in _here(_own(declaration, site)):
        for store in glance.stores:
            there = store.client.holder.confs if store.client.holder is not None else {}
            if not store.given or (store.client.conf is None and store.client.file not in there):
                place = store.client.where if store.given else (glance.enabled or store.client).place
                expected = f"rbd_store_ceph_conf in [{store.id}]; by default, librados reads ceph.conf"
                found.append(Finding(place, f"a store {store.id} that names no conf", expected))
    return found


def wrong_conf(declaration: Declaration, site: Site) -> list[Finding]:
    """Each store that this site's Glance enables names the conf of its own cluster, which no other store there does."""
    found = []
    for glance in _own(declaration, site):
        for store in glance.stores:
            about, actual = declaration.about(store), declaration.clusters.of(store.client)
            if about is None or actual is None or about is actual or store.client.conf is None:
                continue
            expected = f"{_file(about)}, the conf of {declaration.name_of(about)}"
            found.append(Finding(store.client.place, store.client.conf.shown, expected))
        found += _twice(declaration, glance)
    return found


def _twice(declaration: Declaration, glance: GlanceService) -> list[Finding]:
    first: dict[Cluster, str] = {}
    found = []
    for store in glance.stores:
        about, actual = declaration.about(store), declaration.clusters.of(store.client)
        if about is None or about is not actual:
            continue
        if about in first and declaration.several:
            seen = f"a second store on the cluster of {declaration.name_of(about)}, besides {first[about]}"
            found.append(Finding(store.client.place, seen, "one store for each cluster"))
        first.setdefault(about, store.id)
    return found


def _file(cluster: Cluster) -> str:
    return f"/etc/ceph/{sorted(cluster.stems)[0]}.conf"


def wrong_default(declaration: Declaration, site: Site) -> list[Finding]:
    """The default store of this site's Glance is the one on its own cluster."""
    found = []
    for glance in _here(_own(declaration, site)):
        mine = [store.id for store in glance.stores if declaration.about(store) is site.cluster]
        default = glance.default
        foreign = {*glance.ids} - {store.id for store in glance.stores}
        if default is not None and default.text.strip() in foreign and not declaration.several:
            raise NotGiven(f"the default store of {glance.name} is no RBD store")
        if not mine or (not site.central and lists_central(declaration, site)):
            raise FoundElsewhere(f"{glance.name} has not the stores of {site}")
        if default is None:
            seen = "no default_backend"
            found.append(Finding(glance.place, seen, f"default_backend = {mine[0]} in [glance_store]"))
        elif default.text.strip() not in mine:
            known = "" if default.text.strip() in glance.ids else ", which is no store"
            found.append(Finding(default.place, f"{default.shown}{known}", f"{mine[0]}, {site}'s own store"))
    return found


def import_methods(declaration: Declaration, site: Site) -> list[Finding]:
    """The import methods of this site's Glance contain web-download and copy-image."""
    declaration.check_several("nothing is copied to another")
    found = []
    for glance in _here(_own(declaration, site)):
        node = glance.methods
        if not glance.ids:
            raise FoundElsewhere(f"{glance.name} enables no store")
        if node is None:
            if not declaration.declared.defaults.copy_image:
                seen = "no enabled_import_methods, and the default has no copy-image"
                found.append(Finding(glance.place, seen, "enabled_import_methods = [web-download,copy-image]"))
            continue
        methods = _elements(node)
        if not methods >= _METHODS:
            found.append(Finding(node.place, node.shown, "web-download,copy-image"))
    return found


def wrong_endpoint(declaration: Declaration, site: Site) -> list[Finding]:
    """Users are given the central Glance, which is not one of type edge."""
    central = [glance for glance in _central(declaration) if glance.endpoint is not None or glance.type is not None]
    if not central:
        raise NotGiven(f"{site} has the only Glance")
    found = []
    for glance in central:
        if glance.endpoint is not None and glance.endpoint.text.strip() != glance.name:
            found.append(Finding(glance.endpoint.place, glance.endpoint.shown, f"{glance.name!r}, the central API"))
        elif glance.type is not None and glance.type.text.strip() == "edge":
            found.append(Finding(glance.type.place, glance.type.shown, "split or single, for users reach no edge API"))
    return found


def image_conversion(declaration: Declaration, site: Site) -> list[Finding]:
    """The import plugins of this site's Glance are not overridden without image_conversion.

    A qcow2 image that is not converted to raw is never cloned.
    """
    glances = _own(declaration, site)
    if not declaration.declared.defaults.conversion:
        raise NotGiven(f"{declaration.declared.kind} converts no images by default")
    return [
        Finding(glance.plugins.place, glance.plugins.shown, "image_conversion in it, or no override")
        for glance in glances
        if glance.plugins is not None and not _elements(glance.plugins) & {"image_conversion", "no_op"}
    ]


def _elements(node: Node) -> set[str]:
    parts = node.text.strip().strip("[]").split(",")
    return {part.strip().strip("'\"") for part in parts} - {""}

"""Cinder, Manila and Nova: zones, confs, secrets and Glances are those of their own site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from helpers.declared.clusters import Cluster
from helpers.declared.model import Backend, Compute
from helpers.declared.sites import Declaration, Site
from helpers.tripleo.findings import Finding, NotGiven
from helpers.tripleo.loader import Node

_FALSE = frozenset({"false", "no", "off", "0"})


def _backends(declaration: Declaration, site: Site) -> list[Backend]:
    return [backend for backend, cluster in declaration.backends.items() if cluster is site.cluster]


def _computes(declaration: Declaration, site: Site) -> list[Compute]:
    return [compute for compute, cluster in declaration.computes.items() if cluster is site.cluster]


def _users(declaration: Declaration, site: Site) -> list[Backend | Compute]:
    found: list[Backend | Compute] = [*_backends(declaration, site), *_computes(declaration, site)]
    if not found:
        raise NotGiven(f"{site}: no volume backend or compute node of it is among the files")
    return found


def wrong_conf(declaration: Declaration, site: Site) -> list[Finding]:
    """Every volume backend and compute node of this site names the conf of its own cluster, never another zone's."""
    found = []
    for user in _users(declaration, site):
        client = user.client
        if isinstance(user, Backend) and not user.given and client is not None:
            found.append(Finding(client.where, f"{user.name}, which has no section", "a section that names its conf"))
            continue
        actual = declaration.clusters.of(client) if client is not None else None
        if client is None or actual is None or actual is site.cluster:
            continue
        seen = client.conf.shown if client.conf is not None else f"no conf, so {client.file}"
        file = sorted(site.cluster.stems)[0]
        expected = f"/etc/ceph/{file}.conf, for {user.name} is {site}'s"
        found.append(Finding(client.place, f"{seen}, the conf of {declaration.name_of(actual)}", expected))
    return found


def wrong_cluster_name(declaration: Declaration, site: Site) -> list[Finding]:
    """rbd_cluster_name of every volume backend is the name of its conf."""
    found, named = [], False
    for backend in _backends(declaration, site):
        node = backend.cluster
        if node is None:
            continue
        named = True
        if node.text.strip() not in site.cluster.stems and declaration.clusters.of(backend.client) is site.cluster:
            stem = backend.client.file.removesuffix(".conf")
            found.append(Finding(node.place, node.shown, f"{stem!r}, as its conf is called", backend.client.place))
    if not named:
        raise NotGiven(f"{site}: no volume backend names its cluster")
    return found


def wrong_zone(declaration: Declaration, site: Site) -> list[Finding]:
    """Every volume backend of this site is in the site's own zone."""
    declaration.check_several("every zone is its own")
    # one cinder-backup may serve all zones; its cluster is not its zone then
    backends = [one for one in _backends(declaration, site) if one.service != "backup" or one.zone is not None]
    backends = [one for one in backends if one.service == "backup" or one.client.conf is not None]
    if not backends:
        raise NotGiven(f"{site}: no volume backend of it is among the files")
    return [finding for backend in backends if (finding := _zone(declaration, site, backend)) is not None]


def _zone(declaration: Declaration, site: Site, backend: Backend) -> Finding | None:
    zone = _text(declaration, backend)
    place = backend.zone.place if backend.zone is not None else backend.client.where
    seen = backend.zone.shown if backend.zone is not None else f"no zone, so {zone!r}"
    option = "storage_availability_zone" if backend.service == "backup" else "backend_availability_zone"
    expected = f"{option}: {_usual(declaration, site, backend)!r}, {site}'s own"
    named = declaration.named(zone)
    if named is not None and named is not site.cluster:
        return Finding(place, f"{seen}, the zone of {declaration.name_of(named)}", expected)
    same = [
        (other, one)
        for one, cluster in declaration.backends.items()
        if cluster not in (None, site.cluster) and _text(declaration, one) == zone
        for other in declaration.sites
        if other.cluster is cluster
    ]
    if same and named is not site.cluster and _gives_way(declaration, site, same[0][0], zone):
        return Finding(place, f"{seen}, the zone of {same[0][0]}", expected, same[0][1].client.where)
    if named is None and not site.central and _all_others_are_named(declaration, backend):
        return Finding(place, seen, expected)
    return None


def _text(declaration: Declaration, backend: Backend) -> str:
    return backend.zone.text.strip() if backend.zone is not None else declaration.declared.defaults.zone


def _usual(declaration: Declaration, site: Site, backend: Backend) -> str:
    """The zone of most of the site's other backends, otherwise the site's name."""
    zones = Counter(_text(declaration, one) for one in _backends(declaration, site) if one is not backend)
    return max(zones, key=lambda zone: zones[zone], default=site.name)


def _gives_way(declaration: Declaration, site: Site, other: Site, zone: str) -> bool:
    """Whether of two sites with one zone it is the other's."""
    sites = declaration.sites
    return other.central or (not site.central and sites.index(other) < sites.index(site))


def _all_others_are_named(declaration: Declaration, backend: Backend) -> bool:
    """Whether the zones of all other backends, at least one, have the names of their sites. Central's may have any."""
    others = [(one, cluster) for one, cluster in declaration.backends.items() if one is not backend]
    told = [(cluster, declaration.named(_text(declaration, one))) for one, cluster in others]
    known = [(own, named) for own, named in told if own is not declaration.central or named is not None]
    return bool(known) and all(own is named for own, named in known)


def wrong_secret(declaration: Declaration, site: Site) -> list[Finding]:
    """rbd_secret_uuid of every volume backend and compute node of this site is a secret that its computes have."""
    users = [user for user in _users(declaration, site) if user.secret is not None]
    if not users:
        raise NotGiven(f"{site}: no rbd_secret_uuid, whose default is the cluster's FSID")
    if declaration.declared.defaults.secret_is_fsid:
        return _not_the_fsid(declaration, site, users)
    found = _not_defined(declaration, site)
    places = {finding.place for finding in found}
    return [*found, *(finding for finding in _odd(declaration, site) if finding.place not in places)]


def _not_the_fsid(declaration: Declaration, site: Site, users: list[Backend | Compute]) -> list[Finding]:
    own = declaration.fsids.get(site.cluster)
    if own is None:
        votes = Counter(user.secret.text.strip().lower() for user in users if user.secret is not None)
        own = max(votes, key=lambda text: votes[text])
    place = next((node.place for node in site.cluster.fsids if node.text.strip().lower() == own), None)
    return [
        Finding(user.secret.place, user.secret.shown, f"{own!r}, the FSID of {site}'s cluster", place)
        for user in users
        if user.secret is not None and user.secret.text.strip().lower() != own
    ]


def _not_defined(declaration: Declaration, site: Site) -> list[Finding]:
    """Secrets that libvirt has no definition of at one of the site's computes, and definitions with a wrong key."""
    found = []
    for compute in _computes(declaration, site):
        if not compute.secrets:
            continue
        users: list[Backend | Compute] = [compute, *_backends(declaration, site)]
        for user in users:
            if user.secret is not None and user.secret.text.strip() not in compute.secrets:
                place = next(iter(compute.secrets.values())).place
                expected = f"one of the secrets of {compute.name}: {', '.join(compute.secrets)}"
                found.append(Finding(user.secret.place, user.secret.shown, expected, place))
        known = {node.text for nodes in site.cluster.keys.values() for node in nodes}
        for key in compute.secrets.values():
            if known and key.text not in known:
                found.append(Finding(key.place, key.shown, f"a key of {site}'s cluster"))
    return list({str(finding.place): finding for finding in found}.values())


def _odd(declaration: Declaration, site: Site) -> list[Finding]:
    """The one UUID that differs from all others of the same service, and that nothing else uses."""
    found = []
    groups: list[Mapping[Any, Cluster | None]] = [declaration.backends, declaration.computes]
    used = Counter(user.secret.text.strip() for group in groups for user in group if user.secret is not None)
    defined = {uuid for compute in declaration.computes for uuid in compute.secrets}
    for group in groups:
        nodes = {user: user.secret for user in group if user.secret is not None}
        votes = Counter(node.text.strip() for node in nodes.values())
        usual, number = max(votes.items(), key=lambda item: item[1], default=("", 0))
        place = next((node.place for node in nodes.values() if node.text.strip() == usual), None)
        for user, node in nodes.items():
            own = node.text.strip()
            if group[user] is site.cluster and number > 1 and own != usual and used[own] == 1 and own not in defined:
                found.append(Finding(node.place, node.shown, f"{usual!r}, as elsewhere", place))
    return found


def wrong_glance(declaration: Declaration, site: Site) -> list[Finding]:
    """Cinder and Nova of this site use the site's own Glance."""
    own = [glance for glance, cluster in declaration.own.items() if cluster is site.cluster]
    users = _users(declaration, site)
    if all(glance.central for glance in declaration.own):
        raise NotGiven("there is only one Glance among the files, which all sites share")
    if not own:
        raise NotGiven(f"{site} has no Glance of its own among the files")
    found = []
    for user in users:
        if user.glance is None:
            if isinstance(user, Compute) and user.configured and not site.central:
                seen = "no endpoint_override in [glance], so the Glance of the service catalog"
                found.append(Finding(user.place, seen, f"that of {own[0].name}"))
            continue
        reached = declaration.reached(user.glance)
        wrong = [glance for glance in reached if glance not in own]
        if wrong:
            expected = f"the Glance of {site}, {own[0].name}"
            found.append(Finding(user.glance.place, f"{user.glance.shown}, that of {wrong[0].name}", expected))
    return found


def wrong_store(declaration: Declaration, site: Site) -> list[Finding]:
    """images_rbd_glance_store_name is the id of this site's store in the Glance that its computes use."""
    named = [compute for compute in _computes(declaration, site) if compute.store is not None]
    glances = declaration.glances(site.cluster)
    if not named:
        raise NotGiven(f"{site}: no images_rbd_glance_store_name")
    if not glances:
        raise NotGiven("no Glance is among the files")
    found = []
    for compute in named:
        ids = [store.id for store in glances[0].stores if declaration.about(store) is site.cluster]
        if compute.store is not None and ids and compute.store.text.strip() not in ids:
            found.append(Finding(compute.store.place, compute.store.shown, f"{ids[0]!r}, {site}'s store"))
    return found


def cross_az_attach(declaration: Declaration, site: Site) -> list[Finding]:
    """cross_az_attach is false on this site's compute nodes. Its default is true."""
    declaration.check_several("there is no other zone")
    nodes = declaration.declared.attaching if site.central else ()
    if not nodes and not any(compute.configured for compute in _computes(declaration, site)):
        raise NotGiven(f"{site}: no nova.conf of its compute nodes is among the files")
    # a file that configures several sites is judged at the first of them
    before = declaration.sites[: declaration.sites.index(site)]
    known = {finding.place for other in before for finding in _attaching(declaration, other)}
    return [finding for finding in _attaching(declaration, site) if finding.place not in known]


def _attaching(declaration: Declaration, site: Site) -> list[Finding]:
    found = {}
    for node in declaration.declared.attaching if site.central else ():
        found[node.place] = None if _is_false(node) else node.shown
    for compute in _computes(declaration, site):
        if compute.cross_az is not None:
            found[compute.cross_az.place] = None if _is_false(compute.cross_az) else compute.cross_az.shown
        elif compute.configured and not site.central:
            found[compute.place] = "no cross_az_attach in [cinder], so true"
    expected = "false, or a volume of another zone is attached over the WAN"
    return [Finding(place, seen, expected) for place, seen in found.items() if seen is not None]


def _is_false(node: Node) -> bool:
    return node.text.strip().lower() in _FALSE

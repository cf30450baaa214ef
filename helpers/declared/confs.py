"""Confs: every client's is there, and FSID, monitors and keyring in it are its cluster's."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator

from helpers.declared.model import Client, Conf
from helpers.declared.sites import Declaration, Site
from helpers.nodes.config_files import BadConfigFile, parse_mon_host
from helpers.tripleo.facts import is_address
from helpers.tripleo.findings import Finding, FoundElsewhere, NotGiven


def clients(declaration: Declaration, site: Site) -> Iterator[Client]:
    """Every client that is about this site's cluster."""
    for glance in declaration.declared.glances:
        for store in glance.stores:
            if declaration.about(store) is site.cluster:
                yield store.client
    for users in (declaration.backends, declaration.computes):
        for user, cluster in users.items():
            if cluster is site.cluster and user.client is not None:
                yield user.client


def missing(declaration: Declaration, site: Site) -> list[Finding]:
    """The conf that each service names for this site's cluster is where the service reads it."""
    found, looked = [], False
    sectionless = {store.client for glance in declaration.declared.glances for store in glance.stores}
    sectionless |= {backend.client for backend in declaration.declared.backends if not backend.given}
    for client in clients(declaration, site):
        if client.holder is None or not any(holder.confs for holder in declaration.declared.holders):
            continue
        looked = True
        if declaration.clusters.of(client) not in (None, site.cluster) or (
            client.conf is None and client in sectionless
        ):
            continue  # findings of other checks
        if client.file not in client.holder.confs:
            there = ", ".join(client.holder.confs) or "none"
            seen = client.conf.shown if client.conf is not None else f"no conf, so {client.file}"
            expected = f"one of the confs in {client.holder.name}: {there}"
            expected = expected if client.holder.confs else f"{client.file} in {client.holder.name}, which has no conf"
            found.append(Finding(client.place, seen, expected, client.holder.place))
    if not looked:
        raise NotGiven(f"{site}: no confs are among the files")
    return found


def wrong_fsid(declaration: Declaration, site: Site) -> list[Finding]:
    """Every conf of this site's cluster has its FSID, which no other cluster has."""
    if not site.cluster.confs:
        raise NotGiven(f"{site}: no conf of its cluster is among the files")
    found = [
        Finding(conf.text.place, "no fsid", "fsid: the cluster's, in [global]")
        for conf in site.cluster.confs
        if (declaration.declared.defaults.secret_is_fsid or site.cluster.fsids)
        and "fsid" not in {key for options in conf.text.ceph.sections.values() for key in options}
    ]
    own = declaration.fsids.get(site.cluster)
    nodes = site.cluster.fsids
    other = next((one for one in declaration.sites if one is not site and _fsid(declaration, one) == own), None)
    if own is not None and other is not None and _keeps(declaration, other, site):
        place = other.cluster.fsids[0].place if other.cluster.fsids else None
        return [*found, Finding(nodes[0].place, nodes[0].shown, f"an FSID of {site}'s own, not {other}'s", place)]
    right = next((node.place for node in nodes if node.text.strip().lower() == own), None)
    for node in nodes:
        if node.text.strip().lower() != own:
            whose = [str(one) for one in declaration.sites if _fsid(declaration, one) == node.text.strip().lower()]
            expected = f"{own!r}, {site}'s FSID" + "".join(f" ({name} has the other)" for name in whose)
            found.append(Finding(node.place, node.shown, expected, right))
        elif not _is_uuid(node.text):
            found.append(Finding(node.place, node.shown, "an FSID, which is a UUID"))
    return found


def _fsid(declaration: Declaration, site: Site) -> str | None:
    return declaration.fsids.get(site.cluster)


def _keeps(declaration: Declaration, other: Site, site: Site) -> bool:
    """Whether of two sites with one value it is the other's: it has it in more confs, or is the first of them."""
    mine, theirs = len(site.cluster.confs), len(other.cluster.confs)
    sites = declaration.sites
    return theirs > mine or (theirs == mine and sites.index(other) < sites.index(site))


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text.strip())) == text.strip().lower()
    except ValueError:
        return False


def wrong_monitors(declaration: Declaration, site: Site) -> list[Finding]:
    """Every conf of this site's cluster has the same monitors, and none of another cluster's."""
    confs = [conf for conf in site.cluster.confs if conf.text.ceph.get("mon_host") is not None or conf.monitors]
    if not confs:
        raise NotGiven(f"{site}: no conf names the monitors of its cluster")
    found = []
    own = declaration.fsids.get(site.cluster)
    right = {conf: conf.monitors for conf in confs if conf.fsid is None or conf.fsid.text.strip().lower() == own}
    for conf in confs:
        node = conf.option("mon_host")
        try:
            parse_mon_host(node.text if node is not None else "")
        except BadConfigFile as error:
            place = node.place if node is not None else conf.text.place
            found.append(Finding(place, f"what Ceph refuses: {error}", "addresses of monitors"))
            right.pop(conf, None)
    if wrong_fsid(declaration, site) and not right:
        raise FoundElsewhere(f"{site}'s conf has another FSID")
    return found + _disagreeing(declaration, site, right)


def _disagreeing(declaration: Declaration, site: Site, confs: dict[Conf, frozenset[str]]) -> list[Finding]:
    strangers = {
        monitor: other
        for other in declaration.sites
        if other is not site and _fsid(declaration, other) != _fsid(declaration, site)
        for conf in other.cluster.confs
        for monitor in conf.monitors
    }
    votes = Counter({conf.monitors: 0 for conf in confs})
    for monitors in confs.values():
        votes[monitors] += 1
    own = max(votes, key=lambda monitors: (not monitors & strangers.keys(), votes[monitors]), default=frozenset())
    place = next((node.place for conf in confs if conf.monitors == own and (node := conf.option("mon_host"))), None)
    found = []
    for conf, monitors in confs.items():
        node = conf.option("mon_host")
        where = node.place if node is not None else conf.text.place
        if monitors != own and _comparable(monitors, own):
            found.append(Finding(where, _list(monitors), f"{_list(own)}, {site}'s monitors", place))
        elif monitors == own and monitors & strangers.keys():
            other = next(strangers[one] for one in sorted(monitors) if one in strangers)
            if _keeps(declaration, other, site):
                found.append(Finding(where, _list(monitors), f"monitors of {site}'s own, not {other}'s"))
    return found


def _comparable(monitors: frozenset[str], own: frozenset[str]) -> bool:
    """Whether both are addresses, or both are names."""
    return len({is_address(monitor) for monitor in monitors | own}) == 1


def _list(monitors: frozenset[str]) -> str:
    return ", ".join(sorted(monitors)) or "no monitor"


def wrong_keyring(declaration: Declaration, site: Site) -> list[Finding]:
    """A keyring that a conf names is a file of this site's cluster."""
    if not site.cluster.confs:
        raise NotGiven(f"{site}: no conf of its cluster is among the files")
    found = []
    for conf in site.cluster.confs:
        for section, options in conf.text.ceph.sections.items():
            node = conf.text.node(section, "keyring", options.get("keyring"))
            if node is None or "$" in node.text:
                continue
            stem = node.text.strip().rpartition("/")[2].partition(".client.")[0].removesuffix(".keyring")
            others = {name for other in declaration.sites if other is not site for name in other.cluster.stems}
            if stem != conf.stem and stem in others:
                name = node.text.strip().rpartition("/")[2].replace(stem, conf.stem, 1)
                found.append(Finding(node.place, node.shown, f"/etc/ceph/{name}, or the key is another cluster's"))
    return found

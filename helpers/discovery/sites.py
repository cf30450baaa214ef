"""Observes the machines of each site: those that are known in advance, and those that cloud and cluster name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from helpers.ceph.answers import Quorum
from helpers.ceph.cluster import Cluster
from helpers.discovery.access import Access
from helpers.discovery.cloud_view import CloudView, same_host
from helpers.discovery.found import BadInput
from helpers.discovery.node_view import NodeView, look_at
from helpers.discovery.outline import CENTRAL, Outline
from helpers.environment import Ceph, Site
from helpers.environment.values import short
from helpers.nodes.node import CommandFailed, DeadlinePassed, Node, Unreachable
from helpers.tripleo.findings import printable
from helpers.tripleo.machines import Machine

_THREADS = 32


@dataclass(frozen=True)
class Seen:
    """A machine and its report. Without an answer, `view` is None and `why` says why. `roles` are from the files."""

    name: str
    address: str
    node: Node
    roles: tuple[str, ...] = ()
    view: NodeView | None = None
    why: str = ""


@dataclass(frozen=True)
class SiteView:
    """A site with its machines. `doubtful` machines are named by the cloud or the cluster, but do not answer."""

    outline: Outline
    machines: tuple[Seen, ...]
    doubtful: tuple[Seen, ...] = ()
    quorum: Quorum | None = None
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.outline.name

    @property
    def views(self) -> tuple[NodeView, ...]:
        """The observations of the machines that answered."""
        return tuple(seen.view for seen in self.machines if seen.view is not None)

    @property
    def cluster(self) -> str | None:
        """The name of the site's own cluster, from the files, otherwise from the configuration of its services."""
        return self.outline.cluster or next((view.cluster for view in self.views if view.cluster), None)

    @property
    def storage(self) -> bool:
        """Whether the site has a cluster of its own."""
        return self.cluster is not None if self.outline.storage is None else self.outline.storage

    @property
    def fsid(self) -> str | None:
        """The FSID of the site's cluster, from the files, otherwise from the cluster, otherwise from its clients."""
        said = self.quorum.fsid if self.quorum else None
        told = (view.fsid for view in self.views if view.fsid and view.cluster == self.cluster)
        return self.outline.fsid or said or next(told, None)

    def with_role(self, role: str) -> tuple[Seen, ...]:
        """The machines that report this role."""
        return tuple(seen for seen in self.machines if seen.view is not None and role in seen.view.roles)


def look(outlines: Sequence[Outline], cloud: CloudView, access: Access, *, allow_unreachable: bool) -> list[SiteView]:
    """Observe every machine of all sites in parallel, then the machines that were found on the way.

    :raises BadInput: a machine of the files or options does not answer, and `allow_unreachable` is not set
    """
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        sites = [SiteView(outline, ()) for outline in outlines]
        started = [
            [pool.submit(_first_look, machine, outline.name, access) for machine in outline.machines]
            for outline in outlines
        ]
        looked = [tuple(one.result() for one in ones) for ones in started]
        sites = [replace(site, machines=machines) for site, machines in zip(sites, looked, strict=True)]
        silent = [seen.why for site in sites for seen in site.machines if seen.view is None]
        if silent and not allow_unreachable:
            raise BadInput("\n".join(silent))
        sites = list(pool.map(_with_quorum, sites))
        zones = Counter(zone for site in sites for zone in _zones(site, cloud))
        more = [pool.submit(_with_others, site, cloud, access, zones) for site in sites]
        return [one.result() for one in more]


def _first_look(machine: Machine, site: str, access: Access) -> Seen:
    given = machine.address or machine.name
    node = access.node(machine.name, given, site)
    try:
        view = look_at(node)
    except Unreachable as error:
        return Seen(machine.name, given, node, machine.roles, why=str(error))
    if machine.name == machine.address:  # it was given by hand, under a name of ssh_config
        return Seen(view.hostname, access.address(given, view.hostname), node, machine.roles, view)
    return Seen(machine.name, given, node, machine.roles, view)


def _with_quorum(site: SiteView) -> SiteView:
    """Add the cluster's own answer about its FSID and monitors."""
    if not site.storage or site.cluster is None:
        return site
    try:
        spec = Ceph(cluster=site.cluster)
    except ValueError:
        problem = f"site {site.name}: {site.cluster!r} is not a name of a Ceph cluster; correct its files"
        raise BadInput(problem) from None
    mons = [seen.node for seen in site.with_role("ceph-mon")]
    if not mons:
        return site
    try:
        at = Site(site.name, False, "", None, None, None, None, spec)
        quorum = Cluster(at, mons).quorum()
        unknown = (mon.name for mon in quorum.mons if not mon.hosts)
        nowhere = [f"cluster {site.cluster}: monitor {name} has no address in the cluster's map" for name in unknown]
        return replace(site, quorum=quorum, remarks=(*site.remarks, *nowhere))
    except (CommandFailed, DeadlinePassed, Unreachable) as error:
        return replace(site, remarks=(*site.remarks, f"cluster {site.cluster}: {printable(str(error))}"))


def _zones(site: SiteView, cloud: CloudView) -> set[str]:
    """The availability zones of the site's compute nodes."""
    return {cloud.zones[short(seen.name)] for seen in site.machines if short(seen.name) in cloud.zones}


def _with_others(site: SiteView, cloud: CloudView, access: Access, zones: Counter[str]) -> SiteView:
    """Add machines to a site without an inventory: its monitors, and the compute nodes of zones that only it has."""
    if site.outline.complete:
        return site
    candidates: dict[str, list[str]] = {}
    for zone in _zones(site, cloud):
        for host in [host for host, of in cloud.zones.items() if of == zone and zones[zone] == 1]:
            candidates.setdefault(host, []).append(cloud.addresses.get(host, host))
    for mon in site.quorum.mons if site.quorum else ():
        if mon.hosts:
            candidates.setdefault(short(mon.name), []).extend(sorted(mon.hosts))
    if site.quorum is None and not site.with_role("ceph-mon"):
        for address in sorted({host for view in site.views for host in view.mon_hosts}):
            candidates.setdefault(address, []).append(address)
    if _runs_control_plane(site, cloud):
        for host in cloud.controllers:
            candidates.setdefault(host, []).append(cloud.addresses.get(host, host))
    known = {short(seen.name) for seen in site.machines} | {seen.address for seen in site.machines}
    found, doubtful = list(site.machines), []
    for name, addresses in candidates.items():
        if name in known:
            continue
        seen = _second_look(name, addresses, site.name, access)
        if seen.view is None:
            doubtful.append(seen)
        elif short(seen.name) not in known:
            known |= {short(seen.name), seen.address}
            found.append(seen)
    ordered = sorted(found[len(site.machines) :], key=lambda seen: seen.name)
    site = replace(site, machines=(*site.machines, *ordered), doubtful=tuple(doubtful))
    return site if site.quorum else _with_quorum(site)


def _second_look(name: str, addresses: Sequence[str], site: str, access: Access) -> Seen:
    """Observe a machine that the cloud or the cluster names, at the first of its addresses that answers."""
    why, last = "", access.node(name, name, site)
    for address in dict.fromkeys((access.leads(name) or addresses[0], *addresses)):
        last = access.node(name, address, site)
        try:
            view = look_at(last)
        except Unreachable as error:
            why = why or str(error)
            continue
        return Seen(view.hostname, address, last, view=view)
    return Seen(name, addresses[0], last, why=why)


def _runs_control_plane(site: SiteView, cloud: CloudView) -> bool:
    named = {short(seen.name) for seen in site.machines}
    return bool(site.with_role("nova-api") or site.with_role("keystone") or named & set(cloud.controllers))


def central_of(sites: Sequence[SiteView], cloud: CloudView, given: str | None) -> str:
    """Return the name of the central site: as given, from the files, by its control plane, or by its name.

    :raises BadInput: it cannot be determined, or there is no such site
    """
    names = [site.name for site in sites]
    if given is not None and given not in names:
        raise BadInput(f"--central: no site {given}; sites here: {', '.join(names)}")
    by_files = [site.name for site in sites if site.outline.central]
    hosts = [host for host in (cloud.identity_host, _host(cloud.image_url)) if host]
    running = [
        site.name
        for site in sites
        if _runs_control_plane(site, cloud)
        or any(same_host(host, seen.address) for host in hosts for seen in site.machines)
    ]
    for found in ([given] if given else [], by_files, running, [name for name in names if name == CENTRAL]):
        if len(found) == 1:
            return found[0]
    raise BadInput(f"which of {', '.join(names)} is the central site cannot be told; give --central SITE")


def _host(url: str | None) -> str | None:
    return url.split("//")[-1].split("/")[0].rpartition(":")[0] if url else None

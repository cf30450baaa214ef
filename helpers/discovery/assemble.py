"""Combines what the files, the cloud and the machines say into the sites that an environment file declares.

FSIDs link stores to sites: a Glance configuration names a cluster's conf, and that conf holds the FSID.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import get_args
from urllib.parse import urlsplit

from helpers.ceph.ways import find_adapter
from helpers.discovery.access import Access
from helpers.discovery.cloud_view import Ask, CloudView, same_host
from helpers.discovery.found import Discovery, FoundCeph, FoundNode, FoundSite
from helpers.discovery.node_view import SERVICES, NodeView, StoreConfig
from helpers.discovery.outline import Outline
from helpers.discovery.sites import Seen, SiteView, central_of, look
from helpers.environment import Ceph, Role, Services
from helpers.environment.values import short
from helpers.nodes.containers import ALSO_CALLED
from helpers.nodes.node import CommandFailed, DeadlinePassed, Unreachable
from helpers.openstack.records import Store

_GLANCE_PORT = 9292
_MOST_URLS = 6


def discover(
    outlines: Sequence[Outline],
    ask: Ask,
    access: Access,
    *,
    central: str | None = None,
    allow_unreachable: bool = False,
) -> Discovery:
    """Query the cloud and every machine, without changing anything.

    :param central: the central site, where nothing else tells
    :param allow_unreachable: continue without machines that do not answer, relying on the files
    :raises BadInput: a machine does not answer, or the central site cannot be determined
    """
    cloud = ask.view()
    sites = look(outlines, cloud, access, allow_unreachable=allow_unreachable)
    middle = central_of(sites, cloud, central)
    sites = sorted(sites, key=lambda site: site.name != middle)
    with ThreadPoolExecutor(max_workers=16) as pool:
        glances = list(pool.map(lambda site: _glance(site, site.name == middle, cloud, ask), sites))
    at_central = glances[0]
    clients = _clients(sites, glances)
    found = [
        _Site(site, glance, sites[0], at_central, cloud, clients) for site, glance in zip(sites, glances, strict=True)
    ]
    remarks = (*ask.remarks, *_unknown_stores(sites, at_central))
    services, mixed = _services([view for site in sites for view in site.views])
    return Discovery(
        sites=tuple(one.found() for one in found),
        services=services,
        flavors=cloud.flavors,
        networks=cloud.networks,
        remarks=tuple(dict.fromkeys((*remarks, *mixed))),
    )


@dataclass(frozen=True)
class _Glance:
    """A site's Glance: its address, the stores that its API lists (None: no answer), and those in its configuration."""

    url: str | None = None
    listed: tuple[Store, ...] | None = None
    config: Mapping[str, StoreConfig] = field(default_factory=dict)
    default: str | None = None

    def store_with(self, fsid: str | None) -> str | None:
        """The id of the store on the cluster with this FSID, among the stores that the API lists, if it answers."""
        ids = [store.id for store in self.listed] if self.listed is not None else list(self.config)
        tied = [id for id in ids if id in self.config and fsid is not None and self.config[id].fsid == fsid]
        # of two such stores, the default store is the site's own
        return next((id for id in tied if id == self.default), tied[0] if tied else None)


def _glance(site: SiteView, central: bool, cloud: CloudView, ask: Ask) -> _Glance:
    """Return a site's Glance. Central's URL is in the catalog; others are in the configuration of Glance or Nova."""
    if not site.storage:
        return _Glance()
    views = [seen.view for seen in site.with_role("glance") if seen.view is not None]
    config = {id: store for view in reversed(views) for id, store in view.stores.items()}
    default = next((view.default_store for view in views if view.default_store), None)
    urls = [url.rstrip("/") for view in (*views, *site.views) for url in view.glance_urls]
    if central:
        urls = [*([cloud.image_url] if cloud.image_url else []), *urls]
    else:
        urls = [url for url in urls if url != cloud.image_url]
    urls += [f"http://{seen.address}:{_GLANCE_PORT}" for seen in site.with_role("glance")]
    urls = list(dict.fromkeys(urls))[:_MOST_URLS]
    for url in urls:
        listed = ask.stores(site.name, url)
        answers = listed is not None and (default is None or any(s.id == default and s.default for s in listed))
        if answers:
            return _Glance(url, listed, config, default)
    return _Glance(urls[0] if urls else None, None, config, default)


@dataclass(frozen=True)
class _Site:
    """One site while it is assembled."""

    view: SiteView
    glance: _Glance
    central: SiteView
    at_central: _Glance
    cloud: CloudView
    clients: Mapping[str, str]
    gaps: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def _is_central(self) -> bool:
        return self.view is self.central

    def found(self) -> FoundSite:
        """Return the site as an environment file declares it."""
        self.remarks.extend(self.view.remarks)
        self.remarks.extend(remark for view in self.view.views for remark in view.remarks)
        zone = self._zone()
        nodes = self._nodes()
        if not nodes:
            self.gaps["nodes"] = "no machine is known: NODE: {address: …, roles: […]}"
        bare = FoundSite(self.view.name, self._is_central, zone, nodes=nodes)
        if not self.view.storage:
            return replace(bare, gaps=self.gaps, remarks=tuple(self.remarks))
        ceph = self._ceph()
        store, local, centrals = self._stores()
        if self.glance.url is None:
            self.gaps["glance"] = "the site's own Glance, for example http://ADDRESS:9292"
        elif self.glance.listed is None:
            self.remarks.append(f"Glance at {self.glance.url} gave no answer that fits its configuration")
        return replace(
            bare,
            glance=self.glance.url,
            store=store,
            local_store=local,
            central_store=centrals,
            cinder_cluster=self._cinder_cluster(),
            ceph=ceph,
            gaps=self.gaps,
            remarks=tuple(self.remarks),
        )

    # zones

    def _zone(self) -> str | None:
        names = {short(seen.name) for seen in self.view.machines}
        computes = {self.cloud.zones[name] for name in names if name in self.cloud.zones}
        volumes = {view.zone for view in self.view.views if view.zone}
        volumes |= {self.cloud.volume_zones[name] for name in names if name in self.cloud.volume_zones}
        answered = computes or volumes
        declared = self.view.outline.zone
        if declared is not None:
            if computes and computes != {declared}:
                self.remarks.append(f"the files say zone {declared}, its compute nodes are in {_list(computes)}")
            return declared
        if len(answered) == 1:
            return next(iter(answered))
        found = f"its machines are in several: {_list(answered)}" if answered else "none of its machines is in one"
        self.gaps["availability_zone"] = f"the site's availability zone; {found}"
        return None

    def _cinder_cluster(self) -> str | None:
        """The cluster of the site's volume services, or `none`, where it is not the default; None for the default."""
        names = {short(seen.name) for seen in self.view.machines}
        clusters = {cluster for host, cluster in self.cloud.volume_clusters.items() if host in names}
        if len(clusters) != 1 or clusters == {None if self._is_central else self.view.name}:
            return None
        return clusters.pop() or "none"

    # nodes

    def _nodes(self) -> tuple[FoundNode, ...]:
        found = [FoundNode(seen.name, seen.address, self._roles(seen)) for seen in self.view.machines]
        found += [FoundNode(seen.name, seen.address, (), doubt=seen.why) for seen in self.view.doubtful]
        self.remarks.extend(
            f"{seen.why}; its roles are those of the inventory" for seen in self.view.machines if seen.view is None
        )
        return tuple(found)

    def _roles(self, seen: Seen) -> tuple[str, ...]:
        """What runs there, according to its containers and to the cloud."""
        roles = set(seen.view.roles) if seen.view is not None else set(seen.roles)
        if short(seen.name) in self.cloud.zones:
            roles.add("compute")
        if same_host(self.cloud.identity_host, seen.address):
            roles.add("keystone")
        if self.glance.url is not None and not self.view.with_role("glance"):
            roles |= {"glance"} if same_host(urlsplit(self.glance.url).hostname, seen.address) else set()
        return tuple(role for role in get_args(Role) if role in roles)

    # cluster

    def _ceph(self) -> FoundCeph | None:
        view = self.view
        if view.cluster is None:
            self.gaps["ceph"] = "{cluster: NAME}, as in /etc/ceph/NAME.conf"
            return None
        self._compare_fsids()
        runtime, container = self._runtime(view.cluster)
        pools: dict[str, str] = {}
        for one in view.views:
            pools = {**one.pools, **pools}
        quorum = sum(bool(mon.hosts) for mon in view.quorum.mons) if view.quorum else None
        if view.outline.monitors and quorum and view.outline.monitors != quorum:
            self.remarks.append(f"the inventory has {view.outline.monitors} monitors, the cluster {quorum}")
        return FoundCeph(
            cluster=view.cluster,
            fsid=view.fsid,
            monitors=view.outline.monitors or quorum,
            runtime=runtime,
            mon_container=container,
            pools=pools,
            client=view.outline.client or self.clients.get(view.fsid or ""),
        )

    def _compare_fsids(self) -> None:
        said = {"the files": self.view.outline.fsid, "the cluster": self.view.quorum.fsid if self.view.quorum else None}
        said |= {f"{v.hostname}'s conf": v.fsid for v in self.view.views if v.cluster == self.view.cluster}
        known = {who: fsid for who, fsid in said.items() if fsid}
        if len(set(known.values())) > 1:
            self.remarks.append("FSIDs differ: " + ", ".join(f"{who} {fsid}" for who, fsid in known.items()))

    def _runtime(self, cluster: str) -> tuple[str | None, str | None]:
        """The runtime of the cluster's commands, as detected on the first monitor where that succeeds."""
        for seen in self.view.with_role("ceph-mon"):
            try:
                adapter = find_adapter(seen.node, Ceph(cluster=cluster), Services.model_validate({}))
                hostname = seen.node.hostname
            except (CommandFailed, DeadlinePassed, Unreachable):
                continue
            if adapter.runtime not in {"podman", "docker"}:
                return adapter.runtime, None
            return adapter.runtime, adapter.prefix[-1].replace(hostname, "{hostname}")
        self.remarks.append("no monitor was found on its machines, so how `ceph` and `rbd` run there is to be detected")
        return None, None

    # stores

    def _stores(self) -> tuple[str | None, str | None, str | None]:
        """The ids of its store in central's Glance and in its own Glance, and of central's store in its own Glance."""
        outline, fsid = self.view.outline, self.view.fsid
        if self._is_central:
            own = self._store("store", outline.store, self.glance, fsid, "central's own store at central's Glance")
            return own, None, None
        store = self._store("store", outline.store, self.at_central, fsid, "the site's store at central's Glance")
        local = self._store("local_store", outline.local_store, self.glance, fsid, "its store at its own Glance")
        back = self._store(
            "central_store", outline.central_store, self.glance, self.central.fsid, "central's store at its own Glance"
        )
        return store, local, back

    def _store(self, key: str, declared: str | None, glance: _Glance, fsid: str | None, what: str) -> str | None:
        tied = glance.store_with(fsid)
        listed = [store.id for store in glance.listed] if glance.listed is not None else None
        if declared is not None:
            if tied is not None and tied != declared:
                self.remarks.append(f"{key}: the files say {declared}, by FSID {fsid} it is {tied}")
            if listed is not None and declared not in listed:
                self.remarks.append(f"{key}: the files say {declared}, stores there: {', '.join(listed)}")
            return declared
        if tied is None:
            there = f"; stores there: {', '.join(listed)}" if listed else ""
            self.gaps[key] = f"{what}: none could be tied to FSID {fsid or 'unknown'}{there}"
        return tied


def _clients(sites: Sequence[SiteView], glances: Sequence[_Glance]) -> dict[str, str]:
    """FSID → the cephx user with which the Glances of other sites use that cluster."""
    return {
        store.fsid: store.user
        for site, glance in zip(sites, glances, strict=True)
        for store in glance.config.values()
        if store.fsid is not None and store.user is not None and store.fsid != site.fsid
    }


def _unknown_stores(sites: Sequence[SiteView], at_central: _Glance) -> list[str]:
    """Remarks on central's RBD stores whose cluster belongs to no known site: a site is missing or a store is wrong."""
    known = {site.fsid for site in sites}
    return [
        f"central's Glance has store {store.id} on a cluster with FSID {store.fsid}, which is no site's here"
        for store in at_central.config.values()
        if store.type == "rbd" and store.fsid is not None and store.fsid not in known
    ]


def _services(views: Sequence[NodeView]) -> tuple[dict[str, str | None], list[str]]:
    """The containers whose names differ from TripleO's, where all machines agree; and remarks where they do not."""
    services: dict[str, str | None] = {}
    remarks = []
    for service, (_, usual, _) in SERVICES.items():
        names = {view.services[service] for view in views if service in view.services}
        bundle, called = usual.replace("_", "-"), (usual, *ALSO_CALLED.get(usual, ()))
        if all(name is not None and (name in called or f"{bundle}-" in name) for name in names):
            continue
        if len(names) == 1:
            services[service] = next(iter(names))
        else:
            remarks.append(f"{service} runs in containers of several names: {_list(map(str, names))}")
    return services, remarks


def _list(values: object) -> str:
    return ", ".join(sorted(map(str, values)))  # type: ignore[call-overload]

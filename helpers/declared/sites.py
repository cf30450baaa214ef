"""The sites of a declaration, and the cluster that each store, backend and compute is about.

All values of a section count, so that one wrong value is only that value's mistake: a volume backend called az1, with
the zone az1 and the conf az2.conf, is az1's backend with a wrong conf.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from helpers.declared.clusters import Cluster, Clusters, chosen
from helpers.declared.model import Backend, Compute, Declared, GlanceService, StoreSection
from helpers.declared.names import GENERIC, longest
from helpers.tripleo.findings import NotGiven
from helpers.tripleo.loader import Node

_ENDPOINT = re.compile(r"https?://(?:\[([^\]]+)\]|([^:/\s,\]]+))")
_GLANCE_HOST = re.compile(r"glance-(.+?)-(?:internal|public|single|edge)\b.*")


@dataclass(frozen=True, eq=False, repr=False)
class Site:
    """A site: its cluster, and what is about it."""

    name: str
    cluster: Cluster
    central: bool

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<site {self.name}>"


class Declaration:
    """A deployment's files as its checks see them."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.clusters = Clusters(declared)
        for store, cluster in self._preferred.items():
            cluster.stores.append(store)

    # --- stores

    @cached_property
    def local_ids(self) -> frozenset[str]:
        """The ids by which several Glances call a store of their own, such as `default_backend`."""
        found: dict[str, set[Cluster]] = defaultdict(set)
        for glance in self.declared.glances:
            for store in glance.stores:
                cluster = self.clusters.of(store.client)
                if glance.default is not None and store.id == glance.default.text.strip() and cluster is not None:
                    found[store.id].add(cluster)
        return frozenset(
            store
            for store, clusters in found.items()
            if len(clusters) > 1 and not any(store in one.stems for one in clusters)
        )

    @cached_property
    def _preferred(self) -> Mapping[str, Cluster]:
        """Store id → the cluster that it is on: in most Glances, otherwise by its name."""
        votes: Counter[tuple[str, Cluster]] = Counter()
        for glance in self.declared.glances:
            for store in glance.stores:
                cluster = self._read(store)
                if cluster is not None and store.id not in self.local_ids:
                    votes[store.id, cluster] += 1
        stems = {stem for cluster in self.clusters.all for stem in cluster.stems} - GENERIC
        for name in {name for name, _ in votes}:
            called = name if name in stems else longest(stems, name)
            votes.update((name, cluster) for cluster in self.clusters.all if called in cluster.stems)
        found: dict[str, Cluster] = {}
        by_votes = sorted(votes, key=lambda pair: -votes[pair])
        for name, cluster in by_votes:
            if name not in found and cluster not in found.values():
                found[name] = cluster
        for name, cluster in by_votes:  # several stores may be on one cluster
            found.setdefault(name, cluster)
        return found

    def about(self, store: StoreSection) -> Cluster | None:
        """The cluster that a store is meant to be on."""
        return self._preferred.get(store.id) or self._read(store)

    def _read(self, store: StoreSection) -> Cluster | None:
        """The cluster that a store's section says; a store without a section says none."""
        return self.clusters.of(store.client) if store.given or store.client.conf is not None else None

    def listed(self, glance: GlanceService) -> list[Cluster]:
        """The clusters that a Glance has stores on."""
        found = [self.about(store) for store in glance.stores]
        return [cluster for cluster in found if cluster is not None]

    # --- Glances

    @cached_property
    def central(self) -> Cluster | None:
        """The central site's cluster: that of the central Glance's own store, which most Glances have a store on."""
        votes: Counter[Cluster] = Counter()
        for glance in self.declared.glances:
            votes.update({cluster: 2 for cluster in set(self.listed(glance))})
            if glance.central:
                default = self._default(glance)
                votes.update([default] if default is not None else [])
                named = self._called(glance.name)
                votes.update([named] * 3 if named is not None else [])
        order = self.clusters.all
        return max(votes, key=lambda cluster: (votes[cluster], -order.index(cluster)), default=None)

    def _default(self, glance: GlanceService) -> Cluster | None:
        default = glance.default.text.strip() if glance.default is not None else ""
        return next((self.about(store) for store in glance.stores if store.id == default), None)

    @cached_property
    def own(self) -> Mapping[GlanceService, Cluster | None]:
        """Glance → its own cluster. None: it has no store of its own."""
        return {glance: self._own(glance) for glance in self.declared.glances}

    def _own(self, glance: GlanceService) -> Cluster | None:
        if glance.central:
            return self.central
        named = self._called(glance.name)
        if named is not None and named is not self.central:
            return named
        default = self._default(glance)
        if default is not None and default is not self.central:
            return default
        others = {cluster for cluster in self.listed(glance) if cluster is not self.central}
        return others.pop() if len(others) == 1 else None

    def glances(self, cluster: Cluster) -> list[GlanceService]:
        """The Glances of a site, otherwise the central one, which such a site shares."""
        own = [glance for glance, its in self.own.items() if its is cluster]
        return own or [glance for glance in self.declared.glances if glance.central]

    def reached(self, endpoint: Node) -> list[GlanceService]:
        """The Glances that URLs lead to."""
        found = []
        for match in _ENDPOINT.finditer(endpoint.text):
            host = match[1] or match[2]
            service = _GLANCE_HOST.fullmatch(host)
            name = service[1] if service else None
            found += [one for one in self.declared.glances if one.name == name or host in one.addresses]
        return found

    # --- who uses a cluster

    def _called(self, text: str) -> Cluster | None:
        """The cluster with a name that is in a text."""
        names = {name: cluster for cluster in self.clusters.all for name in cluster.names}
        name = longest(names, text)
        return names[name] if name is not None else None

    def named(self, text: str) -> Cluster | None:
        """The cluster with a name that is in a text such as `ceph-nova-az1`."""
        return self._called(text)

    def _by_secret(self, secret: Node | None) -> Cluster | None:
        if secret is None or not self.declared.defaults.secret_is_fsid:
            return None
        text = secret.text.strip().lower()
        return next(
            (one for one in self.clusters.all if text in {node.text.strip().lower() for node in one.fsids}), None
        )

    def _by_glance(self, endpoint: Node | None) -> Cluster | None:
        reached = self.reached(endpoint) if endpoint is not None else []
        return self.own[reached[0]] if len(reached) == 1 else None

    @cached_property
    def backends(self) -> Mapping[Backend, Cluster | None]:
        """Backend → the cluster of its site."""
        found = {}
        for backend in self.declared.backends:
            told = [self.clusters.of(backend.client), *map(self._called, backend.called)]
            told += [self._called(node.text) for node in (backend.zone, backend.cluster) if node is not None]
            found[backend] = _most([*told, self._by_secret(backend.secret), self._by_glance(backend.glance)])
        return found

    @cached_property
    def computes(self) -> Mapping[Compute, Cluster | None]:
        """Compute → the cluster of its site."""
        found = {}
        for compute in self.declared.computes:
            told = [self.clusters.of(compute.client)] if compute.client is not None else []
            told += [*map(self._called, compute.called)]
            told += [self._called(compute.store.text)] if compute.store is not None else []
            found[compute] = _most([*told, self._by_secret(compute.secret), self._by_glance(compute.glance)])
        return found

    # --- sites

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Central first, and every other cluster that a service of the deployment uses."""
        used = [cluster for glance in self.declared.glances for cluster in (*self.listed(glance), self.own[glance])]
        used += [*self.backends.values(), *self.computes.values()]
        clusters = dict.fromkeys(cluster for cluster in used if cluster is not None)
        names = Counter(cluster.name for cluster in clusters)
        sites = [
            Site(f"{one.name}-{i}" if names[one.name] > 1 else one.name, one, one is self.central)
            for i, one in enumerate(clusters)
        ]
        return tuple(sorted(sites, key=lambda site: (not site.central, _natural(site.name))))

    def site(self, name: str) -> Site:
        """The site of that name. LookupError: there is none."""
        for site in self.sites:
            if site.name == name:
                return site
        raise LookupError(f"no site {name}; there are: {', '.join(map(str, self.sites))}")

    def name_of(self, cluster: Cluster | None) -> str:
        """How a message calls the site of a cluster."""
        return next((site.name for site in self.sites if site.cluster is cluster), "no site")

    @property
    def several(self) -> bool:
        """Whether there is more than one site, so that images and volumes have a place."""
        return len(self.sites) > 1

    # --- values of which one is a cluster's

    @cached_property
    def fsids(self) -> Mapping[Cluster, str]:
        """Cluster → its FSID: what most of its confs say, and the secrets that have it for their UUID."""
        candidates = {cluster: Counter(_texts(cluster.fsids)) for cluster in self.clusters.all}
        if self.declared.defaults.secret_is_fsid:
            for users in (self.backends, self.computes):
                for user, cluster in users.items():
                    if user.secret is not None and cluster is not None and cluster.confs:
                        candidates[cluster].update(_texts([user.secret]))
        return chosen(candidates)

    @cached_property
    def keys(self) -> Mapping[str, Mapping[Cluster, str]]:
        """Entity → cluster → its key."""
        entities = {entity for cluster in self.clusters.all for entity in cluster.keys}
        return {
            entity: chosen(
                {
                    cluster: Counter(node.text for node in cluster.keys[entity])
                    for cluster in self.clusters.all
                    if entity in cluster.keys
                }
            )
            for entity in entities
        }

    def check_several(self, what: str) -> None:
        """For who compares sites with each other.

        :raises NotGiven: there is one site only
        """
        if not self.several:
            raise NotGiven(f"one site only: {what}")


def _most(told: Iterable[Cluster | None]) -> Cluster | None:
    """The cluster that most values tell; of several, the one that is told first."""
    votes = Counter(cluster for cluster in told if cluster is not None)
    return max(votes, key=lambda cluster: votes[cluster], default=None)


def _texts(nodes: Iterable[Node]) -> list[str]:
    return [node.text.strip().lower() for node in nodes]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]

"""The clusters of a declaration: which of its confs and keyrings are about the same cluster."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from helpers.declared.model import Client, Conf, Declared, Holder, KeyringFile
from helpers.declared.names import GENERIC
from helpers.tripleo.loader import Node


@dataclass(eq=False, repr=False)
class Cluster:
    """A cluster: the names of its conf files, the confs, the keys of each entity, and the stores that are on it.

    Without a conf among the files, a cluster is known by the name of the file that its clients read.
    """

    stems: set[str] = field(default_factory=set)
    confs: list[Conf] = field(default_factory=list)
    keys: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    stores: list[str] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        """The names by which a zone or a service may be called after it."""
        return frozenset({*self.stems, *self.stores} - GENERIC)

    @property
    def name(self) -> str:
        """The conf's name, unless it is one that any cluster has."""
        told = [
            *sorted(self.stems - GENERIC),
            *(store for store in self.stores if store not in GENERIC),
            *sorted(self.stems),
        ]
        return told[0]

    @property
    def fsids(self) -> list[Node]:
        return [node for conf in self.confs if (node := conf.fsid) is not None]


class Clusters:
    """All clusters, and the one of each client."""

    def __init__(self, declared: Declared) -> None:
        self._holders: dict[Conf, list[Holder]] = defaultdict(list)
        for holder in declared.holders:
            for conf in holder.confs.values():
                self._holders[conf].append(holder)
        self.all = [cluster for confs in _by_stem(declared.holders) for cluster in self._told_apart(confs)]
        self._of: dict[Conf, Cluster] = {}
        together = [
            [found for store in glance.stores if (found := self.of(store.client)) is not None]
            for glance in declared.glances
        ]
        self._join_aliases(together)
        for client in declared.clients:
            stem = client.file.removesuffix(".conf")
            if self.of(client) is None and client.holder is None and not any(stem in one.stems for one in self.all):
                self.all.append(Cluster({stem}))
        self._add_keys(declared.holders)
        self._of = {conf: cluster for cluster in self.all for conf in cluster.confs}

    def of(self, client: Client) -> Cluster | None:
        """The cluster whose conf the client reads, or None: no conf of that name is where it reads, or several are."""
        conf = client.holder.confs.get(client.file) if client.holder is not None else None
        if conf is not None:
            return self._of[conf] if self._of else next(one for one in self.all if conf in one.confs)
        stem = client.file.removesuffix(".conf")
        called = [cluster for cluster in self.all if stem in cluster.stems]
        return called[0] if len(called) == 1 else None

    def _told_apart(self, confs: list[Conf]) -> list[Cluster]:
        """Confs of one name are one cluster's, unless they have nothing in common, and nothing of another cluster."""
        found: list[tuple[set[object], list[Conf]]] = []
        for conf in confs:
            evidence = self._evidence(conf)
            same = [part for part in found if part[0] & evidence or not part[0] or not evidence]
            joined: set[object] = evidence.union(*(part[0] for part in same))
            found = [part for part in found if part not in same]
            found.append((joined, [one for part in same for one in part[1]] + [conf]))
        found.sort(key=lambda part: -len(part[1]))
        first = Cluster({confs[0].stem}, list(found[0][1]))
        clusters = [first]
        for _, others in found[1:]:
            if any(self._copied(conf) for conf in others):
                first.confs += others
            else:
                clusters.append(Cluster({confs[0].stem}, others))
        return clusters

    def _evidence(self, conf: Conf) -> set[object]:
        fsid = conf.fsid
        keys = [key for one in self._keyrings(conf) for key in one.keys.items()]
        told = {("fsid", fsid.text.strip()) if fsid else None, conf.monitors or None}
        return {("key", entity, key.text) for entity, key in keys} | (told - {None})

    def _copied(self, conf: Conf) -> bool:
        """Whether the conf has the FSID of another one in the same folder."""
        beside = [other for holder in self._holders[conf] for other in holder.confs.values()]
        others = [other for other in beside if other is not conf]
        fsid = conf.fsid
        return fsid is not None and fsid.text.strip() in {other.fsid.text.strip() for other in others if other.fsid}

    def _join_aliases(self, together: Iterable[Collection[Cluster]]) -> None:
        """A cluster may have confs under several names, if no Glance has a store on each of them."""
        used = [set(clusters) for clusters in together]
        for cluster in list(self.all):
            for other in self.all[: self.all.index(cluster)]:
                apart = any({cluster, other} <= clusters for clusters in used)
                if not apart and _same(cluster, other) and not self._keys_differ(cluster, other):
                    other.stems |= cluster.stems
                    other.confs += cluster.confs
                    self.all.remove(cluster)
                    break

    def _keys_differ(self, cluster: Cluster, other: Cluster) -> bool:
        mine, theirs = self._keys_of(cluster), self._keys_of(other)
        return any(mine[entity] != theirs[entity] for entity in mine.keys() & theirs.keys())

    def _keys_of(self, cluster: Cluster) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for conf in cluster.confs:
            for keyring in self._keyrings(conf):
                for entity, key in keyring.keys.items():
                    found[entity].add(key.text)
        return found

    def _keyrings(self, conf: Conf) -> list[KeyringFile]:
        """The keyrings of a conf's cluster that lie beside it."""
        beside = [keyring for holder in self._holders[conf] for keyring in holder.keyrings.values()]
        return [keyring for keyring in dict.fromkeys(beside) if keyring.name.startswith(f"{conf.stem}.")]

    def _add_keys(self, holders: Iterable[Holder]) -> None:
        known: set[KeyringFile] = set()
        for holder in holders:
            for keyring in holder.keyrings.values():
                if keyring in known:
                    continue
                known.add(keyring)
                stem = keyring.name.partition(".client.")[0].removesuffix(".keyring")
                conf = holder.confs.get(f"{stem}.conf")
                named = [one for one in self.all if (conf in one.confs if conf else stem in one.stems)]
                told = re.search(r"\.(client\..+)\.keyring$", keyring.name)
                if len(named) != 1 or (told is not None and told[1] not in keyring.keys):
                    continue  # a file without the key that it is called after is a finding of another check
                for entity, key in keyring.keys.items():
                    named[0].keys[entity].append(key)


def _by_stem(holders: Iterable[Holder]) -> list[list[Conf]]:
    found: dict[str, list[Conf]] = defaultdict(list)
    for holder in holders:
        for conf in holder.confs.values():
            found[conf.stem].append(conf)
    return [list(dict.fromkeys(confs)) for confs in found.values()]


def _same(cluster: Cluster, other: Cluster) -> bool:
    """Whether both have an FSID and a monitor in common."""
    fsids = [{node.text.strip() for node in one.fsids} for one in (cluster, other)]
    monitors = [frozenset().union(*(conf.monitors for conf in one.confs)) for one in (cluster, other)]
    return bool(fsids[0] & fsids[1]) and bool(monitors[0] & monitors[1])


def chosen(candidates: Mapping[Cluster, Counter[str]]) -> dict[Cluster, str]:
    """Each cluster's own of several values that its files give: the most frequent, and no other cluster's."""
    owners: dict[str, Cluster] = {}
    for cluster, votes in candidates.items():
        for value, number in votes.items():
            if value not in owners or number > candidates[owners[value]][value]:
                owners[value] = cluster
    found = {}
    for cluster, votes in candidates.items():
        own = [value for value in votes if owners[value] is cluster] or list(votes)
        if own:
            found[cluster] = max(own, key=lambda value: votes[value])
    return found

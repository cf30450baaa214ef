"""A site's Ceph cluster: identity, health, keys, what its pools hold; every answer has the command that shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from helpers.ceph import rbd
from helpers.ceph.answers import (
    Auth,
    ClusterIdentity,
    Health,
    KeyFingerprint,
    PoolReads,
    Quorum,
    parse_auth,
    parse_health,
    parse_quorum,
)
from helpers.ceph.asking import Asker, BadAnswer, NoSuchPool
from helpers.ceph.rbd import ContentHash, ImageNames, PoolListing, Trash, TrashEntry, Usage
from helpers.ceph.ways import Adapter
from helpers.environment import Ceph, Pools, Site
from helpers.nodes.fingerprints import digest_of, parse_digest
from helpers.nodes.node import CommandFailed, Completed, Runner

# reading a large image to its end takes longer than any other command
_EXPORT_DEADLINE = 900.0
_MOST_LISTINGS = 6
_REMOVED_MEANWHILE = re.compile(r"error opening [^:']+: \(2\) No such file or directory")


@dataclass(frozen=True)
class Look:
    """A pool at one moment: its cluster's FSID, what it holds, and the names in its trash if that was looked into."""

    fsid: str
    listing: PoolListing
    trash: frozenset[str] = frozenset()


class Cluster:
    """A Ceph cluster, asked on the first of `nodes` that answers; thread-safe.

    :param site: the site whose cluster it is; it has storage
    :param nodes: the nodes that can ask it, those with a mon
    :param adapter: how every node runs `ceph` and `rbd`; else found out per node when first asked
    """

    def __init__(self, site: Site, nodes: Sequence[Runner], adapter: Adapter | None = None) -> None:
        if site.ceph is None:
            raise ValueError(f"site {site} has no storage")
        self.site = site
        self.spec: Ceph = site.ceph
        self.name: str = site.ceph.cluster
        self.pools: Pools = site.ceph.pools
        adapters = {node.name: adapter for node in nodes} if adapter else {}
        self._asker = Asker(site.name, self.name, site.ceph, site.services, tuple(nodes), adapters)
        self._fsid: str | None = None

    def __repr__(self) -> str:
        return f"<cluster {self.name} asked at {self.site}>"

    def as_external(
        self, node: Runner, cluster_name: str, client: tuple[str, str, str], prefix: tuple[str, ...] | None = None
    ) -> Cluster:
        """Another site's cluster, asked from this site's `node`: `rbd --id external --keyring … --conf …`.

        :param client: the user, and the paths of its configuration and keyring
        :param prefix: what leads to where these are; else it is asked as this site's own cluster is on the node
        """
        asker = replace(self._asker, cluster=cluster_name, nodes=(node,), client=client)
        if prefix is not None:
            asker = replace(asker, adapters={node.name: Adapter("detect", prefix, ())})
        return self._asked_by(asker)

    def by_node(self) -> tuple[Cluster, ...]:
        """The same cluster, asked on each of its nodes alone."""
        return tuple(map(self._asked_by, self._asker.by_node()))

    def _asked_by(self, asker: Asker) -> Cluster:
        other = Cluster(self.site, asker.nodes)
        other.name, other._asker = asker.cluster, asker
        return other

    @property
    def way(self) -> str:
        """How the first of its nodes asks it, in a few words; empty where it has not been asked yet."""
        return self._asker.way(self._asker.nodes[0].name) if self._asker.nodes else ""

    def ask_last(self, nodes: Collection[str]) -> None:
        """Ask on the nodes of these names only where no other one has an answer."""
        in_turn = sorted(self._asker.nodes, key=lambda node: node.name in nodes)
        self._asker = replace(self._asker, nodes=tuple(in_turn))

    def fsid(self) -> str:
        """The cluster's identity; asked once, as it never changes."""
        if self._fsid is None:
            self._fsid = self.identity().fsid
        return self._fsid

    def identity(self) -> ClusterIdentity:
        """The FSID of whatever answers, with the command that shows it."""
        return self._asker.ceph(
            ("fsid",), lambda answer, completed: ClusterIdentity(str(answer["fsid"]), completed.reproduce)
        )

    def health(self) -> Health:
        return self._asker.ceph(("health", "detail"), parse_health)

    def quorum(self) -> Quorum:
        return self._asker.ceph(("quorum_status",), parse_quorum)

    def mon_addresses(self) -> frozenset[str]:
        """The IP addresses of all monitors of the map, in quorum or not, without ports."""
        return frozenset(host for mon in self.quorum().mons for host in mon.hosts)

    def auth(self, entity: str) -> Auth:
        """A cephx user such as `client.external`. Raises NoSuchEntity."""
        return self._asker.about_user(entity, lambda: self._asker.ceph(("auth", "get", entity), parse_auth))

    def key_fingerprint(self, entity: str) -> KeyFingerprint:
        """The fingerprint of a cephx user's key, made on the node: the key does not leave it. Raises NoSuchEntity."""

        def command(adapter: Adapter) -> tuple[str, ...]:
            return (*adapter.prefix, *digest_of(asker.line(adapter, "ceph", "auth", "get-key", entity)))

        asker = self._asker
        completed = asker.about_user(entity, lambda: asker.checked(command))
        return KeyFingerprint(asker.parsed(completed, lambda: parse_digest(completed.stdout)), completed.reproduce)

    def pool_names(self) -> tuple[str, ...]:
        return self._asker.pool_names()

    def pool_read_bytes(self, pool: str) -> PoolReads:
        """How much clients have read from the pool so far. Raises NoSuchPool."""

        def parse(answer: Any, completed: Completed) -> PoolReads:
            pools = {entry["name"]: entry["stats"] for entry in answer["pools"]}
            if pool not in pools:
                raise NoSuchPool(completed, f"no pool {pool} in {self.name}; pools there: {', '.join(pools)}")
            return PoolReads(int(pools[pool]["rd_bytes"]), completed.reproduce)

        return self._asker.ceph(("df", "detail"), parse)

    def image_names(self, pool: str, deadline: float | None = None) -> ImageNames:
        """The names of a pool's images (`rbd ls`): the quickest answer that needs mons, OSDs and the pool.

        :raises Unreachable, CommandFailed, DeadlinePassed: the cluster does not give it
        """
        completed = self._asker.rbd("-p", pool, "ls", deadline=deadline)
        names = self._asker.parsed(completed, lambda: tuple(map(str, json.loads(completed.stdout))))
        return ImageNames(names, completed.reproduce)

    @property
    def known_fsid(self) -> str | None:
        """The cluster's identity where it was asked for before."""
        return self._fsid

    def observe(self, pool: str, *, trash: bool = False, deadline: float | None = None) -> Look:
        """The pool as it is now. Raises NoSuchPool.

        :param trash: look into its trash too
        :param deadline: seconds for each command, otherwise the environment file's
        """
        listing = self.listing(pool, deadline)
        names = frozenset(entry.name for entry in self.trash(pool, deadline)) if trash else frozenset()
        return Look(self.fsid(), listing, names)

    def listing(self, pool: str, deadline: float | None = None) -> PoolListing:
        """Every image and snapshot of the pool, as `rbd ls -l` has them. Raises NoSuchPool."""
        completed = self._rbd_ls(pool, deadline)
        rows = self._asker.parsed(completed, lambda: rbd.parse_ls(completed.stdout))
        # a client of another site's cluster lists that cluster, not the site's own
        place = self.name if self._asker.client else self.site.name
        return PoolListing(place, pool, rows, completed.reproduce)

    def trash(self, pool: str, deadline: float | None = None) -> tuple[TrashEntry, ...]:
        """What was deleted from the pool and still has its data. Raises NoSuchPool."""
        completed = self._asker.rbd_in(pool, "trash", "ls", deadline=deadline)
        return self._asker.parsed(completed, lambda: rbd.parse_trash(completed.stdout))

    def trash_details(self, pool: str) -> Trash:
        """The same, with whether each may be removed yet. Raises NoSuchPool."""
        completed = self._asker.rbd_in(pool, "trash", "ls", "-l")
        return Trash(self._asker.parsed(completed, lambda: rbd.parse_trash(completed.stdout)), completed.reproduce)

    def du(self, pool: str, image: str) -> Usage:
        """What an image takes in the cluster, its snapshots with it. Raises NoSuchPool, CommandFailed."""
        completed = self._asker.rbd_in(pool, "du", image)
        return self._asker.parsed(completed, lambda: rbd.parse_du(completed.stdout, completed.reproduce))

    def is_linked_clone(self, pool: str, image: str) -> bool:
        """Whether a clone is of the second format, for which its parent may go to the trash. Raises NoSuchPool."""
        completed = self._asker.rbd_in(pool, "info", image)
        return "clone-child" in self._asker.parsed(completed, lambda: rbd.parse_op_features(completed.stdout))

    def keeps_parents_in_trash(self) -> bool:
        """Whether clones are of the second format here: the parent is kept in the trash, until somebody purges it."""
        release = self._asker.ceph_in_words("osd", "get-require-min-compat-client").stdout.strip()
        return release >= "mimic" and release != "unknown"  # the releases' names are in alphabetical order

    def sha512(
        self, pool: str, image: str, snapshot: str | None = None, deadline: float = _EXPORT_DEADLINE
    ) -> ContentHash:
        """The SHA-512 of the content of an image or of its snapshot, computed on the node.

        :param deadline: seconds; every byte is read once
        """
        spec = f"{pool}/{image}@{snapshot}" if snapshot else f"{pool}/{image}"

        def command(adapter: Adapter) -> tuple[str, ...]:
            export = self._asker.line(adapter, "rbd", "export", "--no-progress", spec, "-")
            # pipefail: an export that breaks off must not leave the checksum of its beginning
            return (*adapter.prefix, "bash", "-o", "pipefail", "-c", f"{export} | sha512sum")

        completed = self._asker.checked(command, deadline)
        digest = completed.stdout.split(" ")[0].strip()
        if len(digest) != 128:
            raise BadAnswer(completed, f"sha512sum printed {completed.stdout[:80]!r}")
        return ContentHash(digest, completed.reproduce)

    def _rbd_ls(self, pool: str, deadline: float | None) -> Completed:
        # `rbd ls -l` opens one image after the other, and gives up when one was removed meanwhile, by whomever
        for _ in range(_MOST_LISTINGS - 1):
            try:
                return self._asker.rbd_in(pool, "ls", "-l", deadline=deadline)
            except NoSuchPool:
                raise
            except CommandFailed as error:
                if not _REMOVED_MEANWHILE.search(error.completed.stderr):
                    raise
        return self._asker.rbd_in(pool, "ls", "-l", deadline=deadline)

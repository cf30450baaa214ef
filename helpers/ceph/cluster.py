"""A site's Ceph cluster, asked on one of its nodes: identity, health, keys, and what its pools hold.

Every command is `ceph` or `rbd` with JSON output, run where `helpers.nodes.containers` finds it; nothing changes a
cluster. Every answer carries the command that shows it by hand.
"""

from __future__ import annotations

import ipaddress
import json
import re
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from helpers.ceph import rbd
from helpers.ceph.rbd import PoolListing, TrashEntry, Usage
from helpers.environment import Ceph, Pools, Site
from helpers.nodes.containers import Adapter, NoContainer, find_adapter, is_container_trouble
from helpers.nodes.fingerprints import digest_of, parse_digest
from helpers.nodes.node import CommandFailed, Completed, Runner, Unreachable
from helpers.outcomes import Unknown
from helpers.redact import Secret

T = TypeVar("T")

# without it a client waits 300 s for a mon that is not there
_CONNECT_TIMEOUT = "15"
# reading a large image to its end takes longer than any other command
_EXPORT_DEADLINE = 900.0
_MOST_LISTINGS = 6
_REMOVED_MEANWHILE = re.compile(r"error opening [^:']+: \(2\) No such file or directory")


class ClusterUnreachable(Unreachable):
    """None of the nodes that could ask this cluster can be logged in to; one line with each node's reason."""

    def __init__(self, cluster: str, site: str, reasons: Sequence[Unreachable]) -> None:
        why = "; ".join(map(str, reasons)) or f"site {site} has no node with the role ceph-mon"
        super().__init__(f"cluster {cluster}", f"site {site}", why)
        self.reproduce = tuple(line for reason in reasons for line in reason.reproduce)


class NoMonitorRuns(NoContainer, Unknown):
    """On no node of the cluster that can be logged in to does a monitor's container run: nobody can ask it anything."""

    def __init__(self, first: CommandFailed) -> None:
        super().__init__(first.completed)
        self.args, self.reproduce = first.args, first.reproduce


class BadAnswer(CommandFailed):
    """The cluster's answer is not the JSON that this command prints."""


class NoSuchPool(CommandFailed):
    """The cluster has no such pool; the message says which it has."""


class NoSuchEntity(CommandFailed):
    """The cluster has no such cephx user."""


@dataclass(frozen=True)
class ClusterIdentity:
    """The FSID of the cluster that has answered."""

    fsid: str
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class HealthCheck:
    """One of the cluster's complaints: its code (`OSD_DOWN`), severity, and what it says."""

    code: str
    severity: str
    message: str
    muted: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True)
class Health:
    """`status` is HEALTH_OK, HEALTH_WARN or HEALTH_ERR; `checks` are sorted by code."""

    status: str
    checks: tuple[HealthCheck, ...]
    command: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.status}: {'; '.join(map(str, self.checks))}" if self.checks else self.status


@dataclass(frozen=True)
class Mon:
    """One monitor of the map; `addresses` as the map has them, `v2:192.0.2.10:3300` and so on."""

    name: str
    addresses: tuple[str, ...]

    @property
    def hosts(self) -> frozenset[str]:
        """Its IP addresses, without protocol and port; none where the map has none yet (`:/0`)."""
        return frozenset(host for address in self.addresses if (host := _host(address)))

    def __str__(self) -> str:
        return self.name if self.hosts else f"{self.name} (without an address)"


@dataclass(frozen=True)
class Quorum:
    """The monitors of the map, and the names of those in quorum."""

    fsid: str
    names: tuple[str, ...]
    mons: tuple[Mon, ...]
    command: str = field(default="", compare=False)

    @property
    def missing(self) -> frozenset[str]:
        return frozenset(mon.name for mon in self.mons) - frozenset(self.names)

    def __str__(self) -> str:
        missing = ", ".join(str(mon) for mon in self.mons if mon.name in self.missing)
        return f"in quorum: {', '.join(self.names) or 'none'}" + (f"; not in quorum: {missing}" if missing else "")


@dataclass(frozen=True)
class Auth:
    """A cephx user: what it may do, by daemon type, and its key, which prints as a fingerprint only."""

    entity: str
    caps: Mapping[str, str]
    key: Secret
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class KeyFingerprint:
    """The fingerprint of a cephx user's key."""

    fingerprint: str
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class PoolReads:
    """What clients have read from a pool since it was made."""

    read_bytes: int
    read_ops: int
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class ContentHash:
    """The SHA-512 of an image's content, in hex as Glance's `os_hash_value` has it."""

    sha512: str
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class ImageNames:
    """The names of the images in a pool."""

    names: tuple[str, ...]
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class Trash:
    """What was deleted from a pool and still has its data."""

    entries: tuple[TrashEntry, ...]
    command: str = field(default="", compare=False)


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
        self._nodes = tuple(nodes)
        self._adapters: dict[str, Adapter] = {node.name: adapter for node in nodes} if adapter else {}
        self._client: tuple[str, ...] | None = None
        self._fsid: str | None = None

    def __repr__(self) -> str:
        return f"<cluster {self.name} asked at {self.site}>"

    def as_external(self, node: Runner, cluster_name: str, client: str = "external") -> Cluster:
        """Another site's cluster, asked from this site's `node` with the files that the guide puts there.

        `/etc/ceph/<cluster_name>.conf` and `/etc/ceph/<cluster_name>.client.<client>.keyring`, in the guide's words:
        `rbd --id external --keyring … --conf …`.
        """
        other = Cluster(self.site, (node,))
        other._adapters = self._adapters
        other.name = cluster_name
        other._client = (
            *("--id", client),
            *("--keyring", f"/etc/ceph/{cluster_name}.client.{client}.keyring"),
            *("--conf", f"/etc/ceph/{cluster_name}.conf"),
        )
        return other

    def by_node(self) -> tuple[Cluster, ...]:
        """The same cluster, asked on each of its nodes alone."""
        alone = tuple(Cluster(self.site, (node,)) for node in self._nodes)
        for one in alone:
            one._adapters = self._adapters
        return alone

    def ask_last(self, nodes: Collection[str]) -> None:
        """Ask on the nodes of these names only where no other one has an answer."""
        self._nodes = tuple(sorted(self._nodes, key=lambda node: node.name in nodes))

    def fsid(self) -> str:
        """The cluster's identity; asked once, as it never changes."""
        if self._fsid is None:
            self._fsid = self.identity().fsid
        return self._fsid

    def identity(self) -> ClusterIdentity:
        """The FSID of whatever answers, with the command that shows it."""
        return self._ask(("fsid",), lambda answer, completed: ClusterIdentity(str(answer["fsid"]), completed.reproduce))

    def health(self) -> Health:
        return self._ask(("health", "detail"), parse_health)

    def quorum(self) -> Quorum:
        return self._ask(("quorum_status",), parse_quorum)

    def mon_addresses(self) -> frozenset[str]:
        """The IP addresses of all monitors of the map, in quorum or not, without ports."""
        return frozenset(host for mon in self.quorum().mons for host in mon.hosts)

    def auth(self, entity: str) -> Auth:
        """A cephx user such as `client.external`. Raises NoSuchEntity."""
        return self._about_user(entity, lambda: self._ask(("auth", "get", entity), parse_auth))

    def key_fingerprint(self, entity: str) -> KeyFingerprint:
        """The fingerprint of a cephx user's key, made on the node: the key does not leave it. Raises NoSuchEntity."""

        def command(adapter: Adapter) -> tuple[str, ...]:
            words = ("--connect-timeout", _CONNECT_TIMEOUT, "auth", "get-key", entity)
            return (*adapter.prefix, *digest_of(shlex.join(("ceph", *adapter.cluster_options, *words))))

        completed = self._about_user(entity, lambda: self._checked(command))
        return KeyFingerprint(self._parsed(completed, lambda: parse_digest(completed.stdout)), completed.reproduce)

    def pool_names(self) -> tuple[str, ...]:
        return self._ask(("osd", "pool", "ls"), lambda answer, _: tuple(map(str, answer)))

    def pool_read_bytes(self, pool: str) -> PoolReads:
        """How much clients have read from the pool so far. Raises NoSuchPool."""

        def parse(answer: Any, completed: Completed) -> PoolReads:
            pools = {entry["name"]: entry["stats"] for entry in answer["pools"]}
            if pool not in pools:
                raise NoSuchPool(completed, f"no pool {pool} in {self.name}; pools there: {', '.join(pools)}")
            stats = pools[pool]
            return PoolReads(int(stats["rd_bytes"]), int(stats["rd"]), completed.reproduce)

        return self._ask(("df", "detail"), parse)

    def image_names(self, pool: str, deadline: float | None = None) -> ImageNames:
        """The names of a pool's images (`rbd ls`): the quickest answer that needs mons, OSDs and the pool.

        :raises Unreachable, CommandFailed, DeadlinePassed: the cluster does not give it
        """
        words = ("-p", pool, "ls", "--format", "json")
        completed = self._checked(lambda adapter: self._command(adapter, "rbd", words), deadline)
        names = self._parsed(completed, lambda: tuple(map(str, json.loads(completed.stdout))))
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
        rows = self._parsed(completed, lambda: rbd.parse_ls(completed.stdout))
        # a client of another site's cluster lists that cluster, not the site's own
        place = self.site.name if self._client is None else self.name
        return PoolListing(place, pool, rows, completed.reproduce)

    def trash(self, pool: str, deadline: float | None = None) -> tuple[TrashEntry, ...]:
        """What was deleted from the pool and still has its data. Raises NoSuchPool."""
        completed = self._rbd(pool, "-p", pool, "trash", "ls", "--format", "json", deadline=deadline)
        return self._parsed(completed, lambda: rbd.parse_trash(completed.stdout))

    def trash_details(self, pool: str) -> Trash:
        """The same, with whether each may be removed yet. Raises NoSuchPool."""
        completed = self._rbd(pool, "-p", pool, "trash", "ls", "-l", "--format", "json")
        return Trash(self._parsed(completed, lambda: rbd.parse_trash(completed.stdout)), completed.reproduce)

    def du(self, pool: str, image: str) -> Usage:
        """What an image takes in the cluster, its snapshots with it. Raises NoSuchPool, CommandFailed."""
        completed = self._rbd(pool, "-p", pool, "du", image, "--format", "json")
        return self._parsed(completed, lambda: rbd.parse_du(completed.stdout, completed.reproduce))

    def sha512(
        self, pool: str, image: str, snapshot: str | None = None, deadline: float = _EXPORT_DEADLINE
    ) -> ContentHash:
        """The SHA-512 of the content of an image or of its snapshot, computed on the node.

        :param deadline: seconds; every byte is read once
        """
        spec = f"{pool}/{image}@{snapshot}" if snapshot else f"{pool}/{image}"

        def command(adapter: Adapter) -> tuple[str, ...]:
            options = adapter.cluster_options if self._client is None else self._client
            export = shlex.join(("rbd", *options, "export", "--no-progress", spec, "-"))
            # pipefail: an export that breaks off must not leave the checksum of its beginning
            return (*adapter.prefix, "bash", "-o", "pipefail", "-c", f"{export} | sha512sum")

        completed = self._checked(command, deadline)
        digest = completed.stdout.split(" ")[0].strip()
        if len(digest) != 128:
            raise BadAnswer(completed, f"sha512sum printed {completed.stdout[:80]!r}")
        return ContentHash(digest, completed.reproduce)

    # how commands are run

    def _rbd_ls(self, pool: str, deadline: float | None) -> Completed:
        # `rbd ls -l` opens one image after the other, and gives up when one was removed meanwhile, by whomever
        for _ in range(_MOST_LISTINGS - 1):
            try:
                return self._rbd(pool, "-p", pool, "ls", "-l", "--format", "json", deadline=deadline)
            except NoSuchPool:
                raise
            except CommandFailed as error:
                if not _REMOVED_MEANWHILE.search(error.completed.stderr):
                    raise
        return self._rbd(pool, "-p", pool, "ls", "-l", "--format", "json", deadline=deadline)

    def _rbd(self, pool: str, *arguments: str, deadline: float | None = None) -> Completed:
        try:
            return self._checked(lambda adapter: self._command(adapter, "rbd", arguments), deadline)
        except CommandFailed as error:
            if f"error opening pool '{pool}'" not in error.completed.stderr:
                raise
            there = "" if self._client else f"; pools there: {', '.join(self.pool_names()) or 'none'}"
            raise NoSuchPool(error.completed, f"no pool {pool} in {self.name}{there}") from None

    def _ask(self, words: Sequence[str], parse: Callable[[Any, Completed], T]) -> T:
        arguments = ("--connect-timeout", _CONNECT_TIMEOUT, *words, "--format", "json")
        completed = self._checked(lambda adapter: self._command(adapter, "ceph", arguments))
        return self._parsed(completed, lambda: parse(json.loads(completed.stdout), completed))

    def _about_user(self, entity: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except CommandFailed as error:
            if "ENOENT" in error.completed.stderr or "failed to find" in error.completed.stderr:
                raise NoSuchEntity(error.completed, f"cluster {self.name} has no user {entity}") from None
            raise

    def _parsed(self, completed: Completed, parse: Callable[[], T]) -> T:
        try:
            return parse()
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__} {error}"
            raise BadAnswer(completed, f"not the answer of this command ({what})") from error

    def _command(self, adapter: Adapter, program: str, arguments: Iterable[str]) -> tuple[str, ...]:
        options = adapter.cluster_options if self._client is None else self._client
        return (*adapter.prefix, program, *options, *arguments)

    def _checked(self, command: Callable[[Adapter], tuple[str, ...]], deadline: float | None = None) -> Completed:
        """The command's answer from the first node that has one.

        A node that cannot be logged in to, or on which no mon container runs, leaves it to the next. If none is
        left: NoMonitorRuns where one could be logged in to, else ClusterUnreachable.
        """
        unreachable: list[Unreachable] = []
        no_container: CommandFailed | None = None
        for node in self._nodes:
            try:
                adapter = self._adapter(node)
                return node.run_checked(*command(adapter), deadline=deadline)
            except Unreachable as error:
                unreachable.append(error)
            except NoContainer as error:
                no_container = no_container or error
            except CommandFailed as error:
                if not is_container_trouble(error.completed):
                    raise
                no_container = no_container or error
        if no_container:
            raise NoMonitorRuns(no_container) from no_container
        raise ClusterUnreachable(self.name, self.site.name, unreachable)

    def _adapter(self, node: Runner) -> Adapter:
        # two threads may both look; they find the same
        if node.name not in self._adapters:
            self._adapters[node.name] = find_adapter(node, self.spec)
        return self._adapters[node.name]


def parse_health(answer: Any, completed: Completed) -> Health:
    """The answer of `ceph health`, or the part `health` of `ceph status`."""
    return Health(
        status=str(answer["status"]),
        checks=tuple(
            HealthCheck(
                code=code,
                severity=str(check["severity"]),
                message=str(check["summary"]["message"]),
                muted=bool(check.get("muted", False)),
            )
            for code, check in sorted(answer.get("checks", {}).items())
        ),
        command=completed.reproduce,
    )


def parse_quorum(answer: Any, completed: Completed) -> Quorum:
    """The answer of `ceph quorum_status`."""
    return Quorum(
        fsid=str(answer["monmap"]["fsid"]),
        names=tuple(map(str, answer["quorum_names"])),
        mons=tuple(
            Mon(str(mon["name"]), tuple(f"{each['type']}:{each['addr']}" for each in mon["public_addrs"]["addrvec"]))
            for mon in answer["monmap"]["mons"]
        ),
        command=completed.reproduce,
    )


def parse_auth(answer: Any, completed: Completed) -> Auth:
    """The answer of `ceph auth get`."""
    (entry,) = answer
    return Auth(
        entity=str(entry["entity"]),
        caps={str(daemon): str(caps) for daemon, caps in entry["caps"].items()},
        key=Secret(str(entry["key"])),
        command=completed.reproduce,
    )


def _host(address: str) -> str | None:
    # v2:192.0.2.10:3300 or v2:[2001:db8::1]:3300; a monitor that never had an address prints none::/0
    host = address.split(":", 1)[1].rpartition(":")[0].strip("[]")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None

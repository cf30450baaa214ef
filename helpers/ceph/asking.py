"""Running `ceph` and `rbd` for a cluster: on the first of its nodes that answers, where the node has them.

Every command prints JSON, and is run as `helpers.ceph.ways` finds out; nothing changes a cluster.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from helpers.ceph.ways import CONNECT_TIMEOUT, Adapter, NoWay, find_adapter
from helpers.environment import Ceph, Services
from helpers.nodes.containers import NoContainer, is_container_trouble
from helpers.nodes.node import CommandFailed, Completed, Runner, Unreachable
from helpers.outcomes import Unknown

T = TypeVar("T")


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


@dataclass(frozen=True, eq=False)
class Asker:
    """Asks the cluster of a site, called `cluster` there, on the first of `nodes` that answers; thread-safe.

    :param adapters: node name → how it runs `ceph` and `rbd`; filled as nodes are first asked
    :param client: user, configuration and keyring by which another site's cluster is asked
    """

    site: str
    cluster: str
    spec: Ceph
    services: Services
    nodes: tuple[Runner, ...]
    adapters: dict[str, Adapter] = field(default_factory=dict)
    client: tuple[str, str, str] | None = None

    def by_node(self) -> tuple[Asker, ...]:
        """The same, each of its nodes alone."""
        return tuple(replace(self, nodes=(node,)) for node in self.nodes)

    def ceph(self, words: Sequence[str], parse: Callable[[Any, Completed], T]) -> T:
        """The answer of a `ceph` command, parsed. Raises BadAnswer."""
        completed = self._in_json("ceph", *words)
        return self.parsed(completed, lambda: parse(json.loads(completed.stdout), completed))

    def ceph_in_words(self, *words: str) -> Completed:
        """The answer of a `ceph` command that prints no JSON."""
        return self.checked(lambda adapter: (*adapter.prefix, *self._words(adapter, "ceph", *words)))

    def rbd(self, *arguments: str, deadline: float | None = None) -> Completed:
        """The answer of an `rbd` command."""
        return self._in_json("rbd", *arguments, deadline=deadline)

    def rbd_in(self, pool: str, *arguments: str, deadline: float | None = None) -> Completed:
        """The answer of an `rbd` command about a pool. Raises NoSuchPool."""
        try:
            return self.rbd("-p", pool, *arguments, deadline=deadline)
        except CommandFailed as error:
            if f"error opening pool '{pool}'" not in error.completed.stderr:
                raise
            there = "" if self.client else f"; pools there: {', '.join(self.pool_names()) or 'none'}"
            raise NoSuchPool(error.completed, f"no pool {pool} in {self.cluster}{there}") from None

    def pool_names(self) -> tuple[str, ...]:
        return self.ceph(("osd", "pool", "ls"), lambda answer, _: tuple(map(str, answer)))

    def about_user(self, entity: str, ask: Callable[[], T]) -> T:
        """The answer to a question about a cephx user.

        :raises NoSuchEntity: there is none
        :raises Unknown: who asks is a client like others, and is not told
        """
        try:
            return ask()
        except CommandFailed as error:
            if "ENOENT" in error.completed.stderr or "failed to find" in error.completed.stderr:
                raise NoSuchEntity(error.completed, f"cluster {self.cluster} has no user {entity}") from None
            if "EACCES" in error.completed.stderr:
                said = f"cluster {self.cluster} tells {self.way(error.node)} on {error.node} nothing of its users"
                raise Unknown(f"{self.site}: {said}", reproduce=error.reproduce) from error
            raise

    def line(self, adapter: Adapter, program: str, *arguments: str) -> str:
        """The line of a command, for a shell where `adapter` leads."""
        return shlex.join(self._words(adapter, program, *arguments))

    def parsed(self, completed: Completed, parse: Callable[[], T]) -> T:
        """What `parse` makes of an answer. Raises BadAnswer where it stumbles."""
        try:
            return parse()
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            what = str(error) if isinstance(error, ValueError) else f"{type(error).__name__} {error}"
            raise BadAnswer(completed, f"not the answer of this command ({what})") from error

    def checked(self, command: Callable[[Adapter], tuple[str, ...]], deadline: float | None = None) -> Completed:
        """The command's answer from the first node that has one.

        A node that cannot be logged in to, on which no mon container runs, or that has no way to ask, leaves it to the
        next. If none is left: NoWay where one runs, NoMonitorRuns where one could be logged in to, else
        ClusterUnreachable.
        """
        unreachable: list[Unreachable] = []
        no_container: CommandFailed | None = None
        no_way: NoWay | None = None
        for node in self.nodes:
            try:
                adapter = self._adapter(node, deadline)
                return node.run_checked(*command(adapter), deadline=deadline)
            except Unreachable as error:
                unreachable.append(error)
            except NoContainer as error:
                no_container = no_container or error
            except NoWay as error:
                no_way = no_way or error
            except CommandFailed as error:
                if not is_container_trouble(error.completed):
                    raise
                no_container = no_container or error
        if no_way:
            raise no_way
        if no_container:
            raise NoMonitorRuns(no_container) from no_container
        raise ClusterUnreachable(self.cluster, self.site, unreachable)

    def way(self, node: str) -> str:
        """How that node asks, in a few words; empty where it has not been asked yet."""
        return str(self.adapters.get(node, ""))

    def _in_json(self, program: str, *arguments: str, deadline: float | None = None) -> Completed:
        words = (*arguments, "--format", "json")
        return self.checked(lambda adapter: (*adapter.prefix, *self._words(adapter, program, *words)), deadline)

    def _words(self, adapter: Adapter, program: str, *arguments: str) -> tuple[str, ...]:
        patience = CONNECT_TIMEOUT if program == "ceph" else ()
        return (program, *adapter.cluster_options, *patience, *arguments)

    def _adapter(self, node: Runner, deadline: float | None) -> Adapter:
        # two threads may both look; they find the same
        if node.name not in self.adapters:
            self.adapters[node.name] = find_adapter(node, self.spec, self.services, deadline)
        adapter = self.adapters[node.name]
        return adapter.as_client(*self.client) if self.client else adapter

"""Assigns each `CephExternalMultiConfig` entry to a cluster.

All values of an entry count, so that one wrong value is only that value's mistake, and not also an unknown cluster and
a missing entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from helpers.tripleo.facts import addresses, client_addresses, cluster_name, cluster_names, fsids, has_storage
from helpers.tripleo.findings import Place
from helpers.tripleo.loader import Node
from helpers.tripleo.monitors import all_addresses
from helpers.tripleo.stacks import DeploymentFiles, Stack


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry: the list that contains it, and the stack that it describes (None: unknown).

    If the list already describes that stack, `first` is the earlier entry.
    """

    node: Node
    among: Node
    about: Stack | None
    first: Entry | None = None

    @property
    def place(self) -> Place:
        """The entry's cluster name, or its first line."""
        name = self.node.scalar("cluster")
        return name.place if name else self.node.place


def lists(stacks: Iterable[Stack]) -> list[Node]:
    """The distinct `CephExternalMultiConfig` lists that these stacks are given."""
    nodes = [node for stack in stacks for node in stack.definitions("CephExternalMultiConfig")]
    return list(dict.fromkeys(nodes))


def entries(files: DeploymentFiles, consumers: Iterable[Stack] | None = None) -> list[Entry]:
    """Every entry that these stacks are given (by default all stacks), in the order of the files."""
    found = lists(files.stacks if consumers is None else consumers)
    return [entry for among in found for entry in _assigned(files, among)]


def about(files: DeploymentFiles, stack: Stack) -> list[Entry]:
    """The entries that make other stacks clients of this stack's cluster."""
    return [entry for entry in entries(files) if entry.about is stack and entry.first is None]


def used_by(files: DeploymentFiles, consumer: Stack, stack: Stack) -> Entry | None:
    """The entry that makes `consumer` a client of `stack`'s cluster."""
    return next((e for e in entries(files, [consumer]) if e.about is stack and e.first is None), None)


def maybe_about(files: DeploymentFiles, consumer: Stack, stack: Stack) -> list[Entry]:
    """The entries about this cluster in lists that `consumer` may or may not be given."""
    lists = consumer.maybe.get("CephExternalMultiConfig", ())
    return [entry for among in lists for entry in _assigned(files, among) if entry.about is stack]


@lru_cache(maxsize=1024)
def _assigned(files: DeploymentFiles, among: Node) -> tuple[Entry, ...]:
    stacks = [stack for stack in files.stacks if has_storage(stack)]
    nodes = [item for item in among.items if item.kind == "mapping"]
    evidence = {(node, stack): _evidence(node, stack) for node in nodes for stack in stacks}
    owner: dict[Node, Stack] = {}
    for stack in stacks:
        claimants = [node for node in nodes if _names(node) == cluster_name(stack) and node not in owner]
        if claimants:
            # of several entries with one name, the one with most of the stack's other values is the right one
            owner[max(claimants, key=lambda node: evidence[node, stack])] = stack
    for node in nodes:
        free = [stack for stack in stacks if node not in owner and stack not in owner.values()]
        best = max(free, key=lambda stack: evidence[node, stack], default=None)
        if best is not None and evidence[node, best]:
            owner[node] = best
    # a cluster that its own stack's files do not name may have any name; a single entry left over is that cluster's
    unnamed = [stack for stack in stacks if not cluster_names(stack) and stack not in owner.values()]
    strangers = [node for node in nodes if node not in owner]
    if len(unnamed) == len(strangers) == 1:
        owner[strangers[0]] = unnamed[0]
    firsts = {stack: Entry(node, among, stack) for node, stack in owner.items()}
    return tuple(firsts[owner[node]] if node in owner else _left_over(node, among, firsts) for node in nodes)


def _left_over(node: Node, among: Node, firsts: dict[Stack, Entry]) -> Entry:
    """A second entry for a cluster, or an entry for a cluster that no stack deploys."""
    same = [s for s in firsts if _names(node) == cluster_name(s)] or [s for s in firsts if _evidence(node, s)]
    return Entry(node, among, same[0], firsts[same[0]]) if same else Entry(node, among, None)


def _names(node: Node) -> str:
    name = node.scalar("cluster")
    return name.text.strip() if name else ""


def _evidence(node: Node, stack: Stack) -> int:
    """The number of an entry's values, without its name, that belong to this stack."""
    own_fsids, own_addresses, own_keys = _own(stack)
    fsid, ips = node.scalar("fsid"), node.scalar("external_cluster_mon_ips")
    overrides = node.get("ceph_conf_overrides")
    sections = overrides.entries.values() if overrides else ()
    keyrings = [keyring.text.rpartition("/")[2] for section in sections if (keyring := section.scalar("keyring"))]
    keys = {key.text for item in node.mappings("keys") if (key := item.scalar("key"))}
    return sum(
        (
            fsid is not None and fsid.text.strip() in own_fsids,
            ips is not None and not own_addresses.isdisjoint(addresses(ips.text)),
            not own_keys.isdisjoint(keys),
            any(keyring.startswith(f"{cluster_name(stack)}.client.") for keyring in keyrings),
        )
    )


@lru_cache(maxsize=1024)
def _own(stack: Stack) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The FSIDs, monitor addresses and keys of a stack."""
    listed = client_addresses(stack)
    known = all_addresses(stack) | set(addresses(listed.text) if listed else ())
    items = [item for node in stack.definitions("CephExtraKeys") for item in node.items if item.kind == "mapping"]
    for source in (*stack.group_vars, *stack.ceph_clients):
        items += [item for name in ("openstack_keys", "keys") for item in source.mappings(name)]
    keys = {key.text for item in items if (key := item.scalar("key"))}
    return frozenset(node.text.strip() for node in fsids(stack)), frozenset(known), frozenset(keys)

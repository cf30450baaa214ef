"""E2: every `CephExternalMultiConfig` entry matches its cluster.

Source: the guide, "Extract overcloud control-plane and Ceph configuration" and "Update central site to use additional
Ceph clusters as Glance stores".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from helpers.tripleo import facts, monitors
from helpers.tripleo.entries import Entry, about, entries, maybe_about, used_by
from helpers.tripleo.findings import Finding, FoundElsewhere, NotGiven, Place
from helpers.tripleo.keys import (
    OPENSTACK,
    client_name,
    comparable,
    declared,
    named,
    shared,
    shared_client,
    wrong_caps,
    wrong_mode,
)
from helpers.tripleo.loader import Node
from helpers.tripleo.stacks import DeploymentFiles, Stack

_EXTERNAL = "CephExternalMultiConfig"
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9]+")


def _each(
    files: DeploymentFiles, stack: Stack, judge: Callable[[Entry], list[Finding]], expected: bool = True
) -> list[Finding]:
    """The mistakes in the entries that make other stacks clients of this stack's cluster.

    If a stack is deployed with two lists, the last one applies, but the files do not tell the order. An entry is
    therefore accepted if each stack that is given it also has a correct one.
    """
    found = about(files, stack)
    if not found and expected and missing(files, stack):
        raise FoundElsewhere(f"no CephExternalMultiConfig entry is about {stack}'s cluster")
    if not found and expected:
        raise NotGiven(f"no stack's files use {stack}'s cluster")
    judged = {entry: judge(entry) for entry in found}
    clients = {
        entry: [other for other in files.stacks if other is not stack and entry.among in other.definitions(_EXTERNAL)]
        for entry in found
    }
    right = {client for entry, wrong in judged.items() if not wrong for client in clients[entry]}
    return [finding for entry, wrong in judged.items() if set(clients[entry]) - right for finding in wrong]


def missing(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Every stack that must be a client of this cluster is given an entry for it.

    Central is a client of each DCN site's cluster. Each DCN site with storage is a client of central's cluster.
    """
    clients = [other for other in files.dcn if facts.has_storage(other)] if stack.central else [files.central]
    if not any(clients):
        raise NotGiven(f"no stack is here that must be a client of {stack}'s cluster")
    without = [client for client in clients if client is not None and used_by(files, client, stack) is None]
    if not without:
        return []
    own = {other.name: [e for e in entries(files, [other]) if e.about is not other] for other in without}
    # glance_update.yaml is written together with the entries; a DCN site's glance.yaml may be written earlier, and all
    # of them if the entries are exported
    written = not stack.central and without[0].definitions("GlanceMultistoreConfig")
    begun = any(own.values()) or (written and shared_client(files, stack) != OPENSTACK)
    if not stack.deployed and not begun:
        raise NotGiven(f"{stack} is not deployed yet, and no CephExternalMultiConfig is written")
    if not stack.central and not written:
        check_updated(files, without[0])
    for client in without:
        for doubted in maybe_about(files, client, stack):
            raise NotGiven(f"{doubted.place} is about {stack}'s cluster; nobody can tell if {client} is given it")
    cluster = facts.cluster_name(stack)
    expected = f"an entry with cluster: {cluster}, in a file that {', '.join(map(str, without))} is deployed with"
    present = next((found[0] for found in own.values() if found), None)
    names = ", ".join(e.node.entries["cluster"].shown for found in own.values() for e in found if e.node.get("cluster"))
    place = present.among.place if present else without[0].place
    other = next((node.place for node in facts.cluster_names(stack)), None)
    return files.lacks(without[0], Finding(place, f"entries for {names or 'no cluster'}", expected, other))


def check_updated(files: DeploymentFiles, central: Stack) -> None:
    """For who misses other sites' stores and clusters in central's templates.

    :raises NotGiven: there are none at all, and cephadm deployed the cluster. Before its adoption by OpenShift, such a
        central site is given them in its glance-api.conf (openstack-k8s-operators/ci-framework,
        `hooks/playbooks/adoption_dcn_update_central.yml`).
    """
    others = [entry for entry in entries(files, [central]) if entry.about is not central]
    if facts.cephadm(central) and not others and not central.definitions("GlanceMultistoreConfig"):
        raise NotGiven(f"{central}'s templates name no other site's cluster; its configuration may have been edited")


def repeated(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """No list has two entries for this cluster."""
    every = [entry for entry in entries(files) if entry.about is stack]
    if not every:
        raise NotGiven(f"no stack's files use {stack}'s cluster")
    return [
        Finding(entry.place, f"a second entry for {stack}'s cluster", "one entry for each cluster", entry.first.place)
        for entry in every
        if entry.first is not None
    ]


def of_nobody(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """This stack is given entries only for the clusters of other stacks.

    An entry for a cluster that no stack deploys, or for the stack's own cluster, is a mistake.
    """
    known = ", ".join(f"{facts.cluster_name(other)} ({other})" for other in files.stacks if facts.has_storage(other))
    given = entries(files, [stack])
    if not given:
        raise NotGiven(f"{stack} is given no external cluster")
    own, strange = [], {}
    for entry in given:
        name = entry.node.scalar("cluster")
        own_file = entry.place.file in stack.files
        # every stack is given a shared list, so it is judged once, with the first stack
        if entry.about is None and (own_file or stack is files.stacks[0]):
            finding = Finding(entry.place, name.shown if name else "no cluster", f"one of the clusters {known}")
            strange[name.text.strip() if name else ""] = finding
        elif entry.about is stack and own_file:
            seen = f"{stack}'s own cluster as an external one"
            own.append(Finding(entry.place, seen, "only the clusters of other stacks"))
    return own or facts.strangers(files, stack, strange)


def cluster_names(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """All files use the same name for this cluster, and no other cluster has it."""
    named_at = facts.cluster_names(stack)
    if not named_at:
        raise NotGiven(f"{stack}: no CephClusterName in its own files; `openstack overcloud ceph deploy` writes it")
    first, name = named_at[0], named_at[0].text.strip()
    found = []
    if not _CLUSTER_NAME.fullmatch(name):
        found.append(Finding(first.place, first.shown, "letters and digits only: Heat refuses any other character"))
    for other in files.stacks[: files.stacks.index(stack)]:
        theirs = next(iter(facts.cluster_names(other)), None)
        if theirs is not None and theirs.text.strip() == name:
            return [*found, Finding(first.place, first.shown, f"a name of {stack}'s own, not {other}'s", theirs.place)]

    def judge(entry: Entry) -> list[Finding]:
        node = entry.node.scalar("cluster")
        if node is None:
            return [Finding(entry.place, "no cluster", f"cluster: {name}", first.place)]
        return _unless_named(node)

    def _unless_named(node: Node) -> list[Finding]:
        expected = f"{name!r}, as {stack}'s cluster is called"
        return [] if node.text.strip() == name else [Finding(node.place, node.shown, expected, first.place)]

    found += [finding for node in named_at[1:] for finding in _unless_named(node)]
    return found + _each(files, stack, judge, expected=False)


def wrong_fsid(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The entry's FSID is this cluster's, and no other cluster has it."""
    own = facts.fsids(stack)
    claimed = [*own, *(node for entry in about(files, stack) if (node := entry.node.scalar("fsid")))]
    if not claimed:
        raise NotGiven(f"no file gives an FSID for {stack}: it is made when the stack is deployed")
    first, found = claimed[0], []
    if not _is_uuid(first.text):
        found.append(Finding(first.place, first.shown, "an FSID, which is a UUID"))
    for other in files.stacks[: files.stacks.index(stack)]:
        if theirs := _same_fsid(files, other, first):
            found.append(Finding(first.place, first.shown, f"an FSID of {stack}'s own, not {other}'s", theirs.place))

    def differing(node: Node) -> list[Finding]:
        if node.text.strip() == first.text.strip():
            return []
        whose = [str(other) for other in files.stacks if other is not stack and _same_fsid(files, other, node)]
        expected = f"{first.shown}, {stack}'s FSID" + "".join(f" ({name} has the other)" for name in whose)
        return [Finding(node.place, node.shown, expected, first.place)]

    def judge(entry: Entry) -> list[Finding]:
        node = entry.node.scalar("fsid")
        if node is not None:
            return differing(node)
        return [Finding(entry.place, "no fsid", f"{first.shown}, {stack}'s FSID", first.place)]

    found += [finding for node in own[1:] for finding in differing(node)]
    return found + _each(files, stack, judge, expected=False)


def _same_fsid(files: DeploymentFiles, stack: Stack, node: Node) -> Node | None:
    """The place where a stack has this FSID as its own."""
    own = facts.fsids(stack) or [fsid for entry in about(files, stack) if (fsid := entry.node.scalar("fsid"))]
    return next((theirs for theirs in own[:1] if theirs.text.strip() == node.text.strip()), None)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text.strip())) == text.strip().lower()
    except ValueError:
        return False


def wrong_monitors(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The entry's addresses are the storage IP addresses of this stack's CephMon hosts, in any order."""
    own, hostnames, source = _own_monitors(files, stack)

    def judge(entry: Entry) -> list[Finding]:
        node = entry.node.scalar("external_cluster_mon_ips")
        if node is None:
            return [Finding(entry.place, "no external_cluster_mon_ips", "the CephMon hosts' storage IPs", source)]
        seen = {hostnames.get(address, address) for address in facts.addresses(node.text)}
        problems = _problems(files, stack, seen, own)
        if not problems:
            return []
        expected = ", ".join(sorted(own)) if own else "the storage IP of each CephMon host"
        return [Finding(node.place, f"{node.shown} ({'; '.join(problems)})", expected, source)]

    return _each(files, stack, judge)


def _problems(files: DeploymentFiles, stack: Stack, seen: set[str], own: set[str]) -> list[str]:
    problems = [] if seen else ["no address"]
    for address in sorted(seen - own):
        owner = _owner_of_address(files, address)
        if owner is not None and owner is not stack:
            problems.append(f"{address} is {owner}'s")
        elif own:
            problems.append(f"{address} is no CephMon host of {stack}")
        elif not facts.is_address(address):
            problems.append(f"{address} is no IP address")
    return problems + [f"{address} is missing" for address in sorted(own - seen)]


def _network(files: DeploymentFiles, stack: Stack) -> str | None:
    """The network of the stack's monitors, as far as the files tell."""
    nodes = [entry.node.scalar("external_cluster_mon_ips") for entry in about(files, stack)]
    return monitors.network(stack, frozenset(one for node in nodes if node for one in facts.addresses(node.text)))


def _own_monitors(files: DeploymentFiles, stack: Stack) -> tuple[set[str], dict[str, str], Place | None]:
    """The addresses of the monitors, the host names with those addresses, and the place of the first."""
    hosts, network = monitors.hosts(stack), _network(files, stack)
    if hosts and network is not None:
        if not all(host.address(network) for host in hosts):
            raise FoundElsewhere(f"{stack}'s inventory lacks a {network}_ip")
        names = {name: host.address(network) for host in hosts if (name := host.hostnames.get(network))}
        return {host.address(network) for host in hosts}, names, hosts[0].where(network)
    listed = facts.client_addresses(stack)
    if listed is not None:
        return set(facts.addresses(listed.text)), {}, listed.place
    if hosts:
        raise NotGiven(f"{stack}: no file says which network CephMon is on (service_net_map, ServiceNetMap)")
    return set(), {}, None


def _owner_of_address(files: DeploymentFiles, address: str) -> Stack | None:
    """The stack with a monitor at this address."""
    for stack in files.stacks:
        network = _network(files, stack)
        if network is not None and address in {host.address(network) for host in monitors.hosts(stack)}:
            return stack
    return None


def monitors_without_address(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The inventory gives every CephMon host a storage IP address."""
    if not stack.inventories:
        raise NotGiven(f"no inventory of {stack}: it is made when the stack is deployed")
    hosts = monitors.hosts(stack)
    if not hosts:
        place = stack.inventories[0].place
        expected = "a group ceph_mon, or hosts in a role that runs CephMon"
        return [Finding(place, "no host that runs CephMon", expected)]
    network = _network(files, stack)
    if network is None:
        raise NotGiven(f"{stack}: no file says which network CephMon is on (service_net_map, ServiceNetMap)")
    return [
        Finding(host.place, f"no {network}_ip", f"{host.name}'s address on the {network} network")
        for host in hosts
        if not host.address(network)
    ]


def wrong_key(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The entry's key is the one that this cluster was given for that user."""

    def judge(entry: Entry) -> list[Finding]:
        items = [item for item in entry.node.mappings("keys") if item.scalar("name")]
        clients = {client_name(item.entries["name"].text): item for item in items}
        if not clients:
            return [Finding(entry.place, "no keys", f"the key of {shared_client(files, stack)}")]
        return [finding for name, item in clients.items() for finding in _compare_key(files, stack, name, item)]

    found = _each(files, stack, judge)
    if found and shared(files, stack):
        raise FoundElsewhere(f"{stack} has another site's key")
    return found


def _compare_key(files: DeploymentFiles, stack: Stack, client: str, item: Node) -> list[Finding]:
    key = item.scalar("key")
    own = [theirs for source in declared(stack, client) if (theirs := source.scalar("key"))]
    if client == OPENSTACK:
        own += stack.definitions("CephClientKey")
    if key is None:
        return [Finding(item.place, "no key", f"{client}'s key", own[0].place if own else None)]
    comparable(key, *own)
    if not own:
        shared = shared_client(files, stack)
        others = declared(stack, shared)
        if client == shared or not others:
            return []  # nothing to compare; the missing key is a finding of its own
        return [Finding(item.entries["name"].place, client, f"a user that {stack} has: {shared}", others[0].place)]
    # a disagreement between the stack's own files is a finding of its own, and either value will do here
    if key.text in {theirs.text for theirs in own}:
        return []
    return [Finding(key.place, key.shown, f"{own[0].shown}, {stack}'s key of {client}", own[0].place)]


def other_caps(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The entry's key has the caps and mode with which it was created."""
    client = shared_client(files, stack)
    own = declared(stack, client)
    if own and (wrong_caps(files, stack) or wrong_mode(files, stack)):
        raise FoundElsewhere(f"{stack}'s own caps or mode are wrong")

    def judge(entry: Entry) -> list[Finding]:
        items = named(entry.node, ("keys",), client) if own else []
        return [finding for item in items for finding in _differences(item, own[0])]

    return _each(files, stack, judge)


def _differences(item: Node, own: Node) -> list[Finding]:
    found = []
    for path in (("caps", "mgr"), ("caps", "mon"), ("caps", "osd"), ("mode",)):
        mine, theirs = item.get(*path), own.get(*path)
        if theirs is not None and (mine is None or mine.text.split() != theirs.text.split()):
            seen = mine.shown if mine else f"no {path[-1]}"
            found.append(Finding(mine.place if mine else item.place, seen, theirs.shown, theirs.place))
    return found


def wrong_keyring(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The entry's keyring is the file of that user for this cluster in /etc/ceph."""

    def judge(entry: Entry) -> list[Finding]:
        listed = [client_name(n.text) for item in entry.node.mappings("keys") if (n := item.scalar("name"))]
        names = listed or [shared_client(files, stack)]
        # Ceph reads the client's own section first
        given = [entry.node.get("ceph_conf_overrides", section, "keyring") for section in (*names, "client")]
        keyring = next((node for node in given if node is not None), None)
        called = entry.node.scalar("cluster")
        # a wrong cluster name is a finding of its own: the path may agree with the wrong or with the right name
        clusters = dict.fromkeys([facts.cluster_name(stack), *([called.text.strip()] if called else [])])
        allowed = [f"/etc/ceph/{cluster}.{name}.keyring" for cluster in clusters for name in names]
        if keyring is None:
            seen = "no ceph_conf_overrides.client.keyring"
            return [Finding(entry.place, seen, f"{allowed[0]}, or the client uses another cluster's keyring")]
        if keyring.text.strip() not in allowed:
            return [Finding(keyring.place, keyring.shown, allowed[0], entry.place)]
        return []

    return _each(files, stack, judge)


def dashboard(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The entry disables the dashboard, which cannot be deployed for an external cluster."""

    def judge(entry: Entry) -> list[Finding]:
        node = entry.node.scalar("dashboard_enabled")
        if node is not None and node.text.strip().lower() in {"false", "no", "off", "0"}:
            return []
        seen = node.shown if node else "no dashboard_enabled, and its default is true"
        return [Finding(node.place if node else entry.place, seen, "dashboard_enabled: false")]

    return _each(files, stack, judge)

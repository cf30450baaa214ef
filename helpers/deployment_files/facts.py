"""What the files say of a stack's own Ceph cluster: its name, FSID, monitors, and whether it has one at all."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from helpers.deployment_files.findings import Place
from helpers.deployment_files.loader import Node
from helpers.deployment_files.stacks import DeploymentFiles, Stack

#: Roles of tripleo-heat-templates whose nodes run the CephMon service, unless the roles file says otherwise.
MON_ROLES = frozenset(
    [
        "CephAll",
        "Controller",
        "ControllerAllNovaStandalone",
        "ControllerNovaStandalone",
        "ControllerOpenstack",
        "ControllerSriov",
        "ControllerStorageDashboard",
        "ControllerStorageNfs",
        "DistributedComputeHCI",
        "DistributedComputeHCIDashboard",
        "HciCephAll",
        "HciCephMon",
    ]
)
#: Roles of tripleo-heat-templates whose nodes hold OSDs, unless the roles file says otherwise.
OSD_ROLES = frozenset({"ComputeHCI", "CephStorage", "CephAll", "HciCephAll", "DistributedComputeHCI"})
_CEPH_HINTS = ("CephClusterName", "CephExtraKeys", "CephClusterFSID", "GlanceMultistoreConfig")
_PORT = re.compile(r"^(?:v[12]:)?(?:\[(?P<six>[^\]]+)\]|(?P<other>[^:\s]+))(?::\d+)?(?:/\d+)?$")


@lru_cache(maxsize=1024)
def has_storage(stack: Stack) -> bool:
    """Whether a stack has a Ceph cluster: anything in its files that only such a stack has. A site may have none."""
    if stack.central or stack.group_vars or stack.ceph_clients or stack.spec_hosts:
        return True
    own = any(
        node.place.file.startswith(f"{stack.name}/") or f"/{stack.name}/" in node.place.file
        for name in _CEPH_HINTS
        for node in stack.definitions(name)
    )
    hci = any(
        "HCI" in role and node.text.strip() not in {"", "0"} for role, nodes in stack.counts.items() for node in nodes
    )
    return own or hci or any(_groups(inventory) for inventory in stack.inventories)


@lru_cache(maxsize=1024)
def cluster_names(stack: Stack) -> tuple[Node, ...]:
    """Every place that names the stack's own cluster, the one that decides first.

    Where they differ, the name that stands most often decides, then the one that is the stack's.
    """
    left = [node for source in stack.group_vars if (node := source.scalar("cluster"))]
    left += [node for source in stack.ceph_clients if (node := source.scalar("tripleo_ceph_client_cluster"))]
    named = [*stack.definitions("CephClusterName"), *left]
    votes = Counter(node.text.strip() for node in named)
    return tuple(sorted(named, key=lambda node: (-votes[node.text.strip()], node.text.strip() != stack.name)))


def cluster_name(stack: Stack) -> str:
    """The name of the stack's own cluster; Heat's default is `ceph`."""
    return next((node.text.strip() for node in cluster_names(stack)), "ceph")


@lru_cache(maxsize=1024)
def fsids(stack: Stack) -> tuple[Node, ...]:
    """Every place that gives the FSID of the stack's own cluster, what the deployment left first."""
    left = [node for source in stack.group_vars if (node := source.scalar("fsid"))]
    left += [node for source in stack.ceph_clients if (node := source.scalar("tripleo_ceph_client_fsid"))]
    return (*left, *stack.definitions("CephClusterFSID"))


@dataclass(frozen=True)
class Monitor:
    """A monitor's address on the storage network, and where it stands; `address` is empty where there is none."""

    host: str
    address: str
    hostname: str
    place: Place


@lru_cache(maxsize=1024)
def monitors(stack: Stack) -> tuple[Monitor, ...]:
    """The stack's CephMon hosts: by the inventory's groups, else by the cephadm spec's labels, else by their role."""
    found: dict[str, Monitor] = {}
    for inventory in stack.inventories:
        groups = _groups(inventory)
        names = (
            [name for group in groups for name in _hosts(inventory, group)] if groups else _by_role(stack, inventory)
        )
        for name in names:
            monitor = _monitor(inventory, name)
            if monitor.address or name not in found:
                found[name] = monitor
    return tuple(found.values())


def client_addresses(stack: Stack) -> Node | None:
    """The monitors' addresses as cephadm's `ceph_client.yml` gives them, where there is no inventory."""
    nodes = (source.scalar("external_cluster_mon_ips") for source in stack.ceph_clients)
    return next((node for node in nodes if node is not None), None)


def addresses(text: str) -> list[str]:
    """The hosts in a `mon_host` text: bare, with a port, or as `[v2:192.0.2.1:3300/0,v1:192.0.2.1:6789/0]`.

    IP addresses come in their canonical spelling, anything else as it stands.
    """
    found = []
    for part in re.split(r"[,;\s]+", text):
        token = part
        # the brackets of a v1/v2 pair are split from each other by the comma; those of an IPv6 address are not
        if token.startswith("[v"):
            token = token[1:]
        if token.count("]") > token.count("["):
            token = token[:-1]
        if token:
            found.append(_canonical(token))
    return list(dict.fromkeys(found))


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _canonical(token: str) -> str:
    match = _PORT.match(token)
    for candidate in (token, (match["six"] or match["other"]) if match else token):
        try:
            return str(ipaddress.ip_address(candidate))
        except ValueError:
            continue
    return (match["six"] or match["other"]) if match else token


def _groups(inventory: Node) -> list[str]:
    return [name for name in ("ceph_mon", "mons") if inventory.get(name) is not None]


def _hosts(inventory: Node, group: str) -> Iterator[str]:
    """The hosts of a group and of its children, each group visited once."""
    waiting, visited = [group], set()
    while waiting:
        name = waiting.pop()
        if name in visited:
            continue
        visited.add(name)
        for key, into in (("hosts", None), ("children", waiting)):
            node = inventory.get(name, key)
            names = list(node.entries) if node is not None else []
            if into is None:
                yield from names
            else:
                into += names


def _by_role(stack: Stack, inventory: Node) -> list[str]:
    spec = [
        name.text
        for host in stack.spec_hosts
        if (name := host.scalar("hostname")) and (labels := host.get("labels")) and "mon" in labels.elements()
    ]
    if spec:
        return [name for name in spec if any(name in _hosts(inventory, group) for group in inventory.entries)]
    return [name for role in sorted(mon_roles(stack)) for name in _hosts(inventory, role)]


def mon_roles(stack: Stack) -> frozenset[str]:
    """The roles whose nodes run CephMon: by the stack's roles file, else by the templates' defaults."""
    return _roles_with(stack, "CephMon") if stack.roles else MON_ROLES


def osd_roles(stack: Stack) -> frozenset[str]:
    """The roles whose nodes hold OSDs: by the stack's roles file, else by the templates' defaults."""
    return _roles_with(stack, "CephOSD") if stack.roles else OSD_ROLES


def _roles_with(stack: Stack, service: str) -> frozenset[str]:
    return frozenset(
        name.text
        for role in stack.roles
        if (name := role.scalar("name"))
        and (services := role.get("ServicesDefault"))
        and f"OS::TripleO::Services::{service}" in services.elements()
    )


def _monitor(inventory: Node, name: str) -> Monitor:
    """Looks the host up in every group: its variables stand under its role, not under `ceph_mon`."""
    places = [host for group in inventory.entries.values() if (host := group.get("hosts", name))]
    for host in places:
        address = host.scalar("storage_ip")
        if address is not None:
            hostname = host.scalar("storage_hostname")
            return Monitor(name, _canonical(address.text.strip()), hostname.text if hostname else "", address.place)
    place = places[0].place if places else Place(inventory.place.file, 0, name)
    return Monitor(name, "", "", place)


def owner_of_address(files: DeploymentFiles, address: str) -> Stack | None:
    """The stack that has a monitor with this address."""
    return next((stack for stack in files.stacks if address in {m.address for m in monitors(stack)}), None)

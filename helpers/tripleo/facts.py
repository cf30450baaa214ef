"""The facts of a stack's own Ceph cluster in its files: whether there is one, its name, FSID, addresses and roles."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from helpers.tripleo.findings import Finding, NotGiven
from helpers.tripleo.loader import Node
from helpers.tripleo.stacks import DeploymentFiles, Stack

#: Roles of tripleo-heat-templates whose nodes run the CephMon service, unless a roles file says otherwise.
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
#: Roles of tripleo-heat-templates whose nodes hold OSDs, unless a roles file says otherwise.
OSD_ROLES = frozenset(
    [
        "CephAll",
        "CephFile",
        "CephObject",
        "CephStorage",
        "ComputeHCI",
        "ComputeHCIOvsDpdk",
        "ComputeHCISriov",
        "DistributedComputeHCI",
        "DistributedComputeHCIDashboard",
        "DistributedComputeHCIScaleOut",
        "HciCephAll",
        "HciCephFile",
        "HciCephMon",
        "HciCephObject",
    ]
)
#: Prefixes of the other roles of tripleo-heat-templates. A role with another prefix is the operator's own.
_USUAL_ROLES = re.compile(
    r"(BlockStorage|CellController|Compute|Controller|Database|DesignateBind|DistributedCompute|IronicConductor|"
    r"Messaging|Networker|NovaManager|Novacontrol|ObjectStorage|Telemetry)"
    r"(Alt|DVR|InstanceHA|Liquidio|LocalEphemeral|NoCeph|OvsDpdk|PPC64LE|RBDEphemeral|RealTime|RT|ScaleOut|Sriov|IB|Vdpa)*"
)
_CEPH_HINTS = ("CephClusterName", "CephExtraKeys", "CephClusterFSID", "GlanceMultistoreConfig")
_PORT = re.compile(r"^(?:v[12]:)?(?:\[(?P<six>[^\]]+)\]|(?P<other>[^:\s]+))(?::\d+)?(?:/\d+)?$")


@lru_cache(maxsize=1024)
def has_storage(stack: Stack) -> bool:
    """Whether a stack has a Ceph cluster: its files contain something that only such a stack has."""
    if stack.central or stack.named or stack.group_vars or stack.ceph_clients or stack.spec_hosts:
        return True
    storage = osd_roles(stack)
    roles = [role for role, nodes in stack.counts.items() if any(node.text.strip() not in {"", "0"} for node in nodes)]
    hci = any(role in storage or "HCI" in role for role in roles)
    own = any(stack.definitions(name) for name in _CEPH_HINTS)
    return own or hci or any(mon_groups(inventory) for inventory in stack.inventories)


def mon_groups(inventory: Node) -> list[str]:
    """The inventory groups of the hosts that run CephMon."""
    return [name for name in ("ceph_mon", "mons") if inventory.get(name) is not None]


@lru_cache(maxsize=1024)
def cluster_names(stack: Stack) -> tuple[Node, ...]:
    """Every place that names the stack's own cluster, the decisive one first.

    If they differ, the most frequent name decides, then the name of the stack.
    """
    left = [node for source in stack.group_vars if (node := source.scalar("cluster"))]
    left += [node for source in stack.ceph_clients if (node := source.scalar("tripleo_ceph_client_cluster"))]
    named = [*stack.definitions("CephClusterName"), *left]
    votes = Counter(node.text.strip() for node in named)
    return tuple(sorted(named, key=lambda node: (-votes[node.text.strip()], node.text.strip() != stack.name)))


def cluster_name(stack: Stack) -> str:
    """The name of the stack's own cluster. If no file names it, it is the name of the stack, as in the guide."""
    return next((node.text.strip() for node in cluster_names(stack)), stack.name)


def strangers(files: DeploymentFiles, stack: Stack, named: Mapping[str, Finding]) -> list[Finding]:
    """The findings in `named`, by cluster name, about clusters that no stack here has.

    :raises NotGiven: each of these clusters may belong to a stack whose files are not here or do not name it
    """
    unnamed = [
        other for other in files.stacks if other is not stack and has_storage(other) and not cluster_names(other)
    ]
    if named and files.central is None:
        raise NotGiven("no central stack's files are in the folder")
    if named and unnamed:
        raise NotGiven(f"{unnamed[0]}: no file says what its cluster is called")
    entries = [entry for node in stack.definitions("CephExternalMultiConfig") for entry in node.items]
    stores = [store for node in stack.definitions("GlanceMultistoreConfig") for store in node.entries.values()]
    both = {node.text.strip() for entry in entries if (node := entry.scalar("cluster"))}
    both &= {node.text.strip() for store in stores if (node := store.scalar("CephClusterName"))}
    found = [finding for name, finding in named.items() if name not in both]
    if named and not found:
        raise NotGiven(
            f"{stack} has stores and external clusters {', '.join(named)}: files of their stacks are not here"
        )
    return [one for finding in found for one in files.lacks(stack, finding)]


@lru_cache(maxsize=1024)
def fsids(stack: Stack) -> tuple[Node, ...]:
    """Every place that gives the FSID of the stack's own cluster, the files that the deployment left first."""
    left = [node for source in stack.group_vars if (node := source.scalar("fsid"))]
    left += [node for source in stack.ceph_clients if (node := source.scalar("tripleo_ceph_client_fsid"))]
    return (*left, *stack.definitions("CephClusterFSID"))


def cephadm(stack: Stack) -> bool:
    """Whether the stack's cluster was deployed by cephadm, before the stack."""
    return bool(stack.ceph_clients or stack.parameter("DeployedCeph"))


def client_addresses(stack: Stack) -> Node | None:
    """The addresses of the monitors in cephadm's `ceph_client.yml`, which serve where there is no inventory."""
    nodes = (source.scalar("external_cluster_mon_ips") for source in stack.ceph_clients)
    return next((node for node in nodes if node is not None), None)


def addresses(text: str) -> list[str]:
    """The hosts in a `mon_host` text: bare, with a port, or as `[v2:192.0.2.1:3300/0,v1:192.0.2.1:6789/0]`.

    IP addresses are in their canonical form, anything else is unchanged.
    """
    found = []
    for part in re.split(r"[,;\s]+", text):
        token = part
        # the comma separates the brackets of a v1/v2 pair, but not those of an IPv6 address
        if token.startswith("[v"):
            token = token[1:]
        if token.count("]") > token.count("["):
            token = token[:-1]
        if token:
            found.append(canonical(token))
    return list(dict.fromkeys(found))


def is_address(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def canonical(token: str) -> str:
    """An IP address in its canonical form, without port and protocol. Anything else is unchanged."""
    match = _PORT.match(token)
    for candidate in (token, (match["six"] or match["other"]) if match else token):
        try:
            return str(ipaddress.ip_address(candidate))
        except ValueError:
            continue
    return (match["six"] or match["other"]) if match else token


def mon_roles(stack: Stack) -> frozenset[str]:
    """The roles whose nodes run CephMon, from the roles files, otherwise from the templates' defaults."""
    return _roles_with(stack, "CephMon", MON_ROLES)


def osd_roles(stack: Stack) -> frozenset[str]:
    """The roles whose nodes hold OSDs, from the roles files, otherwise from the templates' defaults."""
    return _roles_with(stack, "CephOSD", OSD_ROLES)


def unknown_roles(stack: Stack) -> list[str]:
    """The roles that the stack has nodes of, and whose services are unknown."""
    described = {name for name, _ in _described(stack)}
    usual = MON_ROLES | OSD_ROLES | described
    counted = [
        role for role, nodes in stack.counts.items() if any(node.text.strip() not in {"", "0"} for node in nodes)
    ]
    return [role for role in counted if role not in usual and not _USUAL_ROLES.fullmatch(role)]


def _roles_with(stack: Stack, service: str, usual: frozenset[str]) -> frozenset[str]:
    described = _described(stack)
    running = {name for name, services in described if f"OS::TripleO::Services::{service}" in services}
    return frozenset(running | (usual - {name for name, _ in described}))


def _described(stack: Stack) -> list[tuple[str, list[str]]]:
    """(role, services) from the stack's own roles file, otherwise from roles files that several stacks may share."""
    own = {name.text for role in stack.roles if (name := role.scalar("name"))}
    return [
        (name.text, services.elements())
        for among, roles in ((frozenset(), stack.roles), (own, stack.common_roles))
        for role in roles
        if (name := role.scalar("name")) and name.text not in among and (services := role.get("ServicesDefault"))
    ]

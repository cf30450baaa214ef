"""E5: role counts suit a DCN deployment. Source: the doc, "Create control-plane roles", "Create DCN roles for dcn0"."""

from __future__ import annotations

from helpers.deployment_files.facts import cluster_name, has_storage, mon_roles, osd_roles
from helpers.deployment_files.findings import Finding, NotGiven
from helpers.deployment_files.loader import Node
from helpers.deployment_files.stacks import DeploymentFiles, Stack

#: Monitors, and nodes with OSDs, of a redundant cluster: the doc's three.
REDUNDANT = 3


def _number(node: Node) -> int | None:
    text = node.text.strip()
    return int(text) if text.isdecimal() and len(text) < 7 else None


def not_numbers(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Every role count is a number."""
    nodes = [node for definitions in stack.counts.values() for node in definitions]
    return [Finding(node.place, node.shown, "a number of nodes") for node in nodes if _number(node) is None]


def controllers(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """A DCN site has no Controller."""
    nodes = stack.counts.get("Controller", ())
    return [Finding(node.place, node.shown, "0 at a DCN site") for node in nodes if _number(node)]


def _total(stack: Stack, roles: list[str]) -> tuple[int, list[Node]]:
    nodes = [node for role in roles for node in stack.counts.get(role, ())[:1]]
    return sum(_number(node) or 0 for node in nodes), nodes


def ceph_monitors(files: DeploymentFiles, stack: Stack, least: int | None = None) -> list[Finding]:
    """Three or more nodes are to run CephMon, or as many as the environment file has for min_mons."""
    roles = sorted(mon_roles(stack))
    if not stack.central:
        # a Controller is no part of a DCN site; CephStorage is what the doc adds where nothing is hyper-converged
        roles = [*(role for role in roles if not role.startswith("Controller")), "CephStorage"]
    wanted = _redundant(files, stack) if least is None else least
    return _at_least(wanted, stack, roles, "Controller" if stack.central else "DistributedComputeHCI", "CephMon")


def storage_nodes(files: DeploymentFiles, stack: Stack, least: int | None = None) -> list[Finding]:
    """Three or more nodes of the central stack are to hold OSDs, or fewer where the environment file has fewer mons.

    At a DCN site the check of monitors says it all.
    """
    wanted = min(REDUNDANT, _redundant(files, stack)) if least is None else least
    return _at_least(wanted, stack, sorted(osd_roles(stack)), "ComputeHCI", "CephOSD") if stack.central else []


def _redundant(files: DeploymentFiles, stack: Stack) -> int:
    return files.min_mons.get(cluster_name(stack), REDUNDANT)


def _at_least(least: int, stack: Stack, roles: list[str], usual: str, service: str) -> list[Finding]:
    if not stack.counts or not has_storage(stack):
        raise NotGiven(f"{stack} has no role counts, or no storage")
    total, nodes = _total(stack, roles)
    if total >= least or any(_number(node) is None for node in nodes):
        return []
    place = nodes[0].place if nodes else next(iter(stack.counts.values()))[0].place
    seen = ", ".join(f"{node.place.key.rpartition('.')[2]}: {node.text}" for node in nodes) or "no such role"
    return [Finding(place, seen, f"at least {least} nodes that run {service}, such as {usual}Count: {least}")]


def missing(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The stack says how many nodes of each role it has."""
    if stack.counts or stack.deployed:
        return []
    return [Finding(stack.place, "no role counts", "a file with DistributedComputeHCICount: 3 or the like")]


def other_inventory(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The inventory has as many nodes of each role as were asked for."""
    if not stack.inventories:
        raise NotGiven(f"no inventory of {stack}: it is made when the stack is deployed")
    found = []
    for role, (count, *_) in stack.counts.items():
        for inventory in stack.inventories:
            hosts = inventory.get(role, "hosts")
            if hosts is not None and _number(count) not in {None, len(hosts.entries)}:
                seen = f"{len(hosts.entries)} hosts: {', '.join(hosts.entries)}"
                found.append(Finding(hosts.place, seen, f"{count.text}, as {role}Count says", count.place))
    return found[:1]

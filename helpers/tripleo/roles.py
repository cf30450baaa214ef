"""E5: role counts suit a DCN deployment.

Source: the guide, "Create control-plane roles", "Create DCN roles for dcn0".
"""

from __future__ import annotations

from helpers.tripleo.facts import cluster_name, has_storage, mon_roles, osd_roles, unknown_roles
from helpers.tripleo.findings import Finding, NotGiven
from helpers.tripleo.loader import Node
from helpers.tripleo.settings import judged
from helpers.tripleo.stacks import COUNT, DeploymentFiles, Stack

#: The number of monitors, and of nodes with OSDs, of a redundant cluster, as in the guide.
REDUNDANT = 3


def _number(node: Node) -> int | None:
    text = node.text.strip()
    return int(text) if text.isdecimal() and len(text) < 7 else None


def not_numbers(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Every role count is a number, and no role of `baremetal_deployment.yaml` lists more instances than it counts."""
    if not stack.counts:
        raise NotGiven(f"{stack}: no role counts in its own files")
    unknown = unknown_roles(stack)
    nodes = [node for role, definitions in stack.counts.items() if role not in unknown for node in definitions]
    return [Finding(node.place, node.shown, "a number of nodes") for node in nodes if _number(node) is None] + [
        finding for role in stack.baremetal for finding in _instances(role)
    ]


def _instances(role: Node) -> list[Finding]:
    """tripleo-ansible refuses them (`baremetal_deploy.validate_roles`). `provisioned: false` ones do not count."""
    count, listed = role.scalar("count"), list(role.mappings("instances"))
    wanted = [one for one in listed if (told := one.scalar("provisioned")) is None or told.true]
    number = 1 if count is None else _number(count)
    if number is None or len(wanted) <= number:
        return []
    written = f"count: {number}" if count else "no count, so 1"
    seen = f"{role.entries['name'].text} with {written}, and {len(wanted)} instances"
    return [Finding(count.place if count else role.place, seen, f"count: {len(wanted)}")]


def controllers(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """A DCN site has no Controller."""
    stack.check_given()
    nodes = stack.counts.get("Controller")
    return judged(stack, [nodes] if nodes else [], lambda node: _unless(not _number(node), node, "0 at a DCN site"))


def _unless(right: bool, node: Node, expected: str) -> Finding | None:
    return None if right else Finding(node.place, node.shown, expected)


def ceph_monitors(files: DeploymentFiles, stack: Stack, least: int | None = None) -> list[Finding]:
    """At least three nodes run CephMon, or the number in the environment file's min_mons, and ceph_spec.yaml agrees."""
    roles = sorted(mon_roles(stack))
    if not stack.central:
        # a DCN site has no Controller; the guide adds CephStorage to sites that are not hyper-converged
        roles = [*(role for role in roles if not role.startswith("Controller")), "CephStorage"]
    wanted = _redundant(files, stack) if least is None else least
    usual = "Controller" if stack.central else "DistributedComputeHCI"
    return _at_least(wanted, stack, files, roles, usual, "CephMon") or _labelled(stack, wanted)


def _labelled(stack: Stack, wanted: int) -> list[Finding]:
    """Where labels place the monitors, as in the spec that tripleo-ansible's `ceph_spec_bootstrap` writes."""
    labels = [host.get("labels") for host in stack.spec_hosts]
    labelled = [node for node in labels if node is not None and "mon" in node.elements()]
    if not labelled or len(labelled) >= wanted:
        return []
    seen = f"{len(labelled)} of {len(labels)} hosts with the label mon"
    return [Finding(labelled[0].place, seen, f"at least {wanted} hosts with it")]


def storage_nodes(files: DeploymentFiles, stack: Stack, least: int | None = None) -> list[Finding]:
    """At least three nodes of the central stack hold OSDs, or fewer if the environment file has fewer min_mons.

    At a DCN site, the check of the monitors covers this.
    """
    wanted = min(REDUNDANT, _redundant(files, stack)) if least is None else least
    if not stack.central:
        return []
    return _at_least(wanted, stack, files, sorted(osd_roles(stack)), "ComputeHCI", "CephOSD")


def _redundant(files: DeploymentFiles, stack: Stack) -> int:
    return files.min_mons.get(cluster_name(stack), REDUNDANT)


def _at_least(
    least: int, stack: Stack, files: DeploymentFiles, roles: list[str], usual: str, service: str
) -> list[Finding]:
    if not stack.counts or not has_storage(stack):
        raise NotGiven(f"{stack} has no role counts, or no storage")
    # the last of several counts of one role decides, which is not known here, so the highest is used
    counted = {
        role: max(stack.counts[role], key=lambda node: _number(node) or 0) for role in roles if role in stack.counts
    }
    numbers = [_number(node) for node in counted.values()]
    if None in numbers or sum(filter(None, numbers)) >= least:
        return []
    if unknown := unknown_roles(stack):
        raise NotGiven(f"{stack}: no roles file says what the nodes of {', '.join(unknown)} run")
    expected = f"at least {least} nodes that run {service}, such as {usual}Count: {least}"
    if not counted:
        finding = Finding(next(iter(stack.counts.values()))[0].place, "no such role", expected)
        return files.lacks(stack, finding, [node for role in roles for node in stack.maybe.get(f"{role}Count", ())])
    seen = ", ".join(_count(role, node) for role, node in counted.items())
    return [Finding(next(iter(counted.values())).place, seen, expected)]


def _count(role: str, node: Node) -> str:
    return f"{role}Count: {node.text}" if node.place.key.endswith("Count") else f"{role} with count: {node.text}"


def missing(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The stack sets the number of nodes of each role."""
    if stack.counts or stack.deployed:
        return []
    finding = Finding(stack.place, "no role counts", "a file with DistributedComputeHCICount: 3 or the like")
    others = [other for other in files.stacks if other is not stack]
    # nodes may be provisioned from files that are not here, unless every other stack sets its counts by parameters
    counting = [other for other in others if any(COUNT.match(name) for name in other.parameters)]
    if not others or counting != others:
        raise NotGiven(f"{stack}: no role counts in its own files; its nodes may be provisioned from others")
    return files.lacks(
        stack, finding, [node for name in stack.maybe if COUNT.match(name) for node in stack.maybe[name]]
    )


def other_inventory(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The inventory has the requested number of nodes of each role."""
    if not stack.inventories:
        raise NotGiven(f"no inventory of {stack}: it is made when the stack is deployed")
    found = []
    for role, counts in stack.counts.items():
        for inventory in stack.inventories:
            hosts = inventory.get(role, "hosts")
            if hosts is not None and not {_number(count) for count in counts} & {None, len(hosts.entries)}:
                seen = f"{len(hosts.entries)} hosts: {', '.join(hosts.entries)}"
                found.append(Finding(hosts.place, seen, f"{counts[0].text}, as {role}Count says", counts[0].place))
    return found[:1]

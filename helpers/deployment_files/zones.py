"""E4: the availability zone file agrees with its site. Source: the doc, "Deploy the dcn0 stack"."""

from __future__ import annotations

from collections.abc import Iterator

from helpers.deployment_files.facts import cluster_name, has_storage
from helpers.deployment_files.findings import Finding
from helpers.deployment_files.loader import Node
from helpers.deployment_files.stacks import DeploymentFiles, Stack

NOVA, CINDER, CLUSTER = "NovaComputeAvailabilityZone", "CinderStorageAvailabilityZone", "CinderVolumeCluster"
#: What environments/dcn-hci.yaml sets for every site alike.
_TEMPLATE_DEFAULT = "dcn"


def nova_zone(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """NovaComputeAvailabilityZone is this site's, and Cinder's is the same."""
    return _zone(files, stack, NOVA, CINDER)


def cinder_zone(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """CinderStorageAvailabilityZone is this site's, and Nova's is the same."""
    return _zone(files, stack, CINDER, NOVA) if has_storage(stack) else []


def _zone(files: DeploymentFiles, stack: Stack, name: str, partner: str) -> list[Finding]:
    nodes, theirs = stack.definitions(name), stack.parameter(partner)
    own = {stack.name, cluster_name(stack)}
    wanted = theirs.text.strip() if theirs else stack.name
    if not nodes:
        return [Finding(stack.place, f"no {name}", repr(wanted), theirs.place if theirs else None)]
    found = []
    for node in nodes:
        zone = node.text.strip()
        other = _at_another(files, stack, name, zone)
        if other is not None and zone not in own and _keeps(files, other[0], stack, zone):
            expected = f"{stack}'s own zone, not {other[0]}'s"
            found.append(Finding(node.place, node.shown, expected, other[1].place))
        elif zone in {"", _TEMPLATE_DEFAULT} - own:
            found.append(Finding(node.place, node.shown, repr(wanted), theirs.place if theirs else None))
        elif theirs is not None and zone != theirs.text.strip() and zone not in own and _blamed(name, theirs, own):
            found.append(Finding(node.place, node.shown, f"{theirs.shown}, as {partner} has it", theirs.place))
    return found


def _keeps(files: DeploymentFiles, other: Stack, stack: Stack, zone: str) -> bool:
    """Of two stacks with one zone, the one keeps it whose name it is; where it is neither's, the first."""
    return zone in {other.name, cluster_name(other)} or files.stacks.index(other) < files.stacks.index(stack)


def _blamed(name: str, theirs: Node, own: set[str]) -> bool:
    """Of two zones that differ, the one that is not the stack's name is wrong; where neither is, Cinder's."""
    return theirs.text.strip() in own or name == CINDER


def _at_another(files: DeploymentFiles, stack: Stack, name: str, value: str) -> tuple[Stack, Node] | None:
    """Another stack that sets the same value, or whose name it is."""
    for other in files.stacks:
        node = other.parameter(name)
        if other is not stack and node is not None and node.text.strip() == value:
            return other, node
    for other in files.stacks:
        if other is not stack and value in {other.name, cluster_name(other)} and other.parameter(name) is not None:
            return other, other.definitions(name)[0]
    return None


def cinder_cluster(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """CinderVolumeCluster, the active/active cluster, is this site's.

    Without it the volume service is active/passive.
    """
    if not has_storage(stack):
        return []
    zone = stack.parameter(NOVA)
    own = {stack.name, cluster_name(stack), *([zone.text.strip()] if zone else [])}
    nodes = stack.definitions(CLUSTER)
    if not nodes:
        seen = f"no {CLUSTER}; dcn-hci.yaml calls it {_TEMPLATE_DEFAULT!r} at every site"
        return [Finding(stack.place, seen, repr(stack.name))]
    return [
        Finding(node.place, node.shown, f"{stack.name!r}: a name of the site's own", zone.place if zone else None)
        for node in nodes
        if node.text.strip() not in own
    ]


def managed_networks(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """ManageNetworks is false: the networks are the central stack's."""
    nodes = stack.definitions("ManageNetworks")
    if not nodes:
        return [Finding(stack.place, "no ManageNetworks; its default is true", "ManageNetworks: false")]
    return [Finding(node.place, node.shown, "false") for node in nodes if node.true]


def cross_az_attach(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Nothing overrides NovaCrossAZAttach: false.

    dcn-hci.yaml and dcn.yaml set it.
    """
    expected = "false: with true, a volume of a one-command boot is made at central, and the server fails"
    return [Finding(node.place, node.shown, expected) for node in _cross_az(stack) if node.true]


def _cross_az(stack: Stack) -> Iterator[Node]:
    """The parameter itself, as a role's own, and as hieradata."""
    yield from stack.definitions("NovaCrossAZAttach")
    for name, nodes in stack.parameters.items():
        for node in nodes:
            if name.endswith("Parameters") and (own := node.scalar("NovaCrossAZAttach")):
                yield own
            if name.endswith("ExtraConfig"):
                hieradata = ("nova::cross_az_attach", "nova::cinder::cross_az_attach")
                yield from (own for key in hieradata if (own := node.scalar(key)))

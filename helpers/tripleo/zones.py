"""E4: the availability zone file agrees with its site. Source: the guide, "Deploy the dcn0 stack"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from helpers.tripleo.facts import cluster_name
from helpers.tripleo.findings import Finding
from helpers.tripleo.loader import Node
from helpers.tripleo.settings import Alternatives, Setting, judged
from helpers.tripleo.stacks import DeploymentFiles, Stack

#: The value in environments/dcn-hci.yaml and dcn-storage.yaml, which is the same for every site.
_TEMPLATE_DEFAULT = "dcn"
_TEMPLATES = "dcn-storage.yaml and dcn-hci.yaml set it"

NOVA = Setting("NovaComputeAvailabilityZone")
_BACKEND = Setting(
    "CinderRbdAvailabilityZone", ("tripleo::profile::base::cinder::volume::rbd::backend_availability_zone",)
)
_STORAGE = Setting("CinderStorageAvailabilityZone", ("cinder::storage_availability_zone",))
_CLUSTER = Setting("CinderVolumeCluster", ("tripleo::profile::base::cinder::volume::cinder_volume_cluster",))
_NETWORKS = Setting("ManageNetworks")
_CROSS_AZ = Setting(
    "NovaCrossAZAttach",
    ("nova::cross_az_attach", "nova::cinder::cross_az_attach"),
    (("nova::config::nova_config", "cinder/cross_az_attach"),),
)
Zones = Callable[[Stack], list[Alternatives]]


def nova_zones(stack: Stack) -> list[Alternatives]:
    """The definitions of the compute nodes' zone. An empty value is ignored: the zone then has the stack's name."""
    return _chosen(NOVA.groups(stack))


def cinder_zones(stack: Stack) -> list[Alternatives]:
    """The definitions of the volume service's zone: for the RBD backend, which takes precedence, or for the service."""
    return _chosen(_BACKEND.groups(stack)) or _chosen(_STORAGE.groups(stack))


def _chosen(groups: Sequence[Alternatives]) -> list[Alternatives]:
    """Drop empty values, and the templates' default if there is another value."""
    named = [tuple(node for node in group if node.text.strip()) for group in groups]
    return [_own(group) for group in named if group]


def _own(group: Alternatives) -> Alternatives:
    """Drop the templates' default, which other values override, if there is another value."""
    return tuple(node for node in group if node.text.strip() != _TEMPLATE_DEFAULT) or group


def nova_zone(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """NovaComputeAvailabilityZone is this site's zone, and Cinder's zone is the same."""
    if not nova_zones(stack):
        raise NOVA.not_given(stack, "without it the zone is called as the stack")
    return _judged(files, stack, nova_zones, cinder_zones)


def cinder_zone(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """CinderStorageAvailabilityZone is this site's zone, and Nova's zone is the same."""
    if not cinder_zones(stack):
        raise _STORAGE.not_given(stack, _TEMPLATES)
    return _judged(files, stack, cinder_zones, nova_zones)


def _judged(files: DeploymentFiles, stack: Stack, zones: Zones, partners: Zones) -> list[Finding]:
    theirs = next((node for group in partners(stack) for node in group), None)
    own = {stack.name, cluster_name(stack)}
    wanted = theirs.text.strip() if theirs else stack.name

    def judge(node: Node) -> Finding | None:
        zone = node.text.strip()
        other = _at_another(files, stack, zones, zone)
        if other is not None and zone not in own and _keeps(files, other[0], stack, zone):
            expected = f"{stack}'s own zone, not {other[0]}'s"
            return Finding(node.place, node.shown, expected, other[1].place)
        if zone == _TEMPLATE_DEFAULT and zone not in own:
            return Finding(node.place, node.shown, repr(wanted), theirs.place if theirs else None)
        if theirs is not None and zone != wanted and zone not in own and (wanted in own or zones is cinder_zones):
            # of two different zones, the one that is not the stack's name is wrong; if neither is, Cinder's is
            expected = f"{theirs.shown}, as {theirs.place.key.rpartition('.')[2]} has it"
            return Finding(node.place, node.shown, expected, theirs.place)
        return None

    return judged(stack, zones(stack), judge)


def _keeps(files: DeploymentFiles, other: Stack, stack: Stack, zone: str) -> bool:
    """Whether `other` keeps a zone that both stacks have: it is its name, or it is the first of the two."""
    return zone in {other.name, cluster_name(other)} or files.stacks.index(other) < files.stacks.index(stack)


def _at_another(files: DeploymentFiles, stack: Stack, zones: Zones, value: str) -> tuple[Stack, Node] | None:
    """Another stack that sets the same value or has it as its name."""
    others = [(other, node) for other in files.stacks if other is not stack for group in zones(other) for node in group]
    same = [(other, node) for other, node in others if node.text.strip() == value]
    called = [(other, node) for other, node in others if value in {other.name, cluster_name(other)}]
    return next(iter(same + called), None)


def cinder_cluster(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """CinderVolumeCluster names this site's own active/active cluster.

    Without it, the volume service is active/passive.
    """
    groups = [_own(group) for group in _CLUSTER.groups(stack)]
    if not groups:
        raise _CLUSTER.not_given(stack, _TEMPLATES)
    zone = next((node for group in nova_zones(stack) for node in group), None)
    own = {stack.name, cluster_name(stack), *([zone.text.strip()] if zone else [])}
    others = {name for other in files.stacks if other is not stack for name in _cluster_names(other)}

    def judge(node: Node) -> Finding | None:
        named = node.text.strip()
        if named in own or named not in {*others, _TEMPLATE_DEFAULT, ""}:
            return None
        expected = f"{stack.name!r}: a name of the site's own"
        return Finding(node.place, node.shown, expected, zone.place if zone else None)

    return judged(stack, groups, judge)


def _cluster_names(stack: Stack) -> set[str]:
    """The names of this stack's active/active cluster, which no other stack may use."""
    return {stack.name, cluster_name(stack), *(node.text.strip() for node in _CLUSTER.nodes(stack))}


def managed_networks(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """ManageNetworks is false: the networks are the central stack's."""
    groups = _NETWORKS.groups(stack)
    if not groups:
        raise _NETWORKS.not_given(stack, _TEMPLATES)
    return judged(stack, groups, lambda node: Finding(node.place, node.shown, "false") if node.true else None)


def cross_az_attach(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Nothing overrides NovaCrossAZAttach: false.

    dcn-hci.yaml and dcn.yaml set it.
    """
    stack.check_given()
    expected = "false: with true, a volume of a one-command boot is made at central, and the server fails"
    groups = _CROSS_AZ.groups(stack)
    return judged(stack, groups, lambda node: Finding(node.place, node.shown, expected) if node.true else None)

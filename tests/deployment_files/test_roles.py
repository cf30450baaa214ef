"""E5: how many nodes of which role each stack has.

Requires: --deployment-files DIR.
"""

from collections.abc import Callable

from fixtures.claims import claim
from helpers.deployment_files import roles
from helpers.deployment_files.findings import listing
from helpers.deployment_files.stacks import DeploymentFiles, Stack


@claim("E5")
def test_role_counts_are_there(deployment_files: DeploymentFiles, stack: Stack) -> None:
    """The stack says how many nodes of each role it has."""
    findings = roles.missing(deployment_files, stack)

    assert findings == [], listing(findings)


@claim("E5")
def test_role_counts_are_numbers(deployment_files: DeploymentFiles, stack: Stack) -> None:
    """Every role count is a number."""
    findings = roles.not_numbers(deployment_files, stack)

    assert findings == [], listing(findings)


@claim("E5")
def test_inventory_has_the_counted_nodes(deployment_files: DeploymentFiles, stack: Stack) -> None:
    """The inventory has as many nodes of each role as were asked for."""
    findings = roles.other_inventory(deployment_files, stack)

    assert findings == [], listing(findings)


@claim("E5")
def test_three_nodes_run_ceph_mon(
    deployment_files: DeploymentFiles, storage_stack: Stack, redundancy: Callable[[Stack], int]
) -> None:
    """Three or more nodes are to run CephMon, or as many as the environment file has for min_mons."""
    findings = roles.ceph_monitors(deployment_files, storage_stack, redundancy(storage_stack))

    assert findings == [], listing(findings)


@claim("E5")
def test_three_nodes_hold_osds(
    deployment_files: DeploymentFiles, storage_stack: Stack, redundancy: Callable[[Stack], int]
) -> None:
    """Three or more nodes of the central stack are to hold OSDs, or fewer where the environment file has fewer mons."""
    findings = roles.storage_nodes(deployment_files, storage_stack, min(roles.REDUNDANT, redundancy(storage_stack)))

    assert findings == [], listing(findings)


@claim("E5")
def test_no_controller_at_a_dcn_site(deployment_files: DeploymentFiles, dcn_stack: Stack) -> None:
    """A DCN site has no Controller."""
    findings = roles.controllers(deployment_files, dcn_stack)

    assert findings == [], listing(findings)

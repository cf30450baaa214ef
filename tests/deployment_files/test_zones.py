"""E4: the availability zone file of each DCN site.

Requires: --deployment-files DIR.
"""

from fixtures.claims import claim
from helpers.deployment_files import zones
from helpers.deployment_files.findings import listing
from helpers.deployment_files.stacks import DeploymentFiles, Stack


@claim("E4")
def test_nova_zone_is_the_sites(deployment_files: DeploymentFiles, dcn_stack: Stack) -> None:
    """NovaComputeAvailabilityZone is this site's, and Cinder's is the same."""
    findings = zones.nova_zone(deployment_files, dcn_stack)

    assert findings == [], listing(findings)


@claim("E4")
def test_cinder_zone_is_the_sites(deployment_files: DeploymentFiles, dcn_stack: Stack) -> None:
    """CinderStorageAvailabilityZone is this site's, and Nova's is the same."""
    findings = zones.cinder_zone(deployment_files, dcn_stack)

    assert findings == [], listing(findings)


@claim("E4")
def test_cinder_cluster_is_the_sites(deployment_files: DeploymentFiles, dcn_stack: Stack) -> None:
    """CinderVolumeCluster, the active/active cluster, is this site's."""
    findings = zones.cinder_cluster(deployment_files, dcn_stack)

    assert findings == [], listing(findings)


@claim("E4")
def test_networks_are_not_managed(deployment_files: DeploymentFiles, dcn_stack: Stack) -> None:
    """ManageNetworks is false: the networks are the central stack's."""
    findings = zones.managed_networks(deployment_files, dcn_stack)

    assert findings == [], listing(findings)


@claim("E4")
def test_cross_az_attach_stays_off(deployment_files: DeploymentFiles, dcn_stack: Stack) -> None:
    """Nothing overrides NovaCrossAZAttach: false."""
    findings = zones.cross_az_attach(deployment_files, dcn_stack)

    assert findings == [], listing(findings)

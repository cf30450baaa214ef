"""E2: the `CephExternalMultiConfig` entries by which the others are clients of this stack's cluster.

Requires: --deployment-files DIR.
"""

from fixtures.claims import claim
from helpers.deployment_files import external
from helpers.deployment_files.findings import listing
from helpers.deployment_files.stacks import DeploymentFiles, Stack


@claim("E2")
def test_external_entry_is_there(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """Every stack that must be a client of this cluster is given an entry for it."""
    findings = external.missing(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_external_entry_is_the_only_one(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """No list has two entries for this cluster."""
    findings = external.repeated(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_external_entries_are_of_known_clusters(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """This stack is given entries only for the clusters of other stacks."""
    findings = external.of_nobody(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_cluster_name_is_the_same_everywhere(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """All files call this cluster by one name, which no other cluster has."""
    findings = external.cluster_names(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_fsid_is_the_clusters(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The entry's FSID is this cluster's, and no other cluster has it."""
    findings = external.wrong_fsid(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_mon_ips_are_the_monitors(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The entry's addresses are the storage IPs of this stack's CephMon hosts, in any order."""
    findings = external.wrong_monitors(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_monitors_have_a_storage_ip(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The inventory gives every CephMon host a storage IP."""
    findings = external.monitors_without_address(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_external_key_is_the_clusters(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The entry's key is the one that this cluster was given for that user."""
    findings = external.wrong_key(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_external_caps_are_the_clusters(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The entry's key item has the caps and mode with which the key was made."""
    findings = external.other_caps(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_keyring_path_is_the_clusters(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The entry's keyring is this cluster's file of that user in /etc/ceph."""
    findings = external.wrong_keyring(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E2")
def test_dashboard_is_disabled(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The entry disables the dashboard, which cannot be deployed on an external cluster."""
    findings = external.dashboard(deployment_files, storage_stack)

    assert findings == [], listing(findings)

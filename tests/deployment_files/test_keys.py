"""E1: the cephx keys that the sites give each other.

Requires: --deployment-files DIR.
"""

from fixtures.claims import claim
from helpers.deployment_files import keys
from helpers.deployment_files.findings import listing
from helpers.deployment_files.stacks import DeploymentFiles, Stack


@claim("E1")
def test_external_key_is_declared(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The stack declares client.external, the key that it gives to the other sites."""
    findings = keys.missing(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E1")
def test_external_key_decodes(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The external key is a cephx key: base64 of type 1 and a secret of 16 bytes."""
    findings = keys.undecodable(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E1")
def test_external_key_has_the_caps(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The key may use the pools vms, volumes and images, by profile rbd, and mgr and mon as RBD needs."""
    findings = keys.wrong_caps(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E1")
def test_external_key_is_for_its_owner_only(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The keyring's mode is 0600."""
    findings = keys.wrong_mode(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E1")
def test_external_key_is_of_this_site_only(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """No other site has the same key."""
    findings = keys.shared(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E1")
def test_external_key_is_the_deployed_one(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """What the deployment left has the key that CephExtraKeys has now."""
    findings = keys.stale(deployment_files, storage_stack)

    assert findings == [], listing(findings)

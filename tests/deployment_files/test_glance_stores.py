"""E3: the stores of each site's Glance, and what Glance must be able to do.

Requires: --deployment-files DIR.
"""

from fixtures.claims import claim
from helpers.deployment_files import multistore
from helpers.deployment_files.findings import listing
from helpers.deployment_files.stacks import DeploymentFiles, Stack


@claim("E3")
def test_central_has_a_store_for_this_site(deployment_files: DeploymentFiles, dcn_storage_stack: Stack) -> None:
    """Central's Glance has a store on this site's cluster."""
    findings = multistore.central_lists(deployment_files, dcn_storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_site_has_a_store_for_central(deployment_files: DeploymentFiles, dcn_storage_stack: Stack) -> None:
    """This site's Glance has a store on central's cluster."""
    findings = multistore.lists_central(deployment_files, dcn_storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_store_cluster_is_the_sites(deployment_files: DeploymentFiles, dcn_storage_stack: Stack) -> None:
    """Both stores between this site and central name the cluster as its own files do."""
    findings = multistore.wrong_cluster(deployment_files, dcn_storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_store_user_has_a_key(deployment_files: DeploymentFiles, dcn_storage_stack: Stack) -> None:
    """Both stores use a cephx user whose key CephExternalMultiConfig brings."""
    findings = multistore.wrong_user(deployment_files, dcn_storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_store_is_rbd(deployment_files: DeploymentFiles, dcn_storage_stack: Stack) -> None:
    """Both stores between this site and central are of type rbd."""
    findings = multistore.wrong_backend(deployment_files, dcn_storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_store_id_is_the_same_at_both_ends(deployment_files: DeploymentFiles, dcn_storage_stack: Stack) -> None:
    """Where a site names its own store, the other end calls it by the same id."""
    findings = multistore.other_ids(deployment_files, dcn_storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_stores_are_of_known_clusters(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """Every rbd store is on a cluster that one of the stacks deploys."""
    findings = multistore.of_nobody(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_copy_image_is_enabled(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The import methods contain web-download and copy-image."""
    findings = multistore.import_methods(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_multiple_locations_are_shown(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """Glance shows multiple locations."""
    findings = multistore.multiple_locations(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_own_store_is_rbd(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The site's own store is of type rbd."""
    findings = multistore.own_backend(deployment_files, storage_stack)

    assert findings == [], listing(findings)


@claim("E3")
def test_image_conversion_is_on(deployment_files: DeploymentFiles, storage_stack: Stack) -> None:
    """The import plugins are not overridden without image_conversion."""
    findings = multistore.image_conversion(deployment_files, storage_stack)

    assert findings == [], listing(findings)

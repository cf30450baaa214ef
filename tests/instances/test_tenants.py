"""The workflow as an ordinary member of a project. Needs `tenant` in the environment file."""

import http

from fixtures.plugin.claims import claim
from fixtures.stages.absent_images import AbsentImageServer
from fixtures.stages.images import ChangedImage
from fixtures.stages.servers import VolumeServer
from fixtures.stages.tenants import TenantCopy
from helpers.actions.servers import BootedServer
from helpers.environment import Environment, Site


@claim("C10")
def test_tenant_imports_an_image(tenant_image: ChangedImage, environment: Environment, tenant_dcn: Site):
    """A tenant's image is imported by web-download into exactly the stores that the tenant asked for."""
    image = tenant_image.after

    assert image.stores == {environment.central.store, tenant_dcn.store}
    assert image.sites_by_cluster == {environment.central.name, tenant_dcn.name}


@claim("C10")
def test_tenant_boots_from_the_local_copy(tenant_server: BootedServer, tenant_dcn: Site):
    """A tenant's server is in this site's zone, and its disk is a clone of the local copy, and nowhere else."""
    assert tenant_server.server.availability_zone == tenant_dcn.availability_zone
    assert tenant_server.disk.sites == {tenant_dcn.name}
    assert tenant_server.disk.copies[tenant_dcn.name].parent == _snapshot_of(tenant_server.image, tenant_dcn)


@claim("C10")
def test_tenant_boots_from_a_volume(tenant_volume_server: VolumeServer, tenant_image: ChangedImage, tenant_dcn: Site):
    """A tenant's server boots from a volume, which is a clone of the local copy, and nowhere else."""
    made = tenant_volume_server.volume

    assert tenant_volume_server.server.availability_zone == tenant_dcn.availability_zone
    assert made.disk.sites == {tenant_dcn.name}
    assert made.disk.copies[tenant_dcn.name].parent == _snapshot_of(tenant_image.after.id, tenant_dcn)


@claim("C10")
def test_tenant_takes_a_snapshot(tenant_snapshot: ChangedImage, tenant_dcn: Site):
    """The image of a tenant's server is in this site's store only."""
    assert tenant_snapshot.after.stores == {tenant_dcn.store}
    assert tenant_snapshot.after.sites_by_cluster == {tenant_dcn.name}


@claim("C10")
def test_tenant_copies_or_may_not(tenant_copy: TenantCopy, tenant_dcn: Site):
    """A tenant's image is copied to this site's store, or the policy of Glance forbids it, and nothing changes."""
    refused, added = tenant_copy.refusal, {tenant_dcn.store}
    if refused is None:
        assert tenant_copy.after.stores == tenant_copy.before.stores | added
        return

    assert refused.status == http.HTTPStatus.FORBIDDEN, refused.message
    assert tenant_copy.after.stores == tenant_copy.before.stores
    assert tenant_copy.after.sites_by_cluster == tenant_copy.before.sites_by_cluster


@claim("C10")
def test_tenant_boots_an_absent_image(tenant_absent_server: AbsentImageServer, tenant_dcn: Site):
    """A tenant's server from an image that only central has is what nova.conf says; without a right to copy, ERROR."""
    assert tenant_absent_server.seen == tenant_absent_server.expected


def _snapshot_of(image: str | None, site: Site) -> str:
    return f"{site.ceph.pools.images}/{image}@snap"

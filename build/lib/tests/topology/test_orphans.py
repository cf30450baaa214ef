"""What is in the clusters has a record. Needs a mon node per site, and a login that sees all projects."""

from fixtures.plugin.claims import claim
from fixtures.stages.orphans import SiteOrphans
from helpers.environment import Site


@claim("A23")
def test_every_image_has_a_record(image_orphans: SiteOrphans, site: Site):
    """Every image in this site's pool of images, or in its trash, has a record in Glance."""
    seen = dict.fromkeys(image_orphans.orphans, "no record")

    assert seen == dict.fromkeys(seen, "a record")


@claim("A23")
def test_every_disk_has_a_server(disk_orphans: SiteOrphans, compute_site: Site):
    """Every disk in this site's pool of servers' disks, or in its trash, belongs to a server."""
    seen = dict.fromkeys(disk_orphans.orphans, "no server")

    assert seen == dict.fromkeys(seen, "a server")


@claim("A23")
def test_every_volume_has_a_record(volume_orphans: SiteOrphans, compute_site: Site):
    """Every volume in this site's pool of volumes, or in its trash, has a record in Cinder."""
    seen = dict.fromkeys(volume_orphans.orphans, "no record")

    assert seen == dict.fromkeys(seen, "a record")

"""Record, locations and clusters agree on where an image is, and its bytes are the same everywhere."""

import pytest

from fixtures.plugin.claims import claim
from fixtures.plugin.outcomes import tell_unseen
from fixtures.stages.images import ChangedImage, Digest, GuestImage
from fixtures.stages.locating import GlanceInUse
from fixtures.stages.topology import ClusterFacts
from helpers.actions.images import UploadedImage
from helpers.environment import Environment, Site
from helpers.openstack.records import ImageRecord
from helpers.witnesses.images import Copy


@claim("B4", "A6")
def test_record_has_locations(guest_image: ChangedImage, central_glance_in_use: GlanceInUse, central: Site):
    """The Glance that Nova and Cinder use shows the image's locations and its direct_url."""
    record, url = guest_image.after.record, central.services_glance
    hidden = record.locations is None or (record.direct_url is None and not by_api(record))
    if hidden and not central.glance_internal and (doubt := central_glance_in_use.doubt(central)):
        tell_unseen([doubt])

    assert record.locations is not None, f"locations are hidden: show_multiple_locations is false on Glance at {url}"
    assert record.locations, f"image {record.id} is active, and its record names no location"
    assert not hidden, f"direct_url is hidden: show_image_direct_url is false on Glance at {url}"


def by_api(record: ImageRecord) -> bool:
    """Whether the locations API shows the locations; it has no direct_url."""
    return record.located.endswith("/locations")


@claim("B4")
def test_location_names_this_cluster(site_image: GuestImage, ceph_cluster: ClusterFacts, site: Site):
    """One location is rbd://FSID/images/ID/snap with the FSID of this site's cluster."""
    image = site_image.after
    expected = f"rbd://{ceph_cluster.fsid}/{site.ceph.pools.images}/{image.id}/snap"

    assert expected in [location.url for location in image.locations]


@claim("B4")
def test_direct_url_names_the_default_cluster(guest_image: ChangedImage, environment: Environment):
    """direct_url is the location in central's cluster, the default store."""
    image, central = guest_image.after, environment.central

    if by_api(image.record):
        pytest.skip("the locations API shows the locations in place of direct_url")
    if (direct_url := image.record.direct_url) is None:
        tell_unseen([f"image {image.id}: direct_url is hidden, so that it cannot be compared (A6)"])

    assert direct_url.fsid == image.fsids[central.name]


@claim("B4")
def test_locations_agree_with_the_record(site_image: GuestImage, environment: Environment, site: Site):
    """The sites that the locations name by their FSIDs are the sites of the record's stores."""
    image = site_image.after

    assert image.stores, f"the record of image {image.id} names no store"
    assert image.sites_by_location == {other.name for other in environment.storage_sites if other.store in image.stores}


@claim("B5")
def test_clusters_agree_with_the_record(site_image: GuestImage, environment: Environment, site: Site):
    """The sites whose clusters hold the image are the sites of the record's stores."""
    image = site_image.after

    assert image.stores, f"the record of image {image.id} names no store"
    assert image.sites_by_cluster == {other.name for other in environment.storage_sites if other.store in image.stores}


@claim("B5")
def test_cluster_holds_image_and_protected_snapshot(site_image: GuestImage, site: Site):
    """This site's cluster holds the whole image, of the record's size, and its protected snapshot."""
    image = site_image.after

    assert image.copies[site.name] == Copy.whole(image.record.size)


@claim("B6")
def test_bytes_are_the_record_s(site_image: GuestImage, image_digest: Digest, site: Site):
    """SHA-512 of what this cluster stores is the record's os_hash_value."""
    if image_digest.sha512 is None:
        pytest.skip("larger than limits.compare_bytes of the environment file")

    assert site_image.after.record.hash_algorithm == "sha512"
    assert image_digest.sha512 == site_image.after.record.hash


@claim("B6")
def test_bytes_are_what_was_uploaded(uploaded_image: UploadedImage, spread_digest: Digest, site: Site):
    """This cluster stores exactly the bytes that this run has uploaded."""
    assert spread_digest.sha512 == uploaded_image.sha512

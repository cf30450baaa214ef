"""Deleting an image, and deleting one copy of it."""

from fixtures.plugin.claims import claim
from fixtures.stages.images import ChangedImage
from helpers.environment import Environment, Site
from helpers.witnesses.images import ABSENT


@claim("B7")
def test_delete_removes_the_record(deleted_image: ChangedImage):
    """A deleted image has no record any more."""
    assert deleted_image.after.record is None


@claim("B7")
def test_delete_removes_the_data(deleted_image: ChangedImage, site: Site):
    """A deleted image is gone from this site's cluster, where it was; nothing is left in the trash."""
    assert deleted_image.before.copies[site.name].present, f"the image was not in {site}'s cluster before"
    assert deleted_image.after.copies[site.name] == ABSENT


@claim("B8")
def test_stores_delete_removes_exactly_this_store(image_after_store_delete: ChangedImage, dcn: Site):
    """The record loses this site's store, and no other."""
    before, after = image_after_store_delete.before, image_after_store_delete.after

    assert before.stores >= {dcn.store}
    assert after.stores == before.stores - {dcn.store}


@claim("B8")
def test_stores_delete_removes_exactly_this_location(image_after_store_delete: ChangedImage, dcn: Site):
    """The image loses its location in this site's cluster, and no other."""
    before, after = image_after_store_delete.before, image_after_store_delete.after

    assert dcn.name in before.sites_by_location
    assert after.sites_by_location == before.sites_by_location - {dcn.name}


@claim("B8")
def test_stores_delete_removes_the_data_here_only(
    image_after_store_delete: ChangedImage, environment: Environment, dcn: Site
):
    """This site's cluster has lost the image, and every other one has what it had."""
    before, after = image_after_store_delete.before.copies, image_after_store_delete.after.copies

    assert before[dcn.name].present, f"the image was not in {dcn}'s cluster before"
    assert after[dcn.name] == ABSENT
    assert after.without(dcn.name) == before.without(dcn.name)

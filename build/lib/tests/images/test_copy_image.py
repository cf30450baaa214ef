"""copy-image, to one site's store and to several at once."""

from fixtures.plugin.claims import claim
from fixtures.stages.images import ChangedImage, CopiedImage
from helpers.environment import Environment, Site
from helpers.witnesses.images import Copy


@claim("B3")
def test_copy_image_adds_exactly_this_store(copied_image: CopiedImage, later_dcn: Site):
    """copy-image adds this site's store, and no other."""
    assert copied_image.after.stores == copied_image.before.stores | {later_dcn.store}


@claim("B3")
def test_copy_image_keeps_the_image(copied_image: CopiedImage, later_dcn: Site):
    """The copied image has the same id, hash, checksum, format and size as before."""
    before, after = copied_image.before, copied_image.after.record

    assert (after.id, after.hash_algorithm, after.hash) == (before.id, before.hash_algorithm, before.hash)
    assert (after.checksum, after.disk_format, after.size) == (before.checksum, before.disk_format, before.size)


@claim("B3")
def test_copy_image_to_several_stores_at_once(spread_image: ChangedImage, environment: Environment):
    """One copy-image request adds every DCN store, and no other."""
    added = {site.store for site in environment.dcn_storage_sites}

    assert spread_image.after.stores == spread_image.before.stores | added
    assert spread_image.after.record.failed == frozenset()


@claim("B3")
def test_one_request_reaches_every_cluster(spread_image: ChangedImage, dcn: Site):
    """The copy that one request has sent to several stores is in this site's cluster."""
    assert spread_image.after.copies[dcn.name] == Copy.whole(spread_image.after.record.size)

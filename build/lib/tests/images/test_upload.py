"""An image that is uploaded into one store, and copied from there: what every deployment can do."""

from fixtures.plugin.claims import claim
from helpers.actions.images import UploadedImage
from helpers.environment import Environment, Site
from helpers.witnesses.images import ABSENT, Copy


@claim("B11")
def test_upload_stores_what_was_sent(uploaded_image: UploadedImage, central: Site):
    """The uploaded image is active in exactly central's store, and is what was sent."""
    record = uploaded_image.image.record

    assert (record.status, record.stores) == ("active", frozenset({central.store}))
    assert (record.size, record.hash) == (uploaded_image.size, uploaded_image.sha512)


@claim("B11")
def test_upload_reaches_central_only(uploaded_image: UploadedImage, site: Site):
    """Central's cluster holds the uploaded image and its protected snapshot, and no other cluster does."""
    expected = Copy.whole(uploaded_image.size) if site.central else ABSENT

    assert uploaded_image.image.copies[site.name] == expected


@claim("B11")
def test_copy_of_an_upload_adds_exactly_this_store(pushed_image: UploadedImage, central: Site, dcn: Site):
    """A copy-image of an uploaded image adds this site's store, and no other; the bytes are still those sent."""
    record = pushed_image.image.record

    assert record.stores == frozenset({central.store, dcn.store})
    assert (record.size, record.hash) == (pushed_image.size, pushed_image.sha512)


@claim("B11")
def test_copy_of_an_upload_is_in_this_cluster(pushed_image: UploadedImage, environment: Environment, dcn: Site):
    """Exactly the clusters of central and of this site hold the copied image."""
    image = pushed_image.image

    assert image.copies[dcn.name] == Copy.whole(pushed_image.size)
    assert image.sites_by_cluster == {environment.central.name, dcn.name}

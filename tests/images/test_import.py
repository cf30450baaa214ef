"""Imports into several stores at once: web-download as in the guide; glance-direct where it is offered; all_stores."""

from fixtures.plugin.claims import claim
from fixtures.stages.images import ChangedImage
from helpers.actions.images import UploadedImage, first_stores
from helpers.environment import Environment, Site
from helpers.witnesses.images import ABSENT, Copy

NONE: frozenset[str] = frozenset()


@claim("B1")
def test_web_download_stores_exactly_where_asked(imported_image: ChangedImage, environment: Environment):
    """The image is active in exactly the stores that the import named."""
    record = imported_image.after.record

    assert record.status == "active"
    assert record.stores == frozenset(first_stores(environment))


@claim("B1")
def test_web_download_leaves_nothing_undone(imported_image: ChangedImage):
    """No store is still importing, and none has failed."""
    record = imported_image.after.record

    assert record.importing_to == NONE
    assert record.failed == NONE


@claim("B1", "A7")
def test_web_download_converts_to_raw(imported_image: ChangedImage):
    """The image is stored raw, whatever format was downloaded."""
    assert imported_image.after.record.disk_format == "raw"


@claim("B2")
def test_glance_direct_stores_exactly_where_asked(direct_image: UploadedImage, central: Site):
    """A staged image is active in exactly central's store, and is what was uploaded."""
    record = direct_image.image.record

    assert record.stores == frozenset({central.store})
    assert (record.size, record.hash) == (direct_image.size, direct_image.sha512)


@claim("B2")
def test_all_stores_reaches_every_site(all_stores_image: UploadedImage, environment: Environment, site: Site):
    """all_stores with all_stores_must_succeed puts the image into this site's cluster, and the record says so."""
    image = all_stores_image.image

    assert {site.store} <= image.record.stores
    assert image.copies[site.name] == Copy.whole(all_stores_image.size)


@claim("B2")
def test_best_effort_reaches_every_site(best_effort_image: UploadedImage, site: Site):
    """all_stores without all_stores_must_succeed puts the image into this site's cluster too; no store has failed."""
    image = best_effort_image.image

    assert image.record.failed == NONE
    assert {site.store} <= image.record.stores
    assert image.copies[site.name] == Copy.whole(best_effort_image.size)


@claim("B5")
def test_import_reaches_no_other_cluster(guest_image: ChangedImage, environment: Environment, site: Site):
    """After the first import exactly the clusters of the stores that it named hold the image."""
    image = guest_image.after
    asked = site.store in first_stores(environment)

    assert image.copies[site.name] == (Copy.whole(image.record.size) if asked else ABSENT)

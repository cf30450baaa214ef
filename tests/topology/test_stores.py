"""Each Glance's stores, import methods and settings."""

import pytest

from fixtures.plugin.claims import claim
from fixtures.plugin.outcomes import tell_unseen
from fixtures.stages.locating import GlanceInUse, PublicRecord
from fixtures.stages.topology import GlanceConfigs, GlanceFacts
from helpers.environment import Environment, Site
from helpers.listed import Listed


@claim("A2")
def test_central_glance_has_every_store(central_glance: GlanceFacts, environment: Environment):
    """Central's Glance has the stores of all sites with storage, and no unknown one."""
    assert central_glance.writable - environment.spare_stores == {site.store for site in environment.storage_sites}


@claim("A2")
def test_central_glance_has_this_store(central_glance: GlanceFacts, site: Site):
    """Central's Glance has this site's store, writable; where it shows details: an RBD store in this site's pool."""
    assert {site.store} <= {store.id for store in central_glance.stores}

    store = central_glance.store(site.store)
    users = {store.user} if site.central else {site.ceph.client, None}

    assert not store.read_only, f"store {store.id} is read-only"
    assert store.type in {"rbd", None}
    assert store.pool in {site.ceph.pools.images, None}
    assert store.user in users


@claim("A2")
def test_central_store_is_the_default(central_glance: GlanceFacts, central: Site):
    """The default store of central's Glance is central's own."""
    assert central_glance.default == central.store


@claim("A3")
def test_local_store_is_the_default(dcn_glance: GlanceFacts, glance_dcn: Site):
    """The default store of this site's Glance is its local one."""
    dcn = glance_dcn
    stores = ", ".join(sorted(store.id for store in dcn_glance.stores))
    seen = f"{dcn}\nexpected: {dcn.local_store}\nseen:     {dcn_glance.default}\nstores:   {stores}"

    assert dcn_glance.default == dcn.local_store, seen


@claim("A3")
def test_central_is_the_one_additional_store(dcn_glance: GlanceFacts, environment: Environment, glance_dcn: Site):
    """Besides the local store this site's Glance has central's, and no other."""
    assert dcn_glance.writable - environment.spare_stores == {glance_dcn.local_store, glance_dcn.central_store}


@claim("A5")
def test_import_methods_are_enabled(glance_service: GlanceFacts, environment: Environment, glance_site: Site):
    """copy-image is enabled on this site's Glance, and web-download where users import an image by its address."""
    by_address = environment.image.uri and glance_site.users_import

    assert {"copy-image", *(["web-download"] if by_address else [])} <= glance_service.import_methods


@claim("A6")
def test_locations_are_shown(glance_config: GlanceConfigs, glance_in_use: GlanceInUse, glance_site: Site):
    """Every Glance of this site shows multiple locations and the direct URL to the services that use it."""
    if glance_site.glance_internal:
        pytest.skip("Nova and Cinder use the internal Glance")
    seen = glance_config.locating
    if not all(seen.values()) and (doubt := glance_in_use.doubt(glance_site)):
        tell_unseen([doubt])

    assert seen == dict.fromkeys(seen, True)


@claim("A6")
def test_internal_glance_shows_locations(internal_glance_config: GlanceConfigs, internal_site: Site):
    """Every internal Glance of this site shows multiple locations and the direct URL."""
    seen = internal_glance_config.locating

    assert seen == dict.fromkeys(seen, True)


@claim("A6")
def test_public_glance_hides_locations(public_glance_config: GlanceConfigs, internal_site: Site):
    """Beside an internal Glance, the public Glances of this site hide locations and direct URL (OSSN-0090)."""
    seen = public_glance_config.locating

    assert seen == dict.fromkeys(seen, False)


@claim("A6")
def test_services_use_the_internal_glance(internal_glance_in_use: GlanceInUse, internal_site: Site):
    """nova-compute and cinder-volume of this site use the internal Glance, which shows them the locations."""
    named = Listed(
        tuple(use for use in internal_glance_in_use.uses if use.url),
        f"{internal_site}: neither nova.conf nor cinder.conf names a Glance",
        internal_glance_in_use.reproduce,
    )
    seen = {str(use): use.url for use in named}

    assert seen == {
        str(use): use.url if use.is_at(internal_site.glance_internal) else internal_site.glance_internal
        for use in named
    }
    tell_unseen(internal_glance_in_use.unread)


@claim("A6")
def test_public_record_hides_locations(public_record: PublicRecord, internal_central: Site):
    """Users do not see in an image's record where it is: the public Glance shows no locations and no direct_url."""
    seen = {"locations": public_record.record.locations, "direct_url": public_record.record.direct_url}

    assert seen == dict.fromkeys(seen)


@claim("A7")
def test_conversion_is_on(glance_config: GlanceConfigs, glance_site: Site):
    """Every Glance of this site that can import converts what it imports to raw."""
    if not glance_site.has_storage:
        pytest.skip("this site's Glance has no Ceph cluster, and an image of any format can be kept elsewhere")
    if not glance_site.users_import:
        pytest.skip("this site's Glance is for services alone: no user imports images there")
    importing = [config for config in glance_config.nodes if config.imports]
    if not importing:
        pytest.skip("no import runs on this site's Glance: it can only copy images")

    plugins = {config.node: frozenset(config.import_plugins) for config in importing}
    formats = {f"{config.node} output_format": config.output_format or "raw" for config in importing}
    assert plugins == {node: names | {"image_conversion"} for node, names in plugins.items()}
    assert formats == dict.fromkeys(formats, "raw")

"""Who may read the cephx keys on the nodes. Needs SSH to every node."""

from fixtures.plugin.claims import claim
from fixtures.plugin.outcomes import tell_unseen
from fixtures.stages.keyrings import OWNERS_ALONE, READABLE, Keys
from helpers.environment import Environment, Site


@claim("A8")
def test_no_key_is_for_everybody(dcn_keys: Keys, dcn: Site):
    """No file with a cephx key on this site's nodes can be read or written by everybody, whoever's key it is."""
    assert dcn_keys.exposed == dict.fromkeys(dcn_keys.exposed, OWNERS_ALONE)
    tell_unseen(dcn_keys.unseen)


@claim("A8")
def test_services_may_read_their_keyrings(dcn_keys: Keys, dcn: Site):
    """Glance, Nova and Cinder here can read the keyrings of all clusters that their configuration names."""
    assert dcn_keys.readable == dict.fromkeys(dcn_keys.readable, READABLE)
    tell_unseen((*dcn_keys.unseen, *dcn_keys.nowhere))


@claim("A8")
def test_no_key_is_for_everybody_without_storage(bare_keys: Keys, bare_site: Site):
    """No file with a cephx key on the nodes of a site without storage can be read or written by everybody."""
    seen = {str(key): key.access for key in bare_keys.files if key.service is None}

    assert seen == dict.fromkeys(seen, OWNERS_ALONE)  # there need not be any
    tell_unseen(bare_keys.unseen)


@claim("A9")
def test_no_key_of_this_site_is_for_everybody(central_keys: Keys, dcn: Site):
    """No key to this site's cluster can be read or written by everybody on central's nodes."""
    keys = central_keys.of_cluster(dcn.ceph.cluster)

    assert keys.exposed == dict.fromkeys(keys.exposed, OWNERS_ALONE)
    tell_unseen(keys.unseen)


@claim("A9")
def test_services_may_read_this_site_s_keyrings(central_keys: Keys, dcn: Site):
    """The services at central can read the keyrings of this site's cluster that their configuration names."""
    keys = central_keys.of_cluster(dcn.ceph.cluster)

    assert keys.readable == dict.fromkeys(keys.readable, READABLE)
    tell_unseen((*keys.unseen, *keys.nowhere))


@claim("A9")
def test_no_other_key_at_central_is_for_everybody(central_keys: Keys, environment: Environment, central_site: Site):
    """No other key on central's nodes can be read or written by everybody, central's own among them."""
    keys = central_keys.of_others(*(site.ceph.cluster for site in environment.dcn_storage_sites))

    assert keys.exposed == dict.fromkeys(keys.exposed, OWNERS_ALONE)
    tell_unseen(keys.unseen)


@claim("A9")
def test_services_may_read_central_s_keyrings(central_keys: Keys, environment: Environment, central_site: Site):
    """Glance, Nova and Cinder at central can read all other keyrings that their configuration names."""
    keys = central_keys.of_others(*(site.ceph.cluster for site in environment.dcn_storage_sites))

    assert keys.readable == dict.fromkeys(keys.readable, READABLE)
    tell_unseen((*keys.unseen, *keys.nowhere))

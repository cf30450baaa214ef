"""Each site's Ceph cluster: its own, healthy, and with the key that the other sites use. Needs a mon node per site."""

import warnings

from fixtures.plugin.claims import claim
from fixtures.plugin.outcomes import tell_unseen
from fixtures.stages.topology import NO_SUCH_USER, ClusterFacts, Identity, OwnConfs
from helpers.ceph.capabilities import compared
from helpers.ceph.observed import BySite
from helpers.environment import Environment, Site


@claim("A1")
def test_fsid_is_this_site_s_own(ceph_cluster: ClusterFacts, identities: BySite[Identity], site: Site):
    """No other site's cluster has this site's FSID."""
    same = identities.without(site.name).where(lambda other: other.fsid == ceph_cluster.fsid)

    assert same == frozenset()


@claim("A1")
def test_clients_have_this_fsid(ceph_cluster: ClusterFacts, own_confs: OwnConfs, site: Site):
    """The ceph.conf that clients on this site's nodes read gives them the FSID of the cluster itself."""
    assert own_confs.fsids == dict.fromkeys(own_confs.fsids, ceph_cluster.fsid)


@claim("A10")
def test_external_client_has_caps(ceph_cluster: ClusterFacts, site: Site):
    """client.external may do what the guide gives it, no less, and no more; a user with other duties, no less."""
    seen, expected = compared(ceph_cluster.external_caps, site.ceph)

    assert seen == expected


@claim("A10")
def test_external_key_is_this_site_s_own(ceph_cluster: ClusterFacts, identities: BySite[Identity], site: Site):
    """No other site's client.external has this site's key."""
    if ceph_cluster.external_key == NO_SUCH_USER:
        tell_unseen([f"{site}: the cluster has no user client.{site.ceph.client}, and no key of its own to compare"])
    same = identities.without(site.name).where(lambda other: other.external_key == ceph_cluster.external_key)

    assert same == frozenset()


@claim("A16")
def test_cluster_is_healthy(ceph_cluster: ClusterFacts, environment: Environment, site: Site):
    """`ceph status` says HEALTH_OK; HEALTH_WARN warns or fails as the environment file wants it."""
    health = ceph_cluster.health
    if health.status == "HEALTH_WARN" and environment.ceph_warnings == "warn":
        warnings.warn(f"{site}: {health}", stacklevel=1)
        return

    assert health.status == "HEALTH_OK", f"{site}: {health}"


@claim("A16")
def test_quorum_is_large_enough(ceph_cluster: ClusterFacts, site: Site):
    """As many mons as the environment file asks for are in quorum."""
    quorum, wanted = ceph_cluster.quorum, site.ceph.min_mons

    assert len(quorum.names) >= wanted, f"{site}\nexpected: {wanted} monitors in quorum\nseen:     {quorum}"

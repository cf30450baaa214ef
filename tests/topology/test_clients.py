"""DCN nodes as clients of central's cluster, and central nodes as clients of each DCN cluster."""

from fixtures.plugin.claims import claim
from fixtures.plugin.outcomes import tell_unseen
from fixtures.stages.topology import ClientsOf, ClusterFacts, ExternalAccesses
from helpers.environment import Site


@claim("A8")
def test_dcn_nodes_are_clients_of_central(central_clients: ClientsOf, central_cluster: ClusterFacts, glance_dcn: Site):
    """Every Glance node here has central.conf and the keyring it leads to, with central's FSID, mons and key."""
    expected = central_clients.expected(
        fsid=central_cluster.fsid,
        mon_addresses=central_cluster.mon_addresses,
        fingerprint=central_cluster.external_key,
    )

    assert central_clients.seen("fsid", "mon_addresses", "fingerprint") == expected


@claim("A9")
def test_central_nodes_are_clients_of_this_cluster(dcn_clients: ClientsOf, dcn_cluster: ClusterFacts, dcn: Site):
    """Every Glance node at central has this site's conf and the keyring it leads to, with its FSID, mons and key."""
    expected = dcn_clients.expected(
        fsid=dcn_cluster.fsid, mon_addresses=dcn_cluster.mon_addresses, fingerprint=dcn_cluster.external_key
    )

    assert dcn_clients.seen("fsid", "mon_addresses", "fingerprint") == expected


@claim("A11")
def test_external_key_works_from_central(access_from_central: ExternalAccesses, dcn: Site):
    """`rbd ls` as client.external succeeds from central to this site's cluster, and that cluster has answered."""
    _compare(access_from_central)


@claim("A11")
def test_external_key_works_from_here(access_to_central: ExternalAccesses, glance_dcn: Site):
    """`rbd ls` as client.external succeeds from this site to central's cluster, and that cluster has answered."""
    _compare(access_to_central)


def _compare(access: ExternalAccesses) -> None:
    attempts = [one for one in access.attempts if one.answered or one.exit_status]
    seen = {str(one): one.seen for one in attempts}

    assert seen == {str(one): f"cluster {one.fsid}" for one in attempts}
    tell_unseen(str(one) for one in access.attempts if one not in attempts)

"""DCN nodes as clients of central's cluster, and central nodes as clients of each DCN cluster."""

from fixtures.claims import claim
from fixtures.topology import ClientsOf, ClusterFacts, ExternalAccesses
from helpers.environment import Site


@claim("A8")
def test_dcn_nodes_are_clients_of_central(central_clients: ClientsOf, central_cluster: ClusterFacts, dcn: Site):
    """Every Glance node here has central.conf and the keyring it leads to, with central's FSID, mons and key."""
    assert central_clients.each("missing") == central_clients.every("missing", ())
    assert central_clients.each("fsid") == central_clients.every("fsid", central_cluster.fsid)
    assert central_clients.each("mon_addresses") == central_clients.every(
        "mon_addresses", central_cluster.mon_addresses
    )
    assert central_clients.each("fingerprint") == central_clients.every("fingerprint", central_cluster.external_key)


@claim("A9")
def test_central_nodes_are_clients_of_this_cluster(dcn_clients: ClientsOf, dcn_cluster: ClusterFacts, dcn: Site):
    """Every Glance node at central has this site's conf and the keyring it leads to, with its FSID, mons and key."""
    assert dcn_clients.each("missing") == dcn_clients.every("missing", ())
    assert dcn_clients.each("fsid") == dcn_clients.every("fsid", dcn_cluster.fsid)
    assert dcn_clients.each("mon_addresses") == dcn_clients.every("mon_addresses", dcn_cluster.mon_addresses)
    assert dcn_clients.each("fingerprint") == dcn_clients.every("fingerprint", dcn_cluster.external_key)


@claim("A8")
def test_central_keyring_is_not_for_everybody(central_clients: ClientsOf, dcn: Site):
    """central's external keyring is not readable by everybody on this site's nodes."""
    assert central_clients.each("readable_by_all") == central_clients.every("readable_by_all", ())


@claim("A9")
def test_this_keyring_is_not_for_everybody(dcn_clients: ClientsOf, dcn: Site):
    """This site's external keyring is not readable by everybody on central's nodes."""
    assert dcn_clients.each("readable_by_all") == dcn_clients.every("readable_by_all", ())


@claim("A8")
def test_glance_may_read_central_s_keyring(central_clients: ClientsOf, dcn: Site):
    """central's external keyring has the owner and mode of the keyring by which Glance uses its own cluster."""
    expected = {
        f"{each.node} keyring_access": each.own_keyring_access or each.keyring_access
        for each in central_clients.clients
    }

    assert central_clients.each("keyring_access") == expected


@claim("A9")
def test_glance_may_read_this_keyring(dcn_clients: ClientsOf, dcn: Site):
    """This site's external keyring at central has the owner and mode of central's own keyring."""
    expected = {
        f"{each.node} keyring_access": each.own_keyring_access or each.keyring_access for each in dcn_clients.clients
    }

    assert dcn_clients.each("keyring_access") == expected


@claim("A11")
def test_external_key_works_across_sites(external_access: ExternalAccesses, dcn: Site):
    """`rbd ls` as client.external succeeds from central to this cluster, and from here to central's."""
    failed = [attempt for attempt in external_access.attempts if attempt.exit_status != 0]

    assert failed == [], "\n".join(f"cannot list it: {attempt}" for attempt in failed)

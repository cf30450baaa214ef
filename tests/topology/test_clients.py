"""DCN nodes as clients of central's cluster, and central nodes as clients of each DCN cluster."""

from fixtures.claims import claim
from fixtures.topology import ClientsOf, ClusterFacts, ExternalAccesses
from helpers.environment import Site


@claim("A8")
def test_dcn_nodes_are_clients_of_central(central_clients: ClientsOf, central_cluster: ClusterFacts, dcn: Site):
    """Every Glance node here has central.conf and its keyring, with central's FSID, mons and key."""
    for client in central_clients.clients:
        assert client.missing == ()
        assert client.fsid == central_cluster.fsid
        assert client.mon_addresses == central_cluster.mon_addresses
        assert client.fingerprint == central_cluster.external_key


@claim("A8")
def test_central_conf_names_the_keyring(central_clients: ClientsOf, central: Site, dcn: Site):
    """`[client] keyring` in central.conf here is central's external keyring."""
    expected = f"/etc/ceph/{central.ceph.cluster}.client.{central.ceph.client}.keyring"

    assert {client.keyring for client in central_clients.clients} == {expected}


@claim("A9")
def test_central_nodes_are_clients_of_this_cluster(dcn_clients: ClientsOf, dcn_cluster: ClusterFacts, dcn: Site):
    """Every Glance node at central has this site's conf and keyring, with its FSID, mons and key."""
    for client in dcn_clients.clients:
        assert client.missing == ()
        assert client.fsid == dcn_cluster.fsid
        assert client.mon_addresses == dcn_cluster.mon_addresses
        assert client.fingerprint == dcn_cluster.external_key


@claim("A9")
def test_this_conf_names_the_keyring(dcn_clients: ClientsOf, dcn: Site):
    """`[client] keyring` in this site's conf at central is this site's external keyring."""
    expected = f"/etc/ceph/{dcn.ceph.cluster}.client.{dcn.ceph.client}.keyring"

    assert {client.keyring for client in dcn_clients.clients} == {expected}


@claim("A8")
def test_central_keyring_is_not_for_everybody(central_clients: ClientsOf, dcn: Site):
    """central's external keyring is not readable by everybody on this site's nodes."""
    assert [(client.node, path) for client in central_clients.clients for path in client.readable_by_all] == []


@claim("A9")
def test_this_keyring_is_not_for_everybody(dcn_clients: ClientsOf, dcn: Site):
    """This site's external keyring is not readable by everybody on central's nodes."""
    assert [(client.node, path) for client in dcn_clients.clients for path in client.readable_by_all] == []


@claim("A8")
def test_glance_may_read_central_s_keyring(central_clients: ClientsOf, dcn: Site):
    """central's external keyring has the owner and mode of the keyring by which Glance uses its own cluster."""
    for client in central_clients.clients:
        assert client.keyring_access == (client.own_keyring_access or client.keyring_access)


@claim("A9")
def test_glance_may_read_this_keyring(dcn_clients: ClientsOf, dcn: Site):
    """This site's external keyring at central has the owner and mode of central's own keyring."""
    for client in dcn_clients.clients:
        assert client.keyring_access == (client.own_keyring_access or client.keyring_access)


@claim("A11")
def test_external_key_works_across_sites(external_access: ExternalAccesses, dcn: Site):
    """`rbd ls` as client.external succeeds from central to this cluster, and from here to central's."""
    failed = [attempt for attempt in external_access.attempts if attempt.exit_status != 0]

    assert failed == []

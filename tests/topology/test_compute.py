"""Nova and Cinder at each site: zones, services and configuration. Needs compute nodes and SSH to them."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from fixtures.plugin.claims import claim
from fixtures.plugin.outcomes import tell_unseen
from fixtures.stages.compute import ANSWERS, REQUIRED, CinderBackends, NovaConfigs, SecretValues, Services, short
from fixtures.stages.haproxies import ByHaproxy, described
from fixtures.stages.topology import GlanceFacts
from helpers.actions.servers import BootedServer
from helpers.environment import Environment, Site
from helpers.listed import Listed


@claim("A12")
def test_cross_az_attach_is_off(dcn_nova_config: NovaConfigs, compute_dcn: Site):
    """cross_az_attach is false on every compute node here; where nova.conf says nothing, it is true."""
    seen = {config.node: config.cross_az_attach for config in dcn_nova_config.nodes}

    assert seen == dict.fromkeys(seen, False)


@claim("A12")
def test_cross_az_attach_is_off_without_storage(bare_nova_config: NovaConfigs, bare_site: Site):
    """cross_az_attach is false on the compute nodes of a site without storage, too."""
    seen = {config.node: config.cross_az_attach for config in bare_nova_config.nodes}

    assert seen == dict.fromkeys(seen, False)


@claim("A12")
def test_nova_compute_has_read_its_files(dcn_nova_config: NovaConfigs, compute_dcn: Site):
    """Every nova-compute here was started after the last change of its files: it runs with what they say."""
    tell_unseen(dcn_nova_config.doubts.lines, dcn_nova_config.doubts.reproduce)


@claim("A12")
def test_nova_compute_has_read_its_files_without_storage(bare_nova_config: NovaConfigs, bare_site: Site):
    """Every nova-compute of a site without storage was started after the last change of its files, too."""
    tell_unseen(bare_nova_config.doubts.lines, bare_nova_config.doubts.reproduce)


@claim("A13")
def test_glance_is_the_local_one(local_nova_config: NovaConfigs, glance_compute_dcn: Site):
    """Every compute node here uses the Glance on the node itself, or the site's."""
    site = glance_compute_dcn
    addresses = {node.name: node.address for node in site.nodes}
    local = [
        config.node
        for config in local_nova_config.nodes
        if urlsplit(config.glance or "").hostname
        in {urlsplit(site.services_glance).hostname, addresses[config.node], "localhost", "127.0.0.1"}
        or config.glance_on_node
    ]
    seen = {config.node: config.glance for config in local_nova_config.nodes}

    assert seen == {node: glance if node in local else site.services_glance for node, glance in seen.items()}


@claim("A13")
def test_scale_out_node_uses_its_haproxy(scale_out_nova: NovaConfigs, haproxy_dcn: Site):
    """A compute node with a HAProxy in place of Glance asks what is on the node itself."""
    with_haproxy = {node.name for node in haproxy_dcn.nodes_with("haproxy")}
    there = tuple(config for config in scale_out_nova.nodes if config.node in with_haproxy)
    asked = Listed(there, f"{haproxy_dcn}: no node has both roles, haproxy and compute")
    silent = [config for config in asked if config.glance_status == "000"]  # another check fails for it
    seen = {config.node: config.glance_on_node or config.glance for config in asked if config not in silent}

    assert seen == dict.fromkeys(seen, True)
    tell_unseen(f"{one.node}: {one.glance} does not answer: nobody can say where that would be" for one in silent)


@claim("A13")
def test_haproxy_leads_to_this_site_s_glance(by_haproxy: ByHaproxy, scale_out_glance: GlanceFacts, haproxy_dcn: Site):
    """Who asks the HAProxy of a node for images asks this site's Glance: it has the same stores."""
    assert by_haproxy.stores == dict.fromkeys(by_haproxy.stores, described(scale_out_glance.stores))


@claim("A13")
def test_glance_answers(dcn_nova_config: NovaConfigs, compute_dcn: Site):
    """The Glance that nova.conf names answers on every compute node here."""
    seen = {f"{config.node} {config.glance}": config.glance_status for config in dcn_nova_config.nodes}

    assert seen == {asked: status if status in ANSWERS else "200 or 300" for asked, status in seen.items()}


@claim("A14")
def test_compute_nodes_are_in_this_zone(services: Services, any_compute_site: Site):
    """Every compute node of this site is in the site's availability zone."""
    nodes = sorted(short(node.name) for node in any_compute_site.nodes_with("compute"))
    zone_of = {host: zone for zone, hosts in services.zones.items() for host in hosts}

    assert {node: zone_of.get(node) for node in nodes} == dict.fromkeys(nodes, any_compute_site.availability_zone)


@claim("A14")
def test_compute_services_are_up(services: Services, any_compute_site: Site):
    """nova-compute is up and enabled on every compute node of this site, and down on no other host of its zone."""
    nodes = {short(node.name) for node in any_compute_site.nodes_with("compute")}
    seen = {f"nova-compute on {node}": "not listed" for node in nodes} | {
        f"nova-compute on {short(service.host)}": service.condition
        for service in services.compute
        # somebody has disabled a host that is none of the environment file's, and may work on it
        if short(service.host) in nodes
        or (service.zone == any_compute_site.availability_zone and service.status == "enabled")
    }

    assert seen == dict.fromkeys(seen, "up, enabled")


@claim("A14")
def test_volume_service_is_up(services: Services, compute_site: Site):
    """A cinder-volume is up and enabled in this site's availability zone, and none there is down."""
    zone = compute_site.availability_zone
    here = {f"cinder-volume on {one.host}": one.condition for one in services.volume if one.zone == zone}
    seen = here or {f"cinder-volume in the zone {zone}": "none is listed"}

    assert seen == dict.fromkeys(seen, "up, enabled")


@claim("A14")
def test_schedulers_and_conductors_are_up(services: Services, cloud_central: Site):
    """Nova and Cinder have schedulers, and Nova a conductor; each that is listed is up and enabled."""
    seen = {f"{service.binary} on {service.host}": service.condition for service in services.control}
    seen |= {binary: "none is listed" for binary in REQUIRED - {service.binary for service in services.control}}

    assert seen == dict.fromkeys(seen, "up, enabled")


@claim("A15")
def test_volume_service_is_active_active_here(services: Services, compute_dcn: Site):
    """Every cinder-volume of this DCN site is in the site's cluster, or in none if the environment file says so."""
    clusters = {one.cluster for one in services.volume if one.zone == compute_dcn.availability_zone}

    assert clusters == {compute_dcn.cinder_cluster}


@claim("A15")
def test_every_volume_service_is_in_the_cluster(services: Services, compute_dcn: Site):
    """Each node of this DCN site that has the role cinder-volume has a service of its own in the site's cluster."""
    if compute_dcn.cinder_cluster is None:
        pytest.skip("the environment file says that cinder-volume forms no cluster here (cinder_cluster)")
    expected = {short(node.name) for node in compute_dcn.listed_with("cinder-volume")}
    clustered = {short(one.host.split("@")[0]) for one in services.volume if one.cluster == compute_dcn.cinder_cluster}

    assert expected - clustered == set()


@claim("A15")
def test_volume_service_is_active_passive_at_central(services: Services, compute_central: Site):
    """No cinder-volume of central is in a cluster, unless the environment file names one."""
    clusters = {one.cluster for one in services.volume if one.zone == compute_central.availability_zone}

    assert clusters == {compute_central.cinder_cluster}


@claim("A17")
def test_nova_uses_the_local_pool(nova_config: NovaConfigs, compute_site: Site):
    """Every nova-compute here keeps its disks in the local cluster's pool vms."""
    pool, conf = compute_site.ceph.pools.vms, f"/etc/ceph/{compute_site.ceph.cluster}.conf"
    here = nova_config.nodes.map(lambda config: replace(config, images_type="rbd", pool=pool, ceph_conf=conf))
    expected = replace(nova_config, nodes=here)

    assert nova_config.disks == expected.disks


@claim("A17")
def test_cinder_uses_the_local_pool(cinder_config: CinderBackends, compute_site: Site):
    """Every cinder-volume here keeps its volumes in the local cluster's pool volumes, and in no pool of others."""
    ceph, pools = compute_site.ceph, cinder_config.pools

    assert cinder_config.confs == dict.fromkeys(cinder_config.confs, f"/etc/ceph/{ceph.cluster}.conf")
    assert pools == {
        node: (used | {ceph.pools.volumes}) - {ceph.pools.vms, ceph.pools.images} for node, used in pools.items()
    }


@claim("A17")
def test_nova_and_cinder_name_the_same_secret(
    nova_config: NovaConfigs, cinder_config: CinderBackends, compute_site: Site
):
    """Nova names a secret of libvirt's, and Cinder the same for the same user: by it the local key is found here."""
    named = nova_config.secrets | cinder_config.secrets
    first = {user: secret for user, secret in reversed(list(named.values())) if secret}
    seen = {place: secret for place, (_, secret) in named.items()}

    assert seen == {place: first.get(user, "the id of a secret") for place, (user, _) in named.items()}


@claim("A17")
def test_libvirt_has_the_cluster_s_key(secret_values: SecretValues, compute_site: Site):
    """libvirt on every compute node here has the key to this cluster under the ids that Nova and Cinder name."""
    assert secret_values.seen == secret_values.expected
    tell_unseen(secret_values.unseen)


@claim("A17")
def test_services_have_read_their_files(nova_config: NovaConfigs, cinder_config: CinderBackends, compute_site: Site):
    """Every cinder-volume here, and nova-compute at central, was started after the last change of its files."""
    doubts = [cinder_config.doubts, *([nova_config.doubts] if compute_site.central else [])]

    tell_unseen([line for one in doubts for line in one.lines], tuple(line for one in doubts for line in one.reproduce))


@claim("A19")
def test_site_without_storage_has_no_store(central_glance: GlanceFacts, environment: Environment, bare_site: Site):
    """Central's Glance has no store for this site."""
    known = {site.store for site in environment.storage_sites} | environment.spare_stores

    assert {store.id for store in central_glance.stores} - known == set()


@claim("A19")
def test_site_without_storage_boots_by_streaming(bare_server: BootedServer, bare_site: Site):
    """A server becomes ACTIVE in this site's zone, and its disk is in no cluster."""
    assert bare_server.server.availability_zone == bare_site.availability_zone
    assert bare_server.disk.sites == frozenset()

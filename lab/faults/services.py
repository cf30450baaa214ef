"""Faults in clusters, catalog, containers and the network."""

from __future__ import annotations

from lab import ceph, cinder, glance, nova, state
from lab.faults.breaking import Breaking
from lab.plan import POOLS, Site


def dcn_glance_stopped(at: Breaking) -> None:
    for host in at.site.glances:
        at.stop_container(host, glance.CONTAINER)


def central_glance_stopped(at: Breaking) -> None:
    for host in at.central.glances:
        at.stop_container(host, glance.CONTAINER)


def dcn_glance_hangs(at: Breaking) -> None:
    for host in at.site.glances:
        at.hang_container(host, glance.CONTAINER)


def central_glance_hangs(at: Breaking) -> None:
    for host in at.central.glances:
        at.hang_container(host, glance.CONTAINER)


def nova_api_hangs(at: Breaking) -> None:
    for host in at.central.hosts:
        at.hang_container(host, nova.container_name("api"))


def cinder_api_hangs(at: Breaking) -> None:
    for host in at.central.hosts:
        at.hang_container(host, cinder.container_name("api"))


def nova_api_down(at: Breaking) -> None:
    for host in at.central.hosts:
        at.stop_container(host, nova.container_name("api"))


def cinder_api_down(at: Breaking) -> None:
    for host in at.central.hosts:
        at.stop_container(host, cinder.container_name("api"))


def nova_scheduler_down(at: Breaking) -> None:
    at.stop_service(nova.container_name("scheduler"), at.lab.plan.controller)


def nova_conductor_down(at: Breaking) -> None:
    at.stop_service(nova.container_name("conductor"), at.lab.plan.controller)


def cinder_scheduler_down(at: Breaking) -> None:
    at.stop_service(cinder.container_name("scheduler"), at.lab.plan.controller)


def mon_stopped(at: Breaking) -> None:
    for host in at.site.mons:
        at.stop_container(host, f"ceph-mon-{host.name}")


def mon_stopped_in_mid_run(at: Breaking) -> None:
    for host in at.site.mons:
        at.stop_container_when(host, f"ceph-mon-{host.name}", copy_in=at.site)


def images_pool_over_quota(at: Breaking) -> None:
    quota = ("osd", "pool", "set-quota", "images", "max_bytes")
    at.tell_cluster(at.site, *quota, "1", back=(*quota, "0"))
    at.wait_for_health(at.site, "POOL_FULL")


def cluster_warns(at: Breaking) -> None:
    at.tell_cluster(at.site, "osd", "set", "noout", back=("osd", "unset", "noout"))


# client.external


def external_caps_lack_a_pool(at: Breaking) -> None:
    _give_caps(at, {pool: "profile rbd" for pool in POOLS if pool != "vms"})


def external_caps_too_wide(at: Breaking) -> None:
    at.set_external(at.site, _external(at.site, at, osd="allow *").keyring())


def external_may_only_read(at: Breaking) -> None:
    _give_caps(at, {pool: "profile rbd-read-only" if pool == "images" else "profile rbd" for pool in POOLS})


def _give_caps(at: Breaking, of_pools: dict[str, str]) -> None:
    osd = ", ".join(f"{cap} pool={pool}" for pool, cap in of_pools.items())
    at.set_external(at.site, _external(at.site, at, osd=osd).keyring())


def one_external_key_for_two_sites(at: Breaking) -> None:
    """Everywhere at once, so that every client still works."""
    shared = _external(at.central, at).keyring()
    at.set_external(at.site, shared)
    for host in (*at.site.hosts, *at.central.hosts):
        at.edit(host, f"/etc/ceph/{at.site.cluster}.client.external.keyring", lambda _: shared)


def external_key_rotated(at: Breaking) -> None:
    entity = _external(at.site, at)
    rotated = ceph.Entity(entity.name, state.new_cephx_key(), entity.caps).keyring()
    at.set_external(at.site, rotated)
    for host in at.site.hosts:
        at.edit(host, f"/etc/ceph/{at.site.cluster}.client.external.keyring", lambda _: rotated)


def _external(site: Site, at: Breaking, **caps: str) -> ceph.Entity:
    entity = ceph.entities(site, at.lab.state)["client.external"]
    return ceph.Entity(entity.name, entity.key, {**entity.caps, **caps})


# The way between the sites


def wan_rejects_ceph(at: Breaking) -> None:
    _firewall(at, "reject with tcp reset")


def wan_drops_ceph(at: Breaking) -> None:
    _firewall(at, "drop")


def _firewall(at: Breaking, verdict: str) -> None:
    for host in at.site.hosts:
        for other in at.central.hosts:
            at.firewall(host, other.address, verdict)


# The catalog


def second_public_image_endpoint(at: Breaking) -> None:
    at.endpoints("image", lambda urls: [*urls, at.site.glance_url])


def public_image_endpoint_at_dcn(at: Breaking) -> None:
    at.endpoints("image", lambda urls: [at.site.glance_url])


def no_public_image_endpoint(at: Breaking) -> None:
    at.endpoints("image", lambda urls: [])


def second_public_identity_endpoint(at: Breaking) -> None:
    there = f"http://{at.site.first.address}:5000/v3"
    at.endpoints("identity", lambda urls: [*urls, there])

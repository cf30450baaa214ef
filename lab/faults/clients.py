"""Faults of a site as a client of another site's cluster: files, keys, and the network between the sites."""

from __future__ import annotations

from lab import ceph, hosts, state
from lab.faults.breaking import Breaking
from lab.faults.client_files import another_fsid, another_key, conf_of, keyring_of, misspelt_keyring, own_keyring
from lab.faults.ini import set_option
from lab.plan import POOLS, Site

# A DCN site's hosts as clients of central


def central_conf_missing(at: Breaking) -> None:
    for host in at.site.hosts:
        at.remove(host, conf_of(at.central))


def central_keyring_missing(at: Breaking) -> None:
    for host in at.site.hosts:
        at.remove(host, keyring_of(at.central))


def central_keyring_world_readable(at: Breaking) -> None:
    for host in at.site.hosts:
        at.chmod(host, keyring_of(at.central), 0o644)


def central_keyring_not_for_glance(at: Breaking) -> None:
    for host in at.site.hosts:
        at.chown(host, keyring_of(at.central), *hosts.owner("root"))


def central_conf_has_another_fsid(at: Breaking) -> None:
    for host in at.site.hosts:
        at.edit(host, conf_of(at.central), another_fsid)


def central_conf_has_other_mons(at: Breaking) -> None:
    own = ceph.mon_addresses(at.site)
    for host in at.site.hosts:
        at.edit(host, conf_of(at.central), lambda text: set_option(text, "global", "mon host", own))


def central_conf_names_a_missing_keyring(at: Breaking) -> None:
    for host in at.site.hosts:
        at.edit(host, conf_of(at.central), misspelt_keyring)


def central_keyring_has_another_key(at: Breaking) -> None:
    for host in at.site.hosts:
        at.edit(host, keyring_of(at.central), another_key)


def own_admin_keyring_world_readable(at: Breaking) -> None:
    for host in at.site.hosts:
        at.chmod(host, own_keyring(at.site, "admin"), 0o644)


def own_openstack_keyring_world_readable(at: Breaking) -> None:
    for host in at.site.hosts:
        at.chmod(host, own_keyring(at.site, "openstack"), 0o644)


def key_in_a_forgotten_copy(at: Breaking) -> None:
    admin = ceph.entities(at.site, at.lab.state)["client.admin"]
    for host in at.site.hosts:
        at.add(host, f"/etc/ceph/{at.site.cluster}.admin.bak", admin.keyring())


def own_keyring_not_for_glance(at: Breaking) -> None:
    for host in at.site.hosts:
        at.chmod(host, own_keyring(at.site, "openstack"), 0)


def admin_keyring_at_central_world_readable(at: Breaking) -> None:
    for host in at.central.hosts:
        at.chmod(host, own_keyring(at.central, "admin"), 0o644)


# Central's hosts as clients of a DCN site


def dcn_conf_missing(at: Breaking) -> None:
    for host in at.central.hosts:
        at.remove(host, conf_of(at.site))


def dcn_keyring_world_readable(at: Breaking) -> None:
    for host in at.central.hosts:
        at.chmod(host, keyring_of(at.site), 0o644)


def dcn_keyring_not_for_glance(at: Breaking) -> None:
    for host in at.central.hosts:
        at.chown(host, keyring_of(at.site), *hosts.owner("root"))


def dcn_conf_has_another_fsid(at: Breaking) -> None:
    for host in at.central.hosts:
        at.edit(host, conf_of(at.site), another_fsid)


def dcn_conf_names_a_missing_keyring(at: Breaking) -> None:
    for host in at.central.hosts:
        at.edit(host, conf_of(at.site), misspelt_keyring)


def dcn_conf_leads_to_another_cluster(at: Breaking) -> None:
    """Change everything but the FSID, so that the other site's cluster answers to its own monitor addresses and key."""
    other = at.other_dcn
    theirs = ceph.entities(other, at.lab.state)["client.external"].keyring()
    for host in at.central.hosts:
        at.edit(host, conf_of(at.site), lambda text: set_option(text, "global", "mon host", ceph.mon_addresses(other)))
        at.edit(host, keyring_of(at.site), lambda _: theirs)


def dcn_keyring_of_another_site(at: Breaking) -> None:
    other = ceph.entities(at.other_dcn, at.lab.state)["client.external"]
    for host in at.central.hosts:
        at.edit(host, keyring_of(at.site), lambda _: other.keyring())


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
    """Change the key everywhere at once, so that every client still works."""
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


# The network between the sites


def wan_rejects_ceph(at: Breaking) -> None:
    _firewall(at, "reject with tcp reset")


def wan_drops_ceph(at: Breaking) -> None:
    _firewall(at, "drop")


def _firewall(at: Breaking, verdict: str) -> None:
    for host in at.site.hosts:
        for other in at.central.hosts:
            at.firewall(host, other.address, verdict)

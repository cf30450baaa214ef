"""Faults in the files that make hosts the clients of clusters: the configuration and the keyring below /etc/ceph."""

from __future__ import annotations

import uuid

from lab import ceph, hosts
from lab.faults.breaking import Breaking
from lab.faults.ini import option, set_option
from lab.plan import Site
from lab.state import new_cephx_key


def conf_of(site: Site) -> str:
    return f"/etc/ceph/{site.cluster}.conf"


def keyring_of(site: Site) -> str:
    return f"/etc/ceph/{site.cluster}.client.external.keyring"


# The site's own cluster


def own_conf_has_another_fsid(at: Breaking) -> None:
    for host in at.site.hosts:
        at.edit(host, conf_of(at.site), _another_fsid)


def one_cluster_for_two_sites(at: Breaking) -> None:
    other, state = at.other_dcn, at.lab.state
    conf = ceph.cluster_conf(at.lab.plan, other, state)
    admin = ceph.entities(other, state)["client.admin"].keyring()
    for host in at.site.hosts:
        at.edit(host, conf_of(at.site), lambda _: conf)
        at.edit(host, f"/etc/ceph/{at.site.cluster}.client.admin.keyring", lambda _: admin)


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
        at.edit(host, conf_of(at.central), _another_fsid)


def central_conf_has_other_mons(at: Breaking) -> None:
    own = ceph.mon_addresses(at.site)
    for host in at.site.hosts:
        at.edit(host, conf_of(at.central), lambda text: set_option(text, "global", "mon host", own))


def central_conf_names_a_missing_keyring(at: Breaking) -> None:
    for host in at.site.hosts:
        at.edit(host, conf_of(at.central), _misspelt_keyring)


def central_keyring_has_another_key(at: Breaking) -> None:
    for host in at.site.hosts:
        at.edit(host, keyring_of(at.central), _another_key)


# Keys to a site's own cluster


def own_keyring(site: Site, user: str) -> str:
    return f"/etc/ceph/{site.cluster}.client.{user}.keyring"


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
        at.edit(host, conf_of(at.site), _another_fsid)


def dcn_conf_names_a_missing_keyring(at: Breaking) -> None:
    for host in at.central.hosts:
        at.edit(host, conf_of(at.site), _misspelt_keyring)


def dcn_conf_leads_to_another_cluster(at: Breaking) -> None:
    """All but the FSID: by the monitors and the key the other site's cluster answers."""
    other = at.other_dcn
    theirs = ceph.entities(other, at.lab.state)["client.external"].keyring()
    for host in at.central.hosts:
        at.edit(host, conf_of(at.site), lambda text: set_option(text, "global", "mon host", ceph.mon_addresses(other)))
        at.edit(host, keyring_of(at.site), lambda _: theirs)


def dcn_keyring_of_another_site(at: Breaking) -> None:
    other = ceph.entities(at.other_dcn, at.lab.state)["client.external"]
    for host in at.central.hosts:
        at.edit(host, keyring_of(at.site), lambda _: other.keyring())


def _another_fsid(conf: str) -> str:
    return set_option(conf, "global", "fsid", str(uuid.uuid4()))


def _misspelt_keyring(conf: str) -> str:
    named = option(conf, "client", "keyring")
    return set_option(conf, "client", "keyring", named.replace(".keyring", ".keyrnig"))


def _another_key(keyring: str) -> str:
    return set_option(keyring, "client.external", "\tkey", new_cephx_key())

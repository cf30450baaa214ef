"""Faults of the Ceph clusters themselves."""

from __future__ import annotations

from lab import ceph
from lab.faults.breaking import Breaking
from lab.faults.client_files import another_fsid, conf_of


def own_conf_has_another_fsid(at: Breaking) -> None:
    for host in at.site.hosts:
        at.edit(host, conf_of(at.site), another_fsid)


def one_cluster_for_two_sites(at: Breaking) -> None:
    other, state = at.other_dcn, at.lab.state
    conf = ceph.cluster_conf(at.lab.plan, other, state)
    admin = ceph.entities(other, state)["client.admin"].keyring()
    for host in at.site.hosts:
        at.edit(host, conf_of(at.site), lambda _: conf)
        at.edit(host, f"/etc/ceph/{at.site.cluster}.client.admin.keyring", lambda _: admin)


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

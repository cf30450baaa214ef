"""Faults of the compute and volume services and of their configuration."""

from __future__ import annotations

import uuid
from functools import partial

from lab import cinder, compute, nova
from lab.faults.breaking import Breaking
from lab.faults.configuration import CINDER_CONF, NOVA_CONF, backend_setting, change_cinder, change_nova, glance_at
from lab.faults.ini import Edit, setting, without_option
from lab.plan import Site


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


# Nova as a client of Cinder and Glance


def cross_az_attach_true(at: Breaking) -> None:
    change_nova(at, setting("cinder", "cross_az_attach", "true"))


def cross_az_attach_absent(at: Breaking) -> None:
    change_nova(at, lambda text: without_option(text, "cinder", "cross_az_attach"))


def nova_compute_reads_another_file(at: Breaking) -> None:
    for host in at.site.hosts:
        at.add(host, NOVA_CONF.replace("nova.conf", "local.conf"), "[cinder]\ncross_az_attach = true\n")
        at.compute_with(host, "--config-file=/etc/nova/nova.conf", "--config-file=/etc/nova/local.conf")


def nova_compute_has_a_local_file(at: Breaking) -> None:
    for host in at.site.hosts:
        at.add(host, f"{NOVA_CONF}.d/99-local.conf", "[cinder]\ncross_az_attach = true\n")
    at.restart(compute.CONTAINER, *at.site.hosts)


def nova_compute_not_restarted(at: Breaking) -> None:
    """Start nova-compute with a wrong setting, and restore the file afterwards."""
    wrong = setting("cinder", "cross_az_attach", "true")
    at.runs_with(NOVA_CONF, at.site.hosts, wrong, partial(at.restart, compute.CONTAINER))


def nova_uses_central_glance(at: Breaking) -> None:
    change_nova(at, glance_at(at.central.glance_url))


def nova_uses_another_sites_glance(at: Breaking) -> None:
    change_nova(at, glance_at(at.other_dcn.glance_url))


def nova_glance_url_has_a_wrong_port(at: Breaking) -> None:
    # No service listens on this port.
    change_nova(at, glance_at(at.site.glance_url.rsplit(":", 1)[0] + ":9293"))


# Storage of disks


def nova_images_type_is_qcow2(at: Breaking) -> None:
    change_nova(at, setting("libvirt", "images_type", "qcow2"))


def nova_uses_another_pool(at: Breaking) -> None:
    change_nova(at, setting("libvirt", "images_rbd_pool", "volumes"))


def nova_uses_central_ceph(at: Breaking) -> None:
    """Do not wait: the service has no key for that cluster and does not report."""
    change_nova(at, setting("libvirt", "images_rbd_ceph_conf", f"/etc/ceph/{at.central.cluster}.conf"), wait=False)


def nova_copies_to_a_missing_store(at: Breaking) -> None:
    change_nova(at, partial(_copying_to, "nowhere"))


def nova_copies_to_central(at: Breaking) -> None:
    change_nova(at, partial(_copying_to, at.central.name))


def _copying_to(store: str, text: str) -> str:
    return text.replace("[libvirt]\n", f"[libvirt]\nimages_rbd_glance_store_name = {store}\n", 1)


def nova_has_no_secret(at: Breaking) -> None:
    change_nova(at, lambda text: without_option(text, "libvirt", "rbd_secret_uuid"))


def libvirt_secret_has_another_key(at: Breaking) -> None:
    for host in at.site.hosts:
        at.wrong_secret(host)


# The compute service


def compute_down(at: Breaking) -> None:
    at.stop_service(compute.CONTAINER, *at.site.hosts)


def compute_disabled(at: Breaking) -> None:
    for host in at.site.hosts:
        at.disable_compute(host)


def compute_in_another_zone(at: Breaking) -> None:
    for host in at.site.hosts:
        at.zone(host, at.central.name)


# Storage of volumes


def cinder_uses_central_ceph(at: Breaking) -> None:
    """Do not wait: the service has no key for that cluster and does not come up."""
    change_cinder(at, at.site, backend_setting("rbd_ceph_conf", f"/etc/ceph/{at.central.cluster}.conf"), wait=False)


def cinder_uses_another_pool(at: Breaking) -> None:
    change_cinder(at, at.site, backend_setting("rbd_pool", "vms"))


def secrets_differ(at: Breaking) -> None:
    change_cinder(at, at.site, backend_setting("rbd_secret_uuid", str(uuid.uuid4())))


def cinder_has_no_secret(at: Breaking) -> None:
    change_cinder(at, at.site, lambda text: without_option(text, cinder.BACKEND, "rbd_secret_uuid"))


def cinder_volume_not_restarted(at: Breaking) -> None:
    """Start cinder-volume with a changed setting, and restore the file afterwards."""
    wrong = setting("DEFAULT", "report_interval", "9")
    at.runs_with(CINDER_CONF, at.site.mons, wrong, partial(at.restart, cinder.VOLUME_CONTAINER))


# The volume service, its zone and its cluster


def volume_service_down(at: Breaking) -> None:
    at.stop_service(cinder.VOLUME_CONTAINER, *at.site.mons)


def volume_service_in_another_zone(at: Breaking) -> None:
    change_cinder(at, at.site, setting("DEFAULT", "storage_availability_zone", at.central.name))


def zone_fallback_on(at: Breaking) -> None:
    """Move the site's volume service to central's zone too, because the fallback applies only to a zone without one."""
    volume_service_in_another_zone(at)
    for host in at.central.mons:
        at.edit(host, CINDER_CONF, setting("DEFAULT", "allow_availability_zone_fallback", "true"))
    at.restart(cinder.container_name("api"), *at.central.mons)


def volume_service_not_clustered(at: Breaking) -> None:
    _recluster(at, at.site, lambda text: without_option(text, "DEFAULT", "cluster"))


def volume_cluster_of_another_site(at: Breaking) -> None:
    _recluster(at, at.site, setting("DEFAULT", "cluster", at.other_dcn.name))


def central_volume_service_clustered(at: Breaking) -> None:
    name = at.central.name
    _recluster(at, at.central, lambda text: text.replace("[DEFAULT]\n", f"[DEFAULT]\ncluster = {name}\n", 1), made=name)


def _recluster(at: Breaking, site: Site, change: Edit, made: str | None = None) -> None:
    """Change the cluster of a service.

    Cinder must forget the service first, because it stays in its cluster otherwise.
    """
    for host in site.mons:
        at.edit(host, CINDER_CONF, change)
        at.forget_volume_service(host, made)
    at.restart(cinder.VOLUME_CONTAINER, *site.mons)

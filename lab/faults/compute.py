"""Faults in how a site's nova-compute is set up, and in its service, its zone and libvirt's secrets."""

from __future__ import annotations

from functools import partial

from lab import compute
from lab.config_data import BASE
from lab.faults.breaking import Breaking
from lab.faults.ini import set_option, without_option
from lab.faults.lab import Edit

CONF = f"{BASE}/nova_libvirt/etc/nova/nova.conf"


def _change(at: Breaking, *changes: Edit, wait: bool = True) -> None:
    for host in at.site.hosts:
        for change in changes:
            at.edit(host, CONF, change)
    at.restart(compute.CONTAINER, *at.site.hosts, wait=wait)


def _set(section: str, name: str, value: str) -> Edit:
    return lambda text: set_option(text, section, name, value)


def glance_at(url: str) -> Edit:
    """Have images asked for there."""
    return _set("glance", "api_servers", url)


# Cinder and Glance as Nova sees them


def cross_az_attach_true(at: Breaking) -> None:
    _change(at, _set("cinder", "cross_az_attach", "true"))


def cross_az_attach_absent(at: Breaking) -> None:
    _change(at, lambda text: without_option(text, "cinder", "cross_az_attach"))


def nova_compute_reads_another_file(at: Breaking) -> None:
    for host in at.site.hosts:
        at.add(host, CONF.replace("nova.conf", "local.conf"), "[cinder]\ncross_az_attach = true\n")
        at.compute_with(host, "--config-file=/etc/nova/nova.conf", "--config-file=/etc/nova/local.conf")


def nova_compute_has_a_local_file(at: Breaking) -> None:
    for host in at.site.hosts:
        at.add(host, f"{CONF}.d/99-local.conf", "[cinder]\ncross_az_attach = true\n")
    at.restart(compute.CONTAINER, *at.site.hosts)


def nova_compute_not_restarted(at: Breaking) -> None:
    """The file is right: the service was started when it was not."""
    wrong = _set("cinder", "cross_az_attach", "true")
    at.runs_with(CONF, at.site.hosts, wrong, partial(at.restart, compute.CONTAINER))


def nova_uses_central_glance(at: Breaking) -> None:
    _change(at, glance_at(at.central.glance_url))


def nova_uses_another_sites_glance(at: Breaking) -> None:
    _change(at, glance_at(at.other_dcn.glance_url))


def nova_glance_url_has_a_wrong_port(at: Breaking) -> None:
    # Nobody listens there.
    _change(at, glance_at(at.site.glance_url.rsplit(":", 1)[0] + ":9293"))


# Where disks are


def nova_images_type_is_qcow2(at: Breaking) -> None:
    _change(at, _set("libvirt", "images_type", "qcow2"))


def nova_uses_another_pool(at: Breaking) -> None:
    _change(at, _set("libvirt", "images_rbd_pool", "volumes"))


def nova_uses_central_ceph(at: Breaking) -> None:
    """It has no key for that cluster, and so nothing to report."""
    _change(at, _set("libvirt", "images_rbd_ceph_conf", f"/etc/ceph/{at.central.cluster}.conf"), wait=False)


def nova_has_no_secret(at: Breaking) -> None:
    _change(at, lambda text: without_option(text, "libvirt", "rbd_secret_uuid"))


def libvirt_secret_missing(at: Breaking) -> None:
    for host in at.site.hosts:
        at.secrets(host)


def libvirt_secret_has_another_key(at: Breaking) -> None:
    for host in at.site.hosts:
        at.wrong_secret(host)


# The service


def compute_down(at: Breaking) -> None:
    at.stop_service(compute.CONTAINER, *at.site.hosts)


def compute_disabled(at: Breaking) -> None:
    for host in at.site.hosts:
        at.disable_compute(host)


def compute_in_another_zone(at: Breaking) -> None:
    for host in at.site.hosts:
        at.zone(host, at.central.name)

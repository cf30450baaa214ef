"""Faults in how a site's cinder-volume is set up, and in its service, its zone and its cluster."""

from __future__ import annotations

import uuid
from functools import partial

from lab import cinder
from lab.config_data import BASE
from lab.faults.breaking import Breaking
from lab.faults.ini import set_option, without_option
from lab.faults.lab import Edit
from lab.plan import Site

CONF = f"{BASE}/cinder/etc/cinder/cinder.conf"
_API = cinder.container_name("api")


def _change(at: Breaking, site: Site, *changes: Edit, wait: bool = True) -> None:
    for host in site.mons:
        for change in changes:
            at.edit(host, CONF, change)
    at.restart(cinder.VOLUME_CONTAINER, *site.mons, wait=wait)


def _set(section: str, name: str, value: str) -> Edit:
    return lambda text: set_option(text, section, name, value)


def _backend(name: str, value: str) -> Edit:
    return _set(cinder.BACKEND, name, value)


# Where volumes are


def cinder_uses_central_ceph(at: Breaking) -> None:
    """It has no key for that cluster, and does not come up."""
    _change(at, at.site, _backend("rbd_ceph_conf", f"/etc/ceph/{at.central.cluster}.conf"), wait=False)


def cinder_uses_another_pool(at: Breaking) -> None:
    _change(at, at.site, _backend("rbd_pool", "vms"))


def secrets_differ(at: Breaking) -> None:
    _change(at, at.site, _backend("rbd_secret_uuid", str(uuid.uuid4())))


def volumes_are_made_at_central(at: Breaking) -> None:
    """The file is right: the service was started when it still named central's cluster."""

    def wrong(text: str) -> str:
        for name, value in (
            ("rbd_ceph_conf", f"/etc/ceph/{at.central.cluster}.conf"),
            ("rbd_cluster_name", at.central.cluster),
            ("rbd_user", "external"),
        ):
            text = set_option(text, cinder.BACKEND, name, value)
        return text

    at.runs_with(CONF, at.site.mons, wrong, partial(at.restart, cinder.VOLUME_CONTAINER))


def cinder_volume_not_restarted(at: Breaking) -> None:
    """The file is right: the service was started when it was not."""
    wrong = _set("DEFAULT", "report_interval", "9")
    at.runs_with(CONF, at.site.mons, wrong, partial(at.restart, cinder.VOLUME_CONTAINER))


# The service, its zone and its cluster


def volume_service_down(at: Breaking) -> None:
    at.stop_service(cinder.VOLUME_CONTAINER, *at.site.mons)


def volume_service_in_another_zone(at: Breaking) -> None:
    _change(at, at.site, _set("DEFAULT", "storage_availability_zone", at.central.name))


def zone_fallback_on(at: Breaking) -> None:
    """With a service of the site that is in central's zone, as without any: nobody has a volume in the site's zone."""
    volume_service_in_another_zone(at)
    for host in at.central.mons:
        at.edit(host, CONF, _set("DEFAULT", "allow_availability_zone_fallback", "true"))
    at.restart(_API, *at.central.mons)


def volume_service_not_clustered(at: Breaking) -> None:
    _recluster(at, at.site, lambda text: without_option(text, "DEFAULT", "cluster"))


def volume_cluster_of_another_site(at: Breaking) -> None:
    _recluster(at, at.site, _set("DEFAULT", "cluster", at.other_dcn.name))


def central_volume_service_clustered(at: Breaking) -> None:
    name = at.central.name
    _recluster(at, at.central, lambda text: text.replace("[DEFAULT]\n", f"[DEFAULT]\ncluster = {name}\n", 1), made=name)


def _recluster(at: Breaking, site: Site, change: Edit, made: str | None = None) -> None:
    """A service that is in a cluster stays there whatever its file says, until Cinder has forgotten it."""
    for host in site.mons:
        at.edit(host, CONF, change)
        at.forget_volume_service(host, made)
    at.restart(cinder.VOLUME_CONTAINER, *site.mons)

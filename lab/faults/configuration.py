"""Change the configuration of a site's Glance, Nova and Cinder."""

from __future__ import annotations

from lab import cinder, compute
from lab.config_data import BASE
from lab.faults.breaking import Breaking
from lab.faults.ini import Edit, setting
from lab.plan import Site

GLANCE_CONF = "/etc/glance/glance-api.conf"
NOVA_CONF = f"{BASE}/nova_libvirt/etc/nova/nova.conf"
CINDER_CONF = f"{BASE}/cinder/etc/cinder/cinder.conf"


def change_glance(at: Breaking, site: Site, *changes: Edit) -> None:
    for host in site.glances:
        for change in changes:
            at.edit(host, GLANCE_CONF, change)
    at.restart_glance(*site.glances)


def change_nova(at: Breaking, *changes: Edit, wait: bool = True) -> None:
    for host in at.site.hosts:
        for change in changes:
            at.edit(host, NOVA_CONF, change)
    at.restart(compute.CONTAINER, *at.site.hosts, wait=wait)


def glance_at(url: str) -> Edit:
    """Return the edit that sets the URL from which Nova requests images."""
    return setting("glance", "api_servers", url)


def change_cinder(at: Breaking, site: Site, *changes: Edit, wait: bool = True) -> None:
    for host in site.mons:
        for change in changes:
            at.edit(host, CINDER_CONF, change)
    at.restart(cinder.VOLUME_CONTAINER, *site.mons, wait=wait)


def backend_setting(name: str, value: str) -> Edit:
    return setting(cinder.BACKEND, name, value)

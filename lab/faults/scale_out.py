"""Faults of a site's scale-out host: its HAProxy, and its nova-compute, which requests images through the HAProxy."""

from __future__ import annotations

from lab import compute, haproxy
from lab.config_data import BASE
from lab.faults.breaking import Breaking
from lab.faults.configuration import NOVA_CONF, glance_at
from lab.plan import GLANCE_PORT

HAPROXY_CONF = f"{BASE}/haproxy/etc/haproxy/haproxy.cfg"


def _lead(at: Breaking, where: str, *, wait: bool = True) -> None:
    """Point every HAProxy of the site to this address and port instead of the site's Glances."""

    def change(text: str) -> str:
        for glance in at.site.glances:
            text = text.replace(f" {glance.address}:{GLANCE_PORT} check", f" {where} check")
        return text

    for host in at.site.haproxies:
        at.edit(host, HAPROXY_CONF, change)
    at.restart(haproxy.CONTAINER, *at.site.haproxies, wait=wait)


def haproxy_stopped(at: Breaking) -> None:
    for host in at.site.haproxies:
        at.stop_container(host, haproxy.CONTAINER)


def haproxy_leads_nowhere(at: Breaking) -> None:
    # No service listens on this port.
    _lead(at, f"{at.site.first.address}:9293", wait=False)


def haproxy_leads_to_central(at: Breaking) -> None:
    _lead(at, f"{at.central.first.address}:{GLANCE_PORT}")


def haproxy_is_passed_by(at: Breaking) -> None:
    for host in at.site.haproxies:
        at.edit(host, NOVA_CONF, glance_at(at.central.glance_url))
    at.restart(compute.CONTAINER, *at.site.haproxies)

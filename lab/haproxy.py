"""HAProxy in place of Glance on a scale-out host, through which nova-compute reaches the site's Glances."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lab import config_data, containers, glance, hosts
from lab.containers import Container
from lab.plan import GLANCE_PORT, Host, Plan, Site
from lab.render import render
from lab.state import State, write

CONTAINER = "haproxy"


def configuration(site: Site, host: Host) -> str:
    servers = [f"    server {one.name} {one.address}:{GLANCE_PORT} check" for one in site.glances]
    return render("haproxy.cfg", address=host.address, port=GLANCE_PORT, servers="\n".join(servers))


def start(plan: Plan, site: Site, host: Host, state: State, log: Path) -> None:
    """Start HAProxy and wait until one of the site's Glances answers through it."""
    conf = configuration(site, host)
    write(config_data.folder(state, host, "haproxy", "haproxy") / "haproxy.cfg", conf, 0o644)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, container(), conf)
    containers.wait_for(shell, CONTAINER, partial(glance.answers, host))


def container() -> Container:
    return Container(
        name=CONTAINER,
        command=("haproxy", "-db", "-f", "/etc/haproxy/haproxy.cfg"),
        user="haproxy",
        volumes=(config_data.volume("haproxy", "haproxy"), "/etc/hosts:/etc/hosts:ro"),
    )

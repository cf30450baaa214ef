"""Restart a service of Nova, Cinder or Neutron, or a HAProxy, and wait until it works again.

A service without an API of its own works when it reports to its API service.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lab import cinder, compute, containers, glance, haproxy, neutron, nova
from lab.cloud import Cloud
from lab.faults.lab import FaultError, Lab
from lab.plan import Host, Site
from lab.poll import wait_until
from lab.web import WebError

_SECONDS = 120.0
#: containers whose service can be asked directly
_APIS: dict[str, Callable[[Lab, Host], bool]] = {
    nova.container_name("api"): lambda lab, host: nova.answers(lab.plan),
    cinder.container_name("api"): lambda lab, host: cinder.answers(lab.plan),
    neutron.CONTAINER: lambda lab, host: neutron.answers(lab.plan),
    haproxy.CONTAINER: lambda lab, host: glance.answers(host),
}


def site_of(lab: Lab, host: Host) -> Site:
    return lab.plan.site(host.site)


def volume_service(lab: Lab, host: Host) -> str:
    """Return the name under which Cinder knows a host's volume service."""
    return f"{cinder.backend_host(site_of(lab, host), host)}@{cinder.BACKEND}"


def reported(lab: Lab, host: Host, container: str) -> tuple[str, str]:
    """Return whether the service is `up` or `down` and when it last reported; two empty strings if it never did."""
    cloud = Cloud(lab.plan, lab.state)
    ask = cloud.cinder if container.startswith("cinder_") else cloud.nova
    # a container has the name of its service
    binary = container.replace("_", "-")
    name = volume_service(lab, host) if container == cinder.VOLUME_CONTAINER else host.name
    for one in ask("GET", "os-services")["services"]:
        if (one["binary"], one["host"]) == (binary, name):
            return str(one["state"]), str(one["updated_at"])
    return "", ""


def set_status(lab: Lab, host: Host, status: str) -> None:
    """Set a host's compute service in Nova to `enabled` or `disabled`."""
    cloud = Cloud(lab.plan, lab.state)
    for one in cloud.nova("GET", f"os-services?binary=nova-compute&host={host.name}")["services"]:
        cloud.nova("PUT", f"os-services/{one['id']}", {"status": status})


def restart(lab: Lab, host: Host, container: str, *, wait: bool = True) -> None:
    """Restart a container, or start it if it is not running; with `wait`, wait until its service works."""
    before = None if container in _APIS else reported(lab, host, container)
    containers.restart(lab.shell(host), container)
    if wait:
        wait_until(f"{container} on {host.name} works", partial(_works, lab, host, container, before), seconds=_SECONDS)


def recreate_compute(lab: Lab, host: Host, *options: str) -> None:
    """Run nova-compute on a host with its usual options and these, and wait until it works."""
    before = reported(lab, host, compute.CONTAINER)
    compute.start(lab.plan, site_of(lab, host), host, lab.state, lab.log, *options)
    works = partial(_works, lab, host, compute.CONTAINER, before)
    wait_until(f"{compute.CONTAINER} on {host.name} works", works, seconds=_SECONDS)


def wait_down(lab: Lab, host: Host, container: str) -> None:
    """Wait until the API lists the service of a stopped container as down."""

    def down() -> bool:
        return reported(lab, host, container)[0] == "down"

    wait_until(f"{container} on {host.name} is known to be down", down, seconds=_SECONDS, first=5, longest=3)


def _works(lab: Lab, host: Host, container: str, before: tuple[str, str] | None) -> bool:
    if before is None:
        return _APIS[container](lab, host)
    try:
        state, when = reported(lab, host, container)
    except WebError as error:
        raise ConnectionError(str(error)) from error
    return state == "up" and when != before[1]


def forget_volume_service(lab: Lab, host: Host) -> None:
    """Stop a host's volume service and make Cinder forget it, so that it registers again when it starts."""
    lab.shell(host).run("podman", "stop", "--time=5", cinder.VOLUME_CONTAINER, timeout=60)
    name = volume_service(lab, host)
    _manage(lab, "service", "remove", "cinder-volume", name)
    if reported(lab, host, cinder.VOLUME_CONTAINER) != ("", ""):
        raise FaultError(f"Cinder still lists cinder-volume of {name}")


def forget_volume_cluster(lab: Lab, name: str) -> None:
    """Make Cinder forget a cluster without services; a cluster that Cinder does not know is not an error."""
    _manage(lab, "cluster", "remove", "cinder-volume", f"{name}@{cinder.BACKEND}", check=False)


def _manage(lab: Lab, *command: str, check: bool = True) -> None:
    as_cinder = ("setpriv", "--reuid=cinder", "--regid=cinder", "--init-groups")
    conf, log = cinder.manage_files()
    program = ("cinder-manage", "--config-file", conf, "--log-file", log)
    lab.shell(lab.plan.controller).run(*as_cinder, *program, *command, timeout=60, check=check)

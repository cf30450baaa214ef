"""Ask the APIs which of the lab's services and agents report as up."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lab import cinder
from lab.cloud import Cloud
from lab.command import CommandError
from lab.plan import Plan
from lab.poll import NotReadyError, wait_until
from lab.state import State

KINDS = ("nova", "cinder", "neutron")
Service = tuple[str, str]
#: A storage pool that the scheduler knows. The scheduler places no volume in a pool that it does not know yet, even if
#: the volume service is up.
_POOL = "pool"


def expected(plan: Plan, kind: str) -> list[Service]:
    """Return the binary and the host of every service of that kind that must report."""
    controller = plan.controller.name
    if kind == "nova":
        central = [("nova-conductor", controller), ("nova-scheduler", controller)]
        return central + [("nova-compute", host.name) for host in plan.hosts]
    if kind == "cinder":
        volumes = [cinder.backend_host(site, host) for site in plan.sites for host in site.hosts if host.cinder_volume]
        known = [cinder.pool(site) for site in plan.sites if any(host.cinder_volume for host in site.hosts)]
        return [
            ("cinder-scheduler", controller),
            *(("cinder-volume", f"{one}@{cinder.BACKEND}") for one in volumes),
            *((_POOL, one) for one in known),
        ]
    return [("neutron-linuxbridge-agent", host.name) for host in plan.hosts]


def up(cloud: Cloud, kind: str) -> set[Service]:
    """Return the services that have reported in time."""
    if kind == "neutron":
        return {(one["binary"], one["host"]) for one in cloud.neutron("GET", "agents")["agents"] if one["alive"]}
    listed = (cloud.nova if kind == "nova" else cloud.cinder)("GET", "os-services")["services"]
    reported = {(one["binary"], one["host"]) for one in listed if one["state"] == "up"}
    if kind == "cinder":
        reported |= {(_POOL, one["name"]) for one in cloud.cinder("GET", "scheduler-stats/get_pools")["pools"]}
    return reported


def ask(plan: Plan, cloud: Cloud, kind: str) -> tuple[list[Service], list[str]]:
    """Return all expected services, and the names of those that are not up."""
    wanted = expected(plan, kind)
    there = up(cloud, kind)
    return wanted, [f"{binary} on {host}" for binary, host in wanted if (binary, host) not in there]


def wait_for_all(plan: Plan, state: State, log: Path) -> None:
    cloud = Cloud(plan, state)
    missing: list[str] = []

    def all_up(kind: str) -> bool:
        missing[:] = ask(plan, cloud, kind)[1]
        return not missing

    for kind in KINDS:
        try:
            wait_until(f"{kind}'s services are up", partial(all_up, kind), seconds=120, first=0.2, longest=1)
        except NotReadyError as error:
            raise CommandError(f"{error}: {', '.join(missing)}; see their logs in /var/log/containers") from error

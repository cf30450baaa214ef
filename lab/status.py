"""Ask all services of the lab at the same time whether they answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from helpers.tripleo.undercloud import COMPLETE
from lab import (
    agents,
    ceph,
    cinder,
    database,
    glance,
    guest_image,
    haproxy,
    heat,
    hosts,
    instances,
    keystone,
    libvirt,
    messaging,
    neutron,
    nova,
    placement,
    stacks,
)
from lab.cloud import Cloud
from lab.plan import (
    CINDER_PORT,
    GLANCE_PORT,
    GUEST_IMAGE_PORT,
    HEAT_PORT,
    KEYSTONE_PORT,
    NEUTRON_PORT,
    NOVA_PORT,
    PLACEMENT_PORT,
    Host,
    Plan,
    Site,
)
from lab.state import State


@dataclass(frozen=True)
class Answer:
    """The answer of one service; `detail` is for people."""

    host: str
    service: str
    up: bool
    detail: str


@dataclass(frozen=True)
class _Probe:
    host: str
    service: str
    ask: Callable[[], str]


def probe(plan: Plan, state: State) -> list[Answer]:
    """Probe all services and return the answers in the order of sites.

    If a probe raises, its service does not answer.
    """
    log = state.log("status")
    log.parent.mkdir(parents=True, exist_ok=True)
    probes = [*_central(plan, state)]
    for site in plan.sites:
        for host in site.hosts:
            probes += _of_host(plan, site, host, log)
        if site.storage:
            probes.append(_Probe(site.first.name, f"cluster {site.cluster}", partial(_health, plan, site, log)))
    probes += _of_undercloud(plan, state, log)
    probes.sort(key=lambda one: [host.name for host in plan.machines].index(one.host))
    with ThreadPoolExecutor(max_workers=len(probes)) as pool:
        return list(pool.map(_answer, probes))


def all_well(answers: Sequence[Answer]) -> bool:
    return all(one.up for one in answers)


def table(answers: Sequence[Answer]) -> str:
    """Return one line per service, with the host's name only where it changes."""
    lines, last = [], ""
    width = max(len(one.service) for one in answers)
    for one in answers:
        if one.host != last:
            lines.append(one.host)
            last = one.host
        lines.append(f"  {'ok  ' if one.up else 'DOWN'}  {one.service:{width}}  {one.detail}".rstrip())
    return "\n".join(lines)


def _central(plan: Plan, state: State) -> list[_Probe]:
    def of(service: str, port: int, answers: Callable[[Plan], bool]) -> _Probe:
        return _Probe(plan.controller.name, service, partial(_answers, plan, plan.controller, port, answers))

    found = [
        of("mariadb", database.PORT, database.answers),
        of("rabbitmq", messaging.RABBITMQ_PORT, messaging.rabbitmq_answers),
        of("memcached", messaging.MEMCACHED_PORT, messaging.memcached_answers),
        of("keystone", KEYSTONE_PORT, keystone.answers),
        of("guest image", GUEST_IMAGE_PORT, guest_image.answers),
    ]
    if plan.instances:
        found += [
            of("placement", PLACEMENT_PORT, placement.answers),
            of("nova api", NOVA_PORT, nova.answers),
            of("cinder api", CINDER_PORT, cinder.answers),
            of("neutron api", NEUTRON_PORT, neutron.answers),
        ]
        found += [
            _Probe(plan.controller.name, f"{kind} services", partial(_reported, plan, state, kind))
            for kind in agents.KINDS
        ]
    return found


def _of_host(plan: Plan, site: Site, host: Host, log: Path) -> list[_Probe]:
    expected = [*ceph.container_names(site, host)]
    expected += [glance.CONTAINER] if host.glance else []
    expected += [haproxy.CONTAINER] if host.haproxy else []
    expected += instances.containers(plan, host)
    found = [
        _Probe(host.name, "sshd", partial(_ssh, host)),
        _Probe(host.name, "containers", partial(_containers, plan, host, expected, log)),
    ]
    if host.glance or host.haproxy:
        found.append(_Probe(host.name, "glance" if host.glance else "haproxy", partial(_glance, host)))
    if plan.instances:
        found.append(_Probe(host.name, "libvirt", partial(_libvirt, plan, host)))
    return found


def _of_undercloud(plan: Plan, state: State, log: Path) -> list[_Probe]:
    host = plan.undercloud
    return [
        _Probe(host.name, "sshd", partial(_ssh, host)),
        _Probe(host.name, "containers", partial(_containers, plan, host, [heat.CONTAINER], log)),
        _Probe(host.name, "heat", partial(_answers, plan, host, HEAT_PORT, heat.answers)),
        _Probe(host.name, "stacks", partial(_stacks, plan, state)),
    ]


def _answers(plan: Plan, host: Host, port: int, answers: Callable[[Plan], bool]) -> str:
    if not answers(plan):
        raise ConnectionError("answers, but not as it should")
    return f"{host.address}:{port}"


def _reported(plan: Plan, state: State, kind: str) -> str:
    expected, missing = agents.ask(plan, Cloud(plan, state), kind)
    if missing:
        raise ConnectionError(f"down: {', '.join(missing)}")
    return f"{len(expected)} up"


def _stacks(plan: Plan, state: State) -> str:
    there = stacks.states(Cloud(plan, state))
    seen = {site.stack: there.get(site.stack, "missing") for site in plan.sites}
    bad = [f"{name} is {status}" for name, status in seen.items() if status not in COMPLETE]
    if bad:
        raise ConnectionError(", ".join(bad))
    return f"{len(seen)} complete"


def _libvirt(plan: Plan, host: Host) -> str:
    if not libvirt.answers(plan, host):
        raise ConnectionError("does not answer")
    return libvirt.SOCKET


def _ssh(host: Host) -> str:
    with socket.create_connection((host.address, 22), timeout=5) as connection:
        banner = connection.recv(64)
    if not banner.startswith(b"SSH-2.0-"):
        raise ConnectionError(f"says {banner!r} instead of SSH-2.0")
    return f"{host.address}:22"


def _glance(host: Host) -> str:
    if not glance.answers(host):
        raise ConnectionError("is not healthy")
    return f"{host.address}:{GLANCE_PORT}"


def _containers(plan: Plan, host: Host, expected: Sequence[str], log: Path) -> str:
    """Check that all expected containers run; additional containers are not an error."""
    shell = hosts.shell_in(plan, host, log)
    listed = json.loads(shell.run("podman", "ps", "--format", "json", timeout=20, secret=True))
    running = {name for container in listed for name in container["Names"]}
    missing = [name for name in expected if name not in running]
    if missing:
        raise ConnectionError(f"not running: {', '.join(missing)}")
    return ", ".join(expected)


def _health(plan: Plan, site: Site, log: Path) -> str:
    found = ceph.health(plan, site, log)
    if found["status"] != "HEALTH_OK":
        raise ConnectionError(f"{found['status']}: {found['codes']}")
    return found["status"]


def _answer(asked: _Probe) -> Answer:
    try:
        return Answer(asked.host, asked.service, True, asked.ask())
    except Exception as error:
        said = str(error) or type(error).__name__
        return Answer(asked.host, asked.service, False, said.splitlines()[0])

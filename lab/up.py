"""Bring the lab up: the steps and their dependencies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lab import (
    ceph,
    clients,
    database,
    deployment_files,
    glance,
    guest_image,
    haproxy,
    heat,
    hosts,
    instances,
    keystone,
    messaging,
    packages,
    stacks,
    subnet,
    supervise,
)
from lab.command import Shell
from lab.plan import Host, Plan, Site
from lab.state import State
from lab.steps import Step, run_steps
from lab.supervise import Service


def bring_up(plan: Plan, state: State, say: Callable[[str], None]) -> None:
    """Bring up all services and return when they answer. Raises StepError with the services that did not come up."""
    state.logs.mkdir(parents=True, exist_ok=True)
    run_steps(steps(plan, state), state.log, say)


def steps(plan: Plan, state: State) -> list[Step]:
    """Return the graph of steps. The name of a step for one site contains the site's name."""
    return [
        Step("packages", lambda log: packages.install(log, packages.wanted(plan))),
        Step("network", lambda log: _network(plan, state, log), ("packages",)),
        Step("guest-image", lambda log: guest_image.build(state, log), ("packages",)),
        *(_boot_step(plan, host, state) for host in plan.machines),
        *_central_steps(plan, state),
        *_undercloud_steps(plan, state),
        *(step for site in plan.storage_sites for step in _site_steps(plan, site, state)),
        *(instances.steps(plan, state) if plan.instances else ()),
        Step("client-files", lambda log: clients.write_all(plan, state), _boots(plan.machines)),
        Step("deployment-files", lambda log: deployment_files.write_all(plan, state, log), _deployed(plan)),
    ]


def _boots(of: tuple[Host, ...]) -> tuple[str, ...]:
    return tuple(f"host-{host.name}" for host in of)


def _deployed(plan: Plan) -> tuple[str, ...]:
    """Return the steps after which all clusters and Glances are up."""
    return tuple(f"{what}-{site.name}" for site in plan.storage_sites for what in ("ceph-health", "glance"))


def _network(plan: Plan, state: State, log: Path) -> None:
    shell = Shell(log)
    subnet.keep_on_this_machine(plan.subnet, shell)
    hosts.make_bridge(plan, shell)
    hosts.make_ssh_key(state.ssh_key, f"dcn-lab {plan.name}", shell)


def _boot_step(plan: Plan, host: Host, state: State) -> Step:
    def boot(log: Path) -> None:
        hosts.boot(plan, host, state, Shell(log))
        supervise.start(plan, host, state, Service("sshd", "/usr/sbin/sshd -D -e"))

    return Step(f"host-{host.name}", boot, ("network",))


def _central_steps(plan: Plan, state: State) -> list[Step]:
    controller = _boots((plan.controller,))
    return [
        Step("mariadb", lambda log: database.start(plan, state, log), controller),
        Step("memcached", lambda log: messaging.start_memcached(plan, state, log), controller),
        Step("rabbitmq", lambda log: messaging.start_rabbitmq(plan, state, log), ("mariadb",)),
        Step("serve-image", lambda log: guest_image.serve(plan, state, log), (*controller, "guest-image")),
        Step("keystone-database", lambda log: keystone.make_database(plan, state, log), ("mariadb",)),
        Step("glance-database", lambda log: glance.make_database(plan, state, log), ("mariadb",)),
        Step("keystone", lambda log: keystone.start(plan, state, log), ("keystone-database", "memcached")),
        Step("keystone-catalog", lambda log: keystone.fill(plan, state, log), ("keystone",)),
    ]


def _undercloud_steps(plan: Plan, state: State) -> list[Step]:
    machine = _boots((plan.undercloud,))
    return [
        Step("heat-database", lambda log: heat.make_database(plan, state, log), (*machine, "mariadb")),
        Step("heat", lambda log: heat.start(plan, state, log), ("heat-database", "rabbitmq", "memcached")),
        Step("stacks", lambda log: stacks.make_all(plan, state), ("heat", "keystone-catalog")),
    ]


def _site_steps(plan: Plan, site: Site, state: State) -> list[Step]:
    def files(log: Path) -> None:
        ceph.write_files(plan, site, state)

    reached = tuple(f"ceph-{one.name}" for one in (site, *ceph.partners(plan, site)))
    return [
        Step(f"ceph-files-{site.name}", files, _boots(site.hosts)),
        Step(f"ceph-{site.name}", lambda log: ceph.start_daemons(plan, site, state, log), (f"ceph-files-{site.name}",)),
        Step(f"ceph-health-{site.name}", lambda log: ceph.wait_healthy(plan, site, log), (f"ceph-{site.name}",)),
        Step(
            f"glance-{site.name}",
            lambda log: glance.start(plan, site, state, log),
            ("glance-database", *reached),
        ),
        *(
            Step(f"haproxy-{host.name}", partial(haproxy.start, plan, site, host, state), (f"glance-{site.name}",))
            for host in site.hosts
            if host.haproxy
        ),
    ]

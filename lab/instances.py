"""The steps that bring up Placement, Nova, Cinder and Neutron, after the steps for Ceph and Keystone in `lab.up`."""

from __future__ import annotations

from functools import partial

from lab import agents, cinder, compute, libvirt, neutron, nova, placement, tenants, virtualization
from lab.plan import Host, Plan, Site
from lab.state import State
from lab.steps import Step

_SERVERS = ("rabbitmq", "memcached")


def steps(plan: Plan, state: State) -> list[Step]:
    found = [*_central(plan, state)]
    for site in plan.sites:
        for host in site.hosts:
            found += _of_host(plan, site, host, state)
        found.append(
            Step(
                f"zone-{site.name}",
                partial(tenants.make_zone, plan, site, state),
                ("nova-api", "keystone-catalog", *(f"compute-{host.name}" for host in site.hosts)),
            )
        )
    everybody = tuple(step.name for step in found)
    return [*found, Step("agents", partial(agents.wait_for_all, plan, state), everybody)]


def containers(plan: Plan, host: Host) -> tuple[str, ...]:
    """Return the names of these services' containers that run on the host."""
    if not plan.instances:
        return ()
    of_volumes = (cinder.VOLUME_CONTAINER,) if host.cinder_volume else ()
    of_host = (libvirt.CONTAINER, compute.CONTAINER, *of_volumes, neutron.AGENT_CONTAINER)
    if host != plan.controller:
        return of_host
    servers = [nova.container_name(service) for service in nova.SERVICES]
    servers += [cinder.container_name(service) for service in cinder.SERVICES]
    return (*of_host, *servers, placement.CONTAINER, neutron.CONTAINER)


def _central(plan: Plan, state: State) -> list[Step]:
    return [
        Step("virtualization", partial(virtualization.decide, state), ("guest-image",)),
        Step("nova-database", partial(nova.make_database, plan, state), ("mariadb",)),
        Step("cinder-database", partial(cinder.make_database, plan, state), ("mariadb",)),
        Step("neutron-database", partial(neutron.make_database, plan, state), ("mariadb",)),
        Step("placement", partial(placement.start, plan, state), ("mariadb", "memcached")),
        *(
            Step(
                f"nova-{service}",
                partial(nova.start, plan, service, state),
                ("nova-database", *_SERVERS),
            )
            for service in nova.SERVICES
        ),
        *(
            Step(
                f"cinder-{service}",
                partial(cinder.start, plan, service, state),
                ("cinder-database", *_SERVERS),
            )
            for service in cinder.SERVICES
        ),
        Step("neutron", partial(neutron.start, plan, state), ("neutron-database", *_SERVERS)),
        Step(
            "flavor-and-keys",
            partial(tenants.make_flavor_and_keys, plan, state),
            ("nova-api", "keystone-catalog"),
        ),
        Step("networks", partial(tenants.make_networks, plan, state), ("neutron", "keystone-catalog")),
    ]


def _of_host(plan: Plan, site: Site, host: Host, state: State) -> list[Step]:
    files, cluster = ((f"ceph-files-{site.name}",), (f"ceph-{site.name}",)) if site.storage else ((), ())
    found = [
        Step(f"libvirt-{host.name}", partial(libvirt.start, plan, site, host, state), (f"host-{host.name}", *files)),
        Step(
            f"compute-{host.name}",
            partial(compute.start, plan, site, host, state),
            # The first report is complete only if the services that it describes and that receive it are up.
            (f"libvirt-{host.name}", *cluster, "placement", "keystone-catalog", "nova-conductor", "virtualization"),
        ),
        Step(
            f"neutron-agent-{host.name}",
            partial(neutron.start_agent, plan, site, host, state),
            ("neutron",),
        ),
    ]
    if host.cinder_volume:
        volumes = partial(cinder.start_volume, plan, site, host, state)
        found.append(Step(f"cinder-volume-{host.name}", volumes, (*cluster, "cinder-database", "rabbitmq")))
    return found

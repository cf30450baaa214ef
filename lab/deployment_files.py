"""The files from which a deployment like the lab is made, and those that it leaves, with the lab's own values."""

from __future__ import annotations

from pathlib import Path

from helpers.tripleo import example
from helpers.tripleo.example import ExampleNode, ExampleSite
from lab import ceph, clients, glance
from lab.plan import Host, Plan, Role, Site
from lab.state import State

_ROLES = {
    # every host of central is a controller, a compute node and a storage node
    Role.CONTROLLER: "ControllerHCI",
    Role.HCI: "DistributedComputeHCI",
    Role.HCI_SCALE_OUT: "DistributedComputeHCIScaleOut",
    Role.COMPUTE: "DistributedCompute",
}


def write_all(plan: Plan, state: State, log: Path) -> None:
    """Write the files for their owner only, because they hold keys or are stored next to files that do."""
    example.write(state.deployment_files, [_site(plan, site, state) for site in plan.sites])


def _site(plan: Plan, site: Site, state: State) -> ExampleSite:
    nodes = tuple(_node(plan, host) for host in site.hosts)
    if not site.storage:
        return ExampleSite(site.stack, "", "", "", "", {}, site.name, nodes=nodes)
    known = ceph.entities(site, state)
    return ExampleSite(
        stack=site.stack,
        cluster=site.cluster,
        fsid=ceph.fsid(site, state),
        external_key=known["client.external"].key,
        openstack_key=known["client.openstack"].key,
        monitors={host.name: host.address for host in site.mons},
        zone=site.name,
        store=glance.stores(plan, site)[0].id,
        nodes=nodes,
    )


def _node(plan: Plan, host: Host) -> ExampleNode:
    # Central also runs Keystone in an images-only lab, where the environment file does not list it.
    runs = dict.fromkeys([*clients.roles(plan, host), *(["keystone"] if host == plan.controller else [])])
    return ExampleNode(
        name=host.name,
        role=_ROLES[host.role],
        address=host.address,
        storage_address=host.address,
        services=example.service_groups(runs),
    )

"""The files that a deployment like the lab would have been made from, and would have left, with the lab's own facts."""

from __future__ import annotations

from pathlib import Path

from helpers.deployment_files import example
from helpers.deployment_files.example import ExampleNode, ExampleSite
from lab import ceph, glance
from lab.plan import Host, Plan, Site
from lab.state import State

_CENTRAL_STACK = "control-plane"
_STORAGE_SERVICES = ("glance_api", "ceph_mon")
_COMPUTE_SERVICES = ("nova_compute", "cinder_volume")


def write_all(plan: Plan, state: State, log: Path) -> None:
    """Each holds keys or stands beside one that does: they are for their owner only."""
    example.write(state.deployment_files, [_site(plan, site, state) for site in plan.sites])


def _site(plan: Plan, site: Site, state: State) -> ExampleSite:
    known = ceph.entities(site, state)
    return ExampleSite(
        stack=_CENTRAL_STACK if site.central else site.name,
        cluster=site.cluster,
        fsid=ceph.fsid(site, state),
        external_key=known["client.external"].key,
        openstack_key=known["client.openstack"].key,
        monitors={host.name: host.address for host in site.hosts},
        zone=site.name,
        store=glance.stores(plan, site)[0].id,
        nodes=tuple(_node(plan, site, host) for host in site.hosts),
    )


def _node(plan: Plan, site: Site, host: Host) -> ExampleNode:
    central = ("keystone", *(("nova_api",) if plan.instances else ())) if site.central else ()
    return ExampleNode(
        name=host.name,
        # each of central's hosts is controller, compute node and storage in one
        role="ControllerHCI" if site.central else "DistributedComputeHCI",
        address=host.address,
        storage_address=host.address,
        services=(*_STORAGE_SERVICES, *(_COMPUTE_SERVICES if plan.instances else ()), *central),
    )

"""The files from which this deployment would be made, and those that it would leave."""

from __future__ import annotations

from pathlib import Path

from helpers.tripleo import example
from helpers.tripleo.example import ExampleNode, ExampleSite
from simulator.world.nodes import Node
from simulator.world.sites import Site
from simulator.world.undercloud import CENTRAL_STACK
from simulator.world.world import World

FOLDER = "deployment-files"


def write(folder: Path, world: World) -> Path:
    """Write the files below the state folder, and return their own folder."""
    path = folder / FOLDER
    example.write(path, [_site(site) for site in world.sites.values()])
    return path


def _site(site: Site) -> ExampleSite:
    nodes = tuple(_node(site, node) for node in site.nodes)
    stack = CENTRAL_STACK if site.central else site.name
    if site.cluster is None:
        return ExampleSite(stack, "", "", "", "", {}, site.zone, nodes=nodes)
    return ExampleSite(
        stack=stack,
        cluster=site.cluster.name,
        fsid=site.cluster.fsid,
        external_key=site.cluster.users["client.external"].key,
        openstack_key=site.cluster.users["client.openstack"].key,
        monitors={mon.name: mon.address for mon in site.cluster.mons},
        zone=site.zone,
        store=site.local_store or "",
        nodes=nodes,
    )


def _node(site: Site, node: Node) -> ExampleNode:
    return ExampleNode(
        name=node.name,
        role=_role(site, node),
        address=node.address,
        storage_address=node.address,
        services=example.service_groups(node.roles),
    )


def _role(site: Site, node: Node) -> str:
    """Return TripleO's role for the node. Central's nodes are controllers, compute nodes and storage nodes in one."""
    role = "ControllerHCI" if site.central else "DistributedComputeHCI" if site.cluster else "DistributedCompute"
    return role if "ceph-mon" in node.roles or site.cluster is None else f"{role}ScaleOut"

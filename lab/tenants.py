"""The resources that users need to start servers at every site: flavor, networks, security group, keys and zones."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lab import neutron
from lab.cloud import Cloud
from lab.plan import Host, Plan, Site
from lab.poll import wait_until
from lab.state import State
from lab.web import WebError

FLAVOR = "tiny"
SECURITY_GROUP = "basic"
_RAM_MIB = 128


def network(site: Site) -> str:
    return f"{site.name}-network"


def key_pair(site: Site) -> str:
    return f"{site.name}-key"


def make_flavor_and_keys(plan: Plan, state: State, log: Path) -> None:
    """Create the flavor and the key pairs. The flavor sets no disk size, so a root disk is as large as its image."""
    cloud = Cloud(plan, state)
    if FLAVOR not in _names(cloud.nova("GET", "flavors")["flavors"]):
        cloud.nova("POST", "flavors", {"flavor": {"name": FLAVOR, "ram": _RAM_MIB, "vcpus": 1, "disk": 0}})
    known = _names(one["keypair"] for one in cloud.nova("GET", "os-keypairs")["keypairs"])
    public = state.ssh_key.with_suffix(".pub").read_text(encoding="utf-8").strip()
    for site in plan.sites:
        if key_pair(site) not in known:
            asked = {"name": key_pair(site), "type": "ssh", "public_key": public}
            cloud.nova("POST", "os-keypairs", {"keypair": asked})


def make_networks(plan: Plan, state: State, log: Path) -> None:
    """Create a flat network per site for all projects, and the admin's security group.

    There is only one group, because an admin sees the groups of all projects and could not use a name that two of them
    have.
    """
    cloud = Cloud(plan, state)
    _make_networks(plan, cloud)
    if SECURITY_GROUP not in _names(cloud.neutron("GET", "security-groups")["security_groups"]):
        asked = {"name": SECURITY_GROUP, "description": "Answers to ping, lets SSH in"}
        group = cloud.neutron("POST", "security-groups", {"security_group": asked})["security_group"]["id"]
        rule = {"security_group_id": group, "direction": "ingress", "ethertype": "IPv4"}
        for more in ({"protocol": "icmp"}, {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}):
            cloud.neutron("POST", "security-group-rules", {"security_group_rule": {**rule, **more}})


def _make_networks(plan: Plan, cloud: Cloud) -> None:
    known = {one["name"]: one for one in cloud.neutron("GET", "networks")["networks"]}
    for number, site in enumerate(plan.sites):
        if network(site) not in known:
            asked = {
                "name": network(site),
                "shared": True,
                "provider:network_type": "flat",
                "provider:physical_network": neutron.physical_network(site),
            }
            known[network(site)] = cloud.neutron("POST", "networks", {"network": asked})["network"]
        if not known[network(site)]["subnets"]:
            subnet = {
                "name": f"{site.name}-subnet",
                "network_id": known[network(site)]["id"],
                "ip_version": 4,
                # No host has an interface in this subnet; only the site's own guests see it.
                "cidr": f"10.64.{number}.0/24",
                "enable_dhcp": False,
                "gateway_ip": None,
            }
            cloud.neutron("POST", "subnets", {"subnet": subnet})


def make_zone(plan: Plan, site: Site, state: State, log: Path) -> None:
    """Create the site's availability zone with its compute nodes.

    Wait until each node has reported, is in the cell, and is known to Placement as part of the zone.
    """
    cloud = Cloud(plan, state)
    known = {one["name"]: one for one in cloud.nova("GET", "os-aggregates")["aggregates"]}
    aggregate = known.get(site.name)
    if aggregate is None:
        asked = {"aggregate": {"name": site.name, "availability_zone": site.name}}
        aggregate = {**cloud.nova("POST", "os-aggregates", asked)["aggregate"], "hosts": []}

    for host in site.hosts:
        what = f"{host.name} is a compute node"
        provider = wait_until(what, partial(_provider, cloud, host), seconds=120, first=0.2, longest=1)
        if host.name not in aggregate["hosts"]:
            cloud.nova("POST", f"os-aggregates/{aggregate['id']}/action", {"add_host": {"host": host.name}})
        in_zone = partial(_in_zone, cloud, provider, aggregate["uuid"])
        wait_until(f"Placement knows {host.name} as one of zone {site.name}", in_zone, seconds=30)


def _provider(cloud: Cloud, host: Host) -> str | None:
    """Return Placement's ID of the compute node once Nova has mapped the node to a cell."""
    known = cloud.placement("GET", f"resource_providers?name={host.name}")["resource_providers"]
    listed = cloud.nova("GET", "os-hypervisors")["hypervisors"]
    mapped = host.name in {one["hypervisor_hostname"] for one in listed}
    return str(known[0]["uuid"]) if known and mapped else None


def _in_zone(cloud: Cloud, provider: str, aggregate: str) -> bool:
    """Return whether Placement has the compute node in the aggregate; add the node if it is missing.

    Nova tells Placement when a host is added but ignores a failure, after which no server could be started there.
    """
    path = f"resource_providers/{provider}/aggregates"
    known = cloud.placement("GET", path)
    if aggregate in known["aggregates"]:
        return True
    try:
        cloud.placement("PUT", path, {**known, "aggregates": [*known["aggregates"], aggregate]})
    except WebError as error:
        # Another request has updated the provider first.
        if error.status not in {409, 500}:
            raise
    return False


def _names(things: object) -> set[str]:
    return {str(one["name"]) for one in things}  # type: ignore[attr-defined]

"""A stack's monitors: the hosts that run CephMon, and their addresses on CephMon's network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from helpers.tripleo.facts import addresses, canonical, client_addresses, mon_groups, mon_roles
from helpers.tripleo.findings import Place
from helpers.tripleo.loader import Node
from helpers.tripleo.stacks import Stack

#: The network of CephMon by the templates' default.
STORAGE = "storage"
#: The templates' other networks, none of which is CephMon's by default.
_CONTROL = "ctlplane"
_OTHERS = frozenset({_CONTROL, "external", "internal_api", "management", "storage_mgmt", "tenant"})
_ADDRESS = re.compile(r"(?P<network>\w+)_ip")
#: The keys of a network map that name the network of the monitors.
_SERVICE_KEYS = ("ceph_mon_network", "CephMonNetwork", "CephPublicNetwork")


@dataclass(frozen=True)
class MonitorHost:
    """A host that runs CephMon. `addresses` and `hostnames` are by network, `place` is that of its variables."""

    name: str
    addresses: Mapping[str, Node]
    hostnames: Mapping[str, str]
    place: Place

    def address(self, network: str) -> str:
        """Its address on a network, or an empty text."""
        node = self.addresses.get(network)
        return canonical(node.text.strip()) if node else ""

    def where(self, network: str) -> Place:
        """The place of that address, otherwise of the host."""
        node = self.addresses.get(network)
        return node.place if node else self.place


@lru_cache(maxsize=1024)
def hosts(stack: Stack) -> tuple[MonitorHost, ...]:
    """The monitors by the inventory's groups, otherwise by the cephadm spec's labels, otherwise by their role."""
    found: dict[str, MonitorHost] = {}
    for inventory in stack.inventories:
        groups = mon_groups(inventory)
        named = [name for group in groups for name in _members(inventory, group)]
        for name in named if groups else _by_role(stack, inventory):
            host = _host(inventory, name)
            if host.addresses or name not in found:
                found[name] = host
    return tuple(found.values())


def all_addresses(stack: Stack) -> frozenset[str]:
    """All addresses of the monitors, on any network."""
    return frozenset(host.address(network) for host in hosts(stack) for network in host.addresses)


def network(stack: Stack, listed: frozenset[str]) -> str | None:
    """The network of CephMon: as a setting names it, otherwise that of these addresses, otherwise `storage`, or None.

    None means that nothing tells. `listed` are the addresses, or host names, that other stacks were given for it.
    """
    there = {name for host in hosts(stack) for name in host.addresses}
    named = [*_named(stack.networks, stack.definitions("ServiceNetMap"))]
    # a map that several stacks share may belong to another deployment, such as the undercloud
    shared = _named(stack.common_networks, stack.maybe.get("ServiceNetMap", ()))
    named += [name for name in shared if name not in _OTHERS]
    for name in named:
        if name in there:
            return name
    by_client = client_addresses(stack)
    known = frozenset(addresses(by_client.text)) if by_client else listed
    matches = {
        name: sum(not known.isdisjoint({host.address(name), host.hostnames.get(name)}) for host in hosts(stack))
        for name in there
    }
    best = max(sorted(there), key=lambda name: matches[name], default=None)
    if STORAGE not in there:
        return best if best and (matches[best] or len(there - {_CONTROL} or there) == 1) else None
    # if both exist, a ServiceNetMap that is not among these files may place Ceph on a network of the operator's own
    own = there - _OTHERS - {STORAGE}
    return None if own and not matches[STORAGE] else STORAGE


def _named(sources: Iterable[Node], maps: Iterable[Node]) -> Iterator[str]:
    """The names of the network in ServiceNetMap, config-download's global_vars.yaml and the networks' own file."""
    for source in sources:
        replaced, name = source.scalar("service_net_map_replace"), source.scalar("name_lower")
        if replaced is not None and replaced.text.strip() == STORAGE and name is not None:
            yield name.text.strip()
    given = [*maps, *(node for source in sources if (node := source.get("service_net_map")))]
    yield from (node.text.strip() for one in given for key in _SERVICE_KEYS if (node := one.scalar(key)))


def _members(inventory: Node, group: str) -> Iterator[str]:
    """The hosts of a group and of its children, each group visited once."""
    waiting, visited = [group], set()
    while waiting:
        name = waiting.pop()
        if name in visited:
            continue
        visited.add(name)
        for key, into in (("hosts", None), ("children", waiting)):
            node = inventory.get(name, key)
            names = list(node.entries) if node is not None else []
            if into is None:
                yield from names
            else:
                into += names


def _by_role(stack: Stack, inventory: Node) -> list[str]:
    spec = [
        name.text
        for host in stack.spec_hosts
        if (name := host.scalar("hostname")) and (labels := host.get("labels")) and "mon" in labels.elements()
    ]
    if spec:
        return [name for name in spec if any(name in _members(inventory, group) for group in inventory.entries)]
    return [name for role in sorted(mon_roles(stack)) for name in _members(inventory, role)]


def _host(inventory: Node, name: str) -> MonitorHost:
    """Search all groups for the host: its variables are under its role, not under `ceph_mon`."""
    places = [host for group in inventory.entries.values() if (host := group.get("hosts", name))]
    found: dict[str, Node] = {}
    hostnames: dict[str, str] = {}
    for host in places:
        for key in host.entries:
            match, value = _ADDRESS.fullmatch(key), host.scalar(key)
            if match and value is not None and value.text.strip():
                found.setdefault(match["network"], value)
            if key.endswith("_hostname") and value is not None:
                hostnames.setdefault(key.removesuffix("_hostname"), value.text.strip())
    place = places[0].place if places else Place(inventory.place.file, 0, name)
    return MonitorHost(name, found, hostnames, place)

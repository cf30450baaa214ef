"""The machines of a stack, from the inventory that config-download leaves.

Source: tripleo-ansible-inventory: one group for each role, and one for each service, whose children are the roles that
run it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpers.tripleo.loader import Node
from helpers.tripleo.stacks import Stack

#: The inventory's names of the machine that deploys. It is part of no site.
_DEPLOYER = frozenset({"Undercloud", "undercloud", "localhost"})
_ADDRESSES = ("ansible_host", "ctlplane_ip", "ansible_ssh_host")
#: Role in the environment file → inventory groups of its service.
GROUPS: Mapping[str, frozenset[str]] = {
    "glance": frozenset({"glance_api", "glance_api_edge"}),
    "ceph-mon": frozenset({"ceph_mon", "mons"}),
    "compute": frozenset({"nova_compute"}),
    "cinder-volume": frozenset({"cinder_volume", "cinder_volume_edge"}),
    "nova-api": frozenset({"nova_api"}),
    "keystone": frozenset({"keystone"}),
    "haproxy": frozenset({"haproxy", "haproxy_edge"}),
}


@dataclass(frozen=True)
class Machine:
    """One host of an inventory: its address for Ansible (empty if absent) and its groups."""

    name: str
    address: str
    groups: frozenset[str] = frozenset()

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of the environment file that its groups stand for."""
        return tuple(role for role, groups in GROUPS.items() if groups & self.groups)


def machines(stack: Stack) -> tuple[Machine, ...]:
    """Every host in the stack's inventories, in their order, without the undercloud."""
    found: dict[str, Machine] = {}
    for inventory in stack.inventories:
        members = {group: _members(inventory, group) for group in inventory.entries if group not in _DEPLOYER}
        for group, names in members.items():
            for name in names:
                if name in _DEPLOYER:
                    continue
                known = found.get(name, Machine(name, ""))
                found[name] = Machine(name, known.address or _address(inventory, name), known.groups | {group})
    return tuple(found.values())


def _address(inventory: Node, name: str) -> str:
    """The address in whichever group has the host's variables."""
    for group in inventory.entries.values():
        host = group.get("hosts", name)
        for key in _ADDRESSES if host is not None else ():
            value = host.scalar(key) if host is not None else None
            if value is not None and value.text.strip():
                return value.text.strip()
    return ""


def _members(inventory: Node, group: str) -> list[str]:
    """The hosts of a group and of its children, each group visited once."""
    waiting, visited, names = [group], set(), []
    while waiting:
        name = waiting.pop()
        if name in visited:
            continue
        visited.add(name)
        hosts, children = inventory.get(name, "hosts"), inventory.get(name, "children")
        names += list(hosts.entries) if hosts is not None else []
        waiting += list(children.entries) if children is not None else []
    return list(dict.fromkeys(names))

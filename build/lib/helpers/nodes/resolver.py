"""Host names as a node resolves them, which need not be as this machine does."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from helpers.nodes.runner import CommandFailed, Runner


def addresses(node: Runner, hosts: Iterable[str]) -> frozenset[str]:
    """The IP addresses of hosts that are given by address or by name (`getent ahosts`).

    :raises CommandFailed: the node does not know one of the names; says which
    """
    return frozenset(address for host in hosts for address in _addresses(node, host))


def _addresses(node: Runner, host: str) -> frozenset[str]:
    try:
        return frozenset({str(ipaddress.ip_address(host))})
    except ValueError:
        pass
    answer = node.run("getent", "ahosts", host)
    if answer.exit_status != 0:
        raise CommandFailed(answer, f"the name {host} cannot be resolved here")
    return frozenset(line.split()[0] for line in answer.stdout.splitlines() if line.strip())

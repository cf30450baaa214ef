"""Choose addresses that collide with no other network, and keep their traffic on this machine."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lab.command import Shell
from lab.plan import Network

DEFAULT_SUBNET = "192.0.2.0/24"
# The documentation ranges (RFC 5737), then parts of the benchmarking range (RFC 2544). The Internet uses none of them.
CANDIDATES = (DEFAULT_SUBNET, "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/24", "198.18.1.0/24", "198.18.2.0/24")


class SubnetError(ValueError):
    """The machine already uses the requested addresses."""


@dataclass(frozen=True)
class Neighbour:
    """A network or a single address that the machine uses, and the interface or name through which it uses it."""

    network: Network
    used_by: str


def neighbours_of(addresses: Sequence[dict[str, object]], routes: Sequence[dict[str, object]]) -> list[Neighbour]:
    """Parse the output of `ip --json` for addresses and routes.

    Default and unreachable routes do not count as networks.
    """
    found = []
    for link in addresses:
        infos = link.get("addr_info")
        for info in infos if isinstance(infos, list) else ():
            if info.get("family") == "inet":
                interface = ipaddress.IPv4Interface(f"{info['local']}/{info['prefixlen']}")
                found.append(Neighbour(interface.network, str(link["ifname"])))
    for route in routes:
        destination = str(route["dst"])
        gateway = route.get("gateway")
        if gateway:
            found.append(Neighbour(ipaddress.IPv4Network(str(gateway)), "its gateway"))
        if destination == "default" or route.get("type") == "unreachable":
            continue
        found.append(Neighbour(ipaddress.IPv4Network(destination), str(route.get("dev", gateway))))
    return found


def nameservers_of(resolv_conf: str) -> list[Neighbour]:
    """Parse the text of a resolv.conf."""
    found = []
    for line in resolv_conf.splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1 and ":" not in words[1]:
            found.append(Neighbour(ipaddress.IPv4Network(words[1]), "its nameserver"))
    return found


def neighbours(shell: Shell) -> list[Neighbour]:
    """Return the networks of the machine, and the addresses of its gateways, nameservers, package sources and proxies.

    These addresses matter because a sandbox may use a reserved range for its network.
    """
    addresses = json.loads(shell.run("ip", "--json", "-4", "address", "show"))
    routes = json.loads(shell.run("ip", "--json", "-4", "route", "show"))
    resolv_conf = Path("/etc/resolv.conf")
    found = neighbours_of(addresses, routes)
    if resolv_conf.exists():
        found += nameservers_of(resolv_conf.read_text(encoding="utf-8"))
    sites = set(shell.run("apt-get", "indextargets", "--format", "$(SITE)", check=False).split())
    sites.update(os.environ.get(name, "") for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"))
    for host in sorted({urlsplit(site).hostname or "" for site in sites} - {""}):
        # A separate process can be ended if no nameserver answers; a lookup in this process could not.
        answer = shell.run("timeout", "5", "getent", "ahostsv4", host, check=False)
        found += [Neighbour(ipaddress.IPv4Network(line.split()[0]), host) for line in answer.splitlines()]
    return found


def in_the_way(subnet: str, others: Iterable[Neighbour], own_bridge: str) -> Neighbour | None:
    """Return the first network of the machine that overlaps `subnet`, except the lab's own bridge."""
    wanted = ipaddress.IPv4Network(subnet)
    for other in others:
        if other.used_by != own_bridge and other.network.overlaps(wanted):
            return other
    return None


def choose(asked: str | None, others: Sequence[Neighbour], own_bridge: str) -> str:
    """Return the subnet to use: the requested one if it is free, or else the first free candidate."""
    if asked is not None:
        try:
            taken = in_the_way(asked, others, own_bridge)
        except ValueError as error:
            raise SubnetError(f"--subnet {asked!r}: {error}") from error
        if taken:
            raise SubnetError(
                f"--subnet {asked}: this machine already uses {taken.network} ({taken.used_by}); name another one, "
                f"for example --subnet {_first_free(others, own_bridge)}"
            )
        return asked
    return _first_free(others, own_bridge)


def _first_free(others: Sequence[Neighbour], own_bridge: str) -> str:
    for candidate in CANDIDATES:
        if in_the_way(candidate, others, own_bridge) is None:
            return candidate
    raise SubnetError(f"this machine uses addresses in all of {', '.join(CANDIDATES)}; name a free /24 with --subnet")


def keep_on_this_machine(subnet: Network, shell: Shell) -> None:
    """Add an unreachable route with a lower priority than the route of the bridge.

    Without the bridge, packets for the lab then end on this machine instead of leaving it.
    """
    shell.run("ip", "route", "replace", "unreachable", str(subnet), "metric", "4000000000")

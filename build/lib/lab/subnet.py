"""Choose addresses that collide with nobody's network, and keep them on this machine."""

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
# The documentation ranges (RFC 5737), then slices of the benchmarking range (RFC 2544): none is used on the Internet.
CANDIDATES = (DEFAULT_SUBNET, "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/24", "198.18.1.0/24", "198.18.2.0/24")


class SubnetError(ValueError):
    """The machine already uses the addresses that the lab was told to use."""


@dataclass(frozen=True)
class Neighbour:
    """A network or a single address that the machine uses, and the interface or the name by which it does."""

    network: Network
    used_by: str


def neighbours_of(addresses: Sequence[dict[str, object]], routes: Sequence[dict[str, object]]) -> list[Neighbour]:
    """Read what `ip --json` prints of addresses and routes; default and unreachable routes are nobody's network."""
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
    """Read the text of a resolv.conf."""
    found = []
    for line in resolv_conf.splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1 and ":" not in words[1]:
            found.append(Neighbour(ipaddress.IPv4Network(words[1]), "its nameserver"))
    return found


def neighbours(shell: Shell) -> list[Neighbour]:
    """What the machine has, and what it is known to talk to: gateways, nameservers, package sources, proxies.

    The latter are asked for because a range that nobody should use may still be used by a sandbox's network.
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
        # In a process of its own: where no nameserver answers, a look-up in this one could not be given up.
        answer = shell.run("timeout", "5", "getent", "ahostsv4", host, check=False)
        found += [Neighbour(ipaddress.IPv4Network(line.split()[0]), host) for line in answer.splitlines()]
    return found


def in_the_way(subnet: str, others: Iterable[Neighbour], own_bridge: str) -> Neighbour | None:
    """The first network of the machine, other than the lab's own bridge, that overlaps `subnet`."""
    wanted = ipaddress.IPv4Network(subnet)
    for other in others:
        if other.used_by != own_bridge and other.network.overlaps(wanted):
            return other
    return None


def choose(asked: str | None, others: Sequence[Neighbour], own_bridge: str) -> str:
    """The subnet to use: the one asked for if it is free, else the first free candidate."""
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
    """An unreachable route below the bridge's own: with the bridge gone, packets to the lab end here, not outside."""
    shell.run("ip", "route", "replace", "unreachable", str(subnet), "metric", "4000000000")

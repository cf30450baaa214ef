"""What `ceph` answers, as facts. Nothing is run here: an answer in, dataclasses out, each with its command."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpers.nodes.runner import Completed
from helpers.redact import Secret


@dataclass(frozen=True)
class ClusterIdentity:
    """The FSID of the cluster that has answered."""

    fsid: str
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class HealthCheck:
    """One of the cluster's complaints: its code (`OSD_DOWN`), and what it says."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True)
class Health:
    """`status` is HEALTH_OK, HEALTH_WARN or HEALTH_ERR; `checks` are sorted by code."""

    status: str
    checks: tuple[HealthCheck, ...]
    command: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.status}: {'; '.join(map(str, self.checks))}" if self.checks else self.status


@dataclass(frozen=True)
class Mon:
    """One monitor of the map; `addresses` as the map has them, `v2:192.0.2.10:3300` and so on."""

    name: str
    addresses: tuple[str, ...]

    @property
    def hosts(self) -> frozenset[str]:
        """Its IP addresses, without protocol and port; none where the map has none yet (`:/0`)."""
        return frozenset(host for address in self.addresses if (host := _host(address)))

    def __str__(self) -> str:
        return self.name if self.hosts else f"{self.name} (without an address)"


@dataclass(frozen=True)
class Quorum:
    """The monitors of the map, and the names of those in quorum."""

    fsid: str
    names: tuple[str, ...]
    mons: tuple[Mon, ...]
    command: str = field(default="", compare=False)

    @property
    def missing(self) -> frozenset[str]:
        return frozenset(mon.name for mon in self.mons) - frozenset(self.names)

    def __str__(self) -> str:
        missing = ", ".join(str(mon) for mon in self.mons if mon.name in self.missing)
        return f"in quorum: {', '.join(self.names) or 'none'}" + (f"; not in quorum: {missing}" if missing else "")


@dataclass(frozen=True)
class Auth:
    """A cephx user: what it may do, by daemon type, and its key, which prints as a fingerprint only."""

    entity: str
    caps: Mapping[str, str]
    key: Secret
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class KeyFingerprint:
    """The fingerprint of a cephx user's key."""

    fingerprint: str
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class PoolReads:
    """What clients have read from a pool since it was made."""

    read_bytes: int
    command: str = field(default="", compare=False)


def parse_health(answer: Any, completed: Completed) -> Health:
    """The answer of `ceph health`, or the part `health` of `ceph status`."""
    return Health(
        status=str(answer["status"]),
        checks=tuple(
            HealthCheck(code, str(check["summary"]["message"]))
            for code, check in sorted(answer.get("checks", {}).items())
        ),
        command=completed.reproduce,
    )


def parse_quorum(answer: Any, completed: Completed) -> Quorum:
    """The answer of `ceph quorum_status`."""
    return Quorum(
        fsid=str(answer["monmap"]["fsid"]),
        names=tuple(map(str, answer["quorum_names"])),
        mons=tuple(
            Mon(str(mon["name"]), tuple(f"{each['type']}:{each['addr']}" for each in mon["public_addrs"]["addrvec"]))
            for mon in answer["monmap"]["mons"]
        ),
        command=completed.reproduce,
    )


def parse_auth(answer: Any, completed: Completed) -> Auth:
    """The answer of `ceph auth get`."""
    (entry,) = answer
    return Auth(
        entity=str(entry["entity"]),
        caps={str(daemon): str(caps) for daemon, caps in entry["caps"].items()},
        key=Secret(str(entry["key"])),
        command=completed.reproduce,
    )


def _host(address: str) -> str | None:
    # v2:192.0.2.10:3300 or v2:[2001:db8::1]:3300; a monitor that never had an address prints none::/0
    host = address.split(":", 1)[1].rpartition(":")[0].strip("[]")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None

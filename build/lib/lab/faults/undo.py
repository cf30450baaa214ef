"""How a change is undone. Each of these is on disk before its change is made, and can be run again and again."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from lab import ceph, containers, stacks
from lab.cloud import Cloud
from lab.faults import endpoints, left_behind, reporting, secrets, zones
from lab.faults.lab import FaultError, Lab

NFT_TABLE = "dcn_lab_fault"
#: the file of a host that has the process id, and so the group, of what watches there
WATCH = "/run/dcn-lab-fault.pid"


class Undo(Protocol):
    """One step back."""

    def run(self, lab: Lab) -> None: ...


@dataclass(frozen=True)
class RestoreFile:
    """Put a host's file back as it was: from the copy `kept`, or away when there was none (None)."""

    host: str
    path: str
    kept: str | None

    def run(self, lab: Lab) -> None:
        path = lab.file(lab.plan.host(self.host), self.path)
        if self.kept is None:
            path.unlink(missing_ok=True)
            return
        new = path.with_name(f".{path.name}.healed")
        shutil.copy2(self.kept, new)
        old = os.stat(self.kept)
        os.chown(new, old.st_uid, old.st_gid)
        new.replace(path)


@dataclass(frozen=True)
class TellCluster:
    """A `ceph` command that takes another one back."""

    site: str
    command: list[str]

    def run(self, lab: Lab) -> None:
        lab.ceph(lab.plan.site(self.site), *self.command)


@dataclass(frozen=True)
class RemoveRbd:
    """Remove an image from a pool and from its trash, where it still is."""

    site: str
    pool: str
    name: str

    def run(self, lab: Lab) -> None:
        left_behind.remove_rbd(lab, lab.plan.site(self.site), self.pool, self.name)


@dataclass(frozen=True)
class RestoreExternalKey:
    """Give client.external of a cluster the key and the caps that the lab made it with."""

    site: str

    def run(self, lab: Lab) -> None:
        site = lab.plan.site(self.site)
        keyring = ceph.entities(site, lab.state)["client.external"].keyring()
        lab.ceph(site, "auth", "import", "-i", "-", stdin=keyring)


@dataclass(frozen=True)
class StartContainer:
    """Start a container that was stopped; one that runs is left alone."""

    host: str
    container: str

    def run(self, lab: Lab) -> None:
        lab.shell(lab.plan.host(self.host)).run("podman", "start", self.container)


@dataclass(frozen=True)
class EndWatch:
    """End what watches on a host for the moment in which it is to break something, if that has not come."""

    host: str

    def run(self, lab: Lab) -> None:
        shell = lab.shell(lab.plan.host(self.host))
        shell.run("sh", "-c", f"test ! -e {WATCH} || kill -- -$(cat {WATCH}); rm -f {WATCH}", check=False)


@dataclass(frozen=True)
class ContinueContainer:
    """Have every process of a container that was stopped by a signal go on."""

    host: str
    container: str

    def run(self, lab: Lab) -> None:
        containers.signal(lab.shell(lab.plan.host(self.host)), self.container, "CONT")


@dataclass(frozen=True)
class RemoveFirewall:
    """Remove the table of rules from a host's network, where it still is."""

    host: str

    def run(self, lab: Lab) -> None:
        shell = lab.shell(lab.plan.host(self.host))
        if f"table inet {NFT_TABLE}" in shell.run("nft", "list", "tables"):
            shell.run("nft", "delete", "table", "inet", NFT_TABLE)


@dataclass(frozen=True)
class RestoreEndpoints:
    """Have the catalog list exactly these public endpoints of a service."""

    service: str
    urls: list[str]

    def run(self, lab: Lab) -> None:
        endpoints.set_public(lab, self.service, self.urls)


@dataclass(frozen=True)
class RestartGlance:
    """Restart a host's Glance; done after all else, once for each host."""

    host: str

    def run(self, lab: Lab) -> None:
        lab.restart_glance(lab.plan.host(self.host))


@dataclass(frozen=True)
class RestartService:
    """Restart a container of Nova, Cinder or Neutron, and wait until it works; done after all else, too."""

    host: str
    container: str

    def run(self, lab: Lab) -> None:
        reporting.restart(lab, lab.plan.host(self.host), self.container)


@dataclass(frozen=True)
class ForgetVolumeService:
    """Have Cinder forget what a host's volume service has said of itself; it is started again by RestartService.

    `cluster` is the name of a cluster that only the fault has made.
    """

    host: str
    cluster: str | None = None

    def run(self, lab: Lab) -> None:
        reporting.forget_volume_service(lab, lab.plan.host(self.host))
        if self.cluster:
            reporting.forget_volume_cluster(lab, self.cluster)


@dataclass(frozen=True)
class SetZone:
    """Have a host in the availability zone of this site, and in no other."""

    host: str
    zone: str

    def run(self, lab: Lab) -> None:
        zones.set_zone(lab, lab.plan.host(self.host), self.zone)


@dataclass(frozen=True)
class EnableCompute:
    """Have Nova schedule servers to a host again."""

    host: str

    def run(self, lab: Lab) -> None:
        reporting.set_status(lab, lab.plan.host(self.host), "enabled")


@dataclass(frozen=True)
class RecreateCompute:
    """Have a host's nova-compute run as `up` starts it."""

    host: str

    def run(self, lab: Lab) -> None:
        reporting.recreate_compute(lab, lab.plan.host(self.host))


@dataclass(frozen=True)
class SetSecrets:
    """Have libvirt on a host know the keys of exactly these sites' clusters."""

    host: str
    sites: list[str]

    def run(self, lab: Lab) -> None:
        secrets.set_secrets(lab, lab.plan.host(self.host), self.sites)


@dataclass(frozen=True)
class MakeStack:
    """Have the stack of a site as `up` makes it, if it is not complete."""

    site: str

    def run(self, lab: Lab) -> None:
        stacks.make(Cloud(lab.plan, lab.state), [lab.plan.site(self.site).stack])


#: done after all else, once each: what these read is as it was then
RESTARTS = (RestartGlance, RestartService)

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RestoreFile,
        TellCluster,
        RemoveRbd,
        RestoreExternalKey,
        StartContainer,
        EndWatch,
        ContinueContainer,
        RemoveFirewall,
        RestoreEndpoints,
        RestartGlance,
        RestartService,
        ForgetVolumeService,
        SetZone,
        EnableCompute,
        RecreateCompute,
        SetSecrets,
        MakeStack,
    )
}


def to_record(undo: Any) -> dict[str, Any]:
    """As JSON keeps it."""
    return {"undo": type(undo).__name__, **asdict(undo)}


def from_record(record: dict[str, Any]) -> Undo:
    values = dict(record)
    kind = values.pop("undo")
    if kind not in _KINDS:
        raise FaultError(f"the journal of faults says {kind!r}, which this version of the lab does not know")
    made: Undo = _KINDS[kind](**values)
    return made

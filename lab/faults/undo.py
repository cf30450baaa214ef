"""The steps that undo changes. Each step is written to disk before its change is made, and can be repeated."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from lab import ceph, containers, stacks
from lab.cloud import Cloud
from lab.faults import endpoints, left_behind, reporting, secrets, zones
from lab.faults.lab import FaultError, Lab

NFT_TABLE = "dcn_lab_fault"
#: the file on a host with the ID of the process (and process group) that watches there
WATCH = "/run/dcn-lab-fault.pid"


class Undo(Protocol):
    """One step that undoes a change."""

    def run(self, lab: Lab) -> None: ...


@dataclass(frozen=True)
class RestoreFile:
    """Restore a host's file from the copy `kept`, or remove it if there was none (None)."""

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
class RemoveFolder:
    """Remove an empty folder of a host."""

    host: str
    path: str

    def run(self, lab: Lab) -> None:
        with contextlib.suppress(FileNotFoundError):
            lab.file(lab.plan.host(self.host), self.path).rmdir()


@dataclass(frozen=True)
class TellCluster:
    """Run a `ceph` command that reverts another one."""

    site: str
    command: list[str]

    def run(self, lab: Lab) -> None:
        lab.ceph(lab.plan.site(self.site), *self.command)


@dataclass(frozen=True)
class RemoveRbd:
    """Remove an image from a pool and from the pool's trash if it is still there."""

    site: str
    pool: str
    name: str

    def run(self, lab: Lab) -> None:
        left_behind.remove_rbd(lab, lab.plan.site(self.site), self.pool, self.name)


@dataclass(frozen=True)
class RestoreExternalKey:
    """Give client.external of a cluster the key and the caps with which the lab created it."""

    site: str

    def run(self, lab: Lab) -> None:
        site = lab.plan.site(self.site)
        keyring = ceph.entities(site, lab.state)["client.external"].keyring()
        lab.ceph(site, "auth", "import", "-i", "-", stdin=keyring)


@dataclass(frozen=True)
class StartContainer:
    """Start a container that was stopped; a running container is left alone."""

    host: str
    container: str

    def run(self, lab: Lab) -> None:
        lab.shell(lab.plan.host(self.host)).run("podman", "start", self.container)


@dataclass(frozen=True)
class EndWatch:
    """End the watching process on a host if it has not yet broken anything."""

    host: str

    def run(self, lab: Lab) -> None:
        shell = lab.shell(lab.plan.host(self.host))
        shell.run("sh", "-c", f"test ! -e {WATCH} || kill -- -$(cat {WATCH}); rm -f {WATCH}", check=False)


@dataclass(frozen=True)
class ContinueContainer:
    """Continue all processes of a container that was stopped by a signal."""

    host: str
    container: str

    def run(self, lab: Lab) -> None:
        containers.signal(lab.shell(lab.plan.host(self.host)), self.container, "CONT")


@dataclass(frozen=True)
class RemoveFirewall:
    """Remove the table of rules from a host's network if it is still there."""

    host: str

    def run(self, lab: Lab) -> None:
        shell = lab.shell(lab.plan.host(self.host))
        if f"table inet {NFT_TABLE}" in shell.run("nft", "list", "tables"):
            shell.run("nft", "delete", "table", "inet", NFT_TABLE)


@dataclass(frozen=True)
class RestoreEndpoints:
    """Restore exactly these public endpoints of a service in the catalog."""

    service: str
    urls: list[str]

    def run(self, lab: Lab) -> None:
        endpoints.set_public(lab, self.service, self.urls)


@dataclass(frozen=True)
class RestartGlance:
    """Restart a host's Glance, once per host and after all other steps."""

    host: str

    def run(self, lab: Lab) -> None:
        lab.restart_glance(lab.plan.host(self.host))


@dataclass(frozen=True)
class RestartService:
    """Restart a container of Nova, Cinder or Neutron after all other steps, and wait until it works."""

    host: str
    container: str

    def run(self, lab: Lab) -> None:
        reporting.restart(lab, lab.plan.host(self.host), self.container)


@dataclass(frozen=True)
class ForgetVolumeService:
    """Make Cinder forget a host's volume service, which RestartService starts again.

    `cluster` is the name of a cluster that exists only because of the fault.
    """

    host: str
    cluster: str | None = None

    def run(self, lab: Lab) -> None:
        reporting.forget_volume_service(lab, lab.plan.host(self.host))
        if self.cluster:
            reporting.forget_volume_cluster(lab, self.cluster)


@dataclass(frozen=True)
class SetZone:
    """Move a host to the availability zone of this site and out of all others."""

    host: str
    zone: str

    def run(self, lab: Lab) -> None:
        zones.set_zone(lab, lab.plan.host(self.host), self.zone)


@dataclass(frozen=True)
class EnableCompute:
    """Enable a host for Nova's scheduler again."""

    host: str

    def run(self, lab: Lab) -> None:
        reporting.set_status(lab, lab.plan.host(self.host), "enabled")


@dataclass(frozen=True)
class RecreateCompute:
    """Run nova-compute on a host as `up` starts it."""

    host: str

    def run(self, lab: Lab) -> None:
        reporting.recreate_compute(lab, lab.plan.host(self.host))


@dataclass(frozen=True)
class SetSecrets:
    """Give libvirt on a host the keys of exactly these sites' clusters."""

    host: str
    sites: list[str]

    def run(self, lab: Lab) -> None:
        secrets.set_secrets(lab, lab.plan.host(self.host), self.sites)


@dataclass(frozen=True)
class MakeStack:
    """Create the stack of a site as `up` does, if it is not complete."""

    site: str

    def run(self, lab: Lab) -> None:
        stacks.make(Cloud(lab.plan, lab.state), [lab.plan.site(self.site).stack])


#: run once each after all other steps, when the files that they read have been restored
RESTARTS = (RestartGlance, RestartService)

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RestoreFile,
        RemoveFolder,
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
    """Return the step as a JSON object."""
    return {"undo": type(undo).__name__, **asdict(undo)}


def from_record(record: dict[str, Any]) -> Undo:
    values = dict(record)
    kind = values.pop("undo")
    if kind not in _KINDS:
        raise FaultError(f"the journal of faults says {kind!r}, which this version of the lab does not know")
    made: Undo = _KINDS[kind](**values)
    return made

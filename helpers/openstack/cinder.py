"""Cinder: volumes, their snapshots, and the services behind them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import openstack.exceptions
from openstack.connection import Connection

from helpers.openstack import clients as api_clients
from helpers.openstack.answers import body_of
from helpers.openstack.command_line import command_line
from helpers.openstack.nova import Service
from helpers.openstack.retries import once, the_one_named
from helpers.wait import wait_for_resource


@dataclass(frozen=True)
class Volume:
    """A volume as the API shows it. `size` is in GiB; `host` is `HOST@BACKEND#POOL`, visible to administrators only."""

    id: str
    name: str
    status: str
    size: int
    availability_zone: str
    host: str | None
    bootable: bool
    image: str | None
    servers: tuple[str, ...]
    reproduce: str

    def __str__(self) -> str:
        attached = f", attached to {', '.join(self.servers)}" if self.servers else ""
        return f"{self.status}, {self.size} GiB, zone {self.availability_zone}, host {self.host}{attached}"


@dataclass(frozen=True)
class VolumeSnapshot:
    """A snapshot of a volume as the API shows it."""

    id: str
    name: str
    status: str
    volume: str
    reproduce: str

    def __str__(self) -> str:
        return f"{self.status}, of volume {self.volume}"


class VolumeFailed(Exception):
    """A volume or snapshot did not reach the expected status."""

    def __init__(self, message: str, seen: Volume | VolumeSnapshot | None) -> None:
        super().__init__(message)
        self.seen = seen


class Cinder:
    """The Block Storage service, a thin layer over openstacksdk's proxy.

    :param cloud: the entry of clouds.yaml, for command lines
    """

    def __init__(self, connection: Connection, cloud: str) -> None:
        self._client = functools.cache(partial(api_clients.block_storage, connection))
        self._cloud = cloud

    @property
    def _proxy(self) -> Any:
        return self._client()

    def command(self, *words: str) -> str:
        """The equivalent `openstack` command line."""
        return command_line(self._cloud, *words)

    def create(self, name: str, *, size: int, zone: str, image: str | None = None) -> str:
        """Request a volume of `size` GiB, from an image if one is given. Returns its id at once."""

        def ask() -> str:
            return str(self._proxy.create_volume(name=name, size=size, availability_zone=zone, image_id=image).id)

        return once(ask, lambda: the_one_named(name, _named(self.volumes())), f"volume {name}")

    def volume(self, volume_id: str) -> Volume | None:
        """The record of a volume; None if there is none."""
        found = body_of(self._proxy.get(f"/volumes/{volume_id}"))
        return self._volume(found["volume"]) if found else None

    def snapshot(self, snapshot_id: str) -> VolumeSnapshot | None:
        """The record of a snapshot; None if there is none."""
        found = body_of(self._proxy.get(f"/snapshots/{snapshot_id}"))
        return self._snapshot(found["snapshot"]) if found else None

    def wait_volume(self, volume_id: str, status: str, timeout: float) -> Volume:
        """Wait until a volume has a status.

        :param timeout: seconds
        :raises VolumeFailed: it has an error status, is gone, or did not reach the status in time
        """
        return _wait(lambda: self.volume(volume_id), f"volume {volume_id}", status, timeout)

    def wait_snapshot(self, snapshot_id: str, status: str, timeout: float) -> VolumeSnapshot:
        """Wait until a snapshot has a status; see `wait_volume`."""
        return _wait(lambda: self.snapshot(snapshot_id), f"snapshot {snapshot_id}", status, timeout)

    def create_snapshot(self, volume_id: str, name: str) -> str:
        """Request a snapshot, even of a volume in use (`--force`). Returns its id at once."""

        def ask() -> str:
            return str(self._proxy.create_snapshot(volume_id=volume_id, name=name, is_forced=True).id)

        return once(ask, lambda: the_one_named(name, _named(self.snapshots())), f"snapshot {name}")

    def delete(self, volume_id: str) -> None:
        """Request the deletion of a volume. A volume that is already gone is no error."""
        self._proxy.delete_volume(volume_id, ignore_missing=True)

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Request the deletion of a snapshot. A snapshot that is already gone is no error."""
        self._proxy.delete_snapshot(snapshot_id, ignore_missing=True)

    def volumes(self) -> list[Volume]:
        """All volumes of this project."""
        return [self._volume(_as_it_came(volume)) for volume in self._proxy.volumes(details=True)]

    def ids(self) -> frozenset[str]:
        """The ids in the RBD names of all projects' volumes. Only an administrator gets all of them.

        A migrated volume has the name of the volume that was created for the migration.
        """
        found = [_as_it_came(volume) for volume in self._proxy.volumes(details=True, all_projects=True)]
        names = (volume.get("os-vol-mig-status-attr:name_id") for volume in found)
        return frozenset(str(one["id"]) for one in found) | frozenset(str(name) for name in names if name)

    def snapshots(self) -> list[VolumeSnapshot]:
        """All snapshots of this project."""
        return [self._snapshot(_as_it_came(snapshot)) for snapshot in self._proxy.snapshots(details=True)]

    def services(self) -> tuple[Service, ...]:
        """All Cinder services, with availability zone and cluster as cinder.conf names them."""
        response = self._proxy.get("/os-services", microversion="3.7")
        openstack.exceptions.raise_from_response(response)
        return tuple(
            Service(s["binary"], s["host"], s["zone"], s["state"], s["status"], _without_backend(s.get("cluster")))
            for s in response.json()["services"]
        )

    def _volume(self, found: Mapping[str, Any]) -> Volume:
        return Volume(
            id=found["id"],
            name=found["name"] or "",
            status=found["status"],
            size=found["size"],
            availability_zone=found["availability_zone"],
            host=found.get("os-vol-host-attr:host"),
            bootable=str(found["bootable"]).lower() == "true",
            image=(found.get("volume_image_metadata") or {}).get("image_id"),
            servers=tuple(attachment["server_id"] for attachment in found.get("attachments") or ()),
            reproduce=self.command("volume", "show", found["id"]),
        )

    def _snapshot(self, found: Mapping[str, Any]) -> VolumeSnapshot:
        reproduce = self.command("volume", "snapshot", "show", found["id"])
        return VolumeSnapshot(found["id"], found["name"] or "", found["status"], found["volume_id"], reproduce)


def _named(found: Iterable[Volume | VolumeSnapshot]) -> Iterator[tuple[str, str]]:
    return ((one.id, one.name) for one in found)


def _as_it_came(resource: Any) -> Mapping[str, Any]:
    """An object of the SDK with the attribute names of the API."""
    found: Mapping[str, Any] = resource.to_dict(computed=False, original_names=True)
    return found


Seen = TypeVar("Seen", Volume, VolumeSnapshot)


def _wait(probe: Callable[[], Seen | None], what: str, status: str, timeout: float) -> Seen:
    return wait_for_resource(
        probe,
        lambda seen: seen.status == status,
        failed=lambda seen: f"status {seen.status}" if "error" in seen.status else None,
        failure=VolumeFailed,
        timeout=timeout,
        what=f"{what} {status}",
        interval=0.3,
    )


def _without_backend(cluster: str | None) -> str | None:
    """Cinder lists a cluster as `dcn0@tripleo_ceph`."""
    return cluster.split("@")[0] if cluster else None

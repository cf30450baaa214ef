"""Nova: servers that boot from an image or a volume in an availability zone, and their records."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from helpers.openstack import clients as api_clients
from helpers.openstack.answers import body_of
from helpers.openstack.command_line import command_line
from helpers.openstack.retries import once, the_one_named
from helpers.wait import wait_for_resource

#: the first microversion that accepts `networks: none`; the guide's servers have a network
MICROVERSION = "2.37"


@dataclass(frozen=True)
class Server:
    """A server as the API shows it. `fault` is Nova's own message or None; `host` is visible to administrators only."""

    id: str
    name: str
    status: str
    task_state: str | None
    availability_zone: str | None
    host: str | None
    fault: str | None
    volumes: tuple[str, ...]
    reproduce: str

    def __str__(self) -> str:
        words = [self.status, f"task {self.task_state}" if self.task_state else "", f"zone {self.availability_zone}"]
        words += [f"host {self.host}", f"volumes {', '.join(self.volumes)}" if self.volumes else ""]
        return ", ".join(filter(None, (*words, self.fault)))


@dataclass(frozen=True)
class Service:
    """A service of Nova or Cinder. `state` is up or down, `status` enabled or disabled. Only Cinder has a `cluster`."""

    binary: str
    host: str
    zone: str
    state: str
    status: str
    cluster: str | None = None

    @property
    def condition(self) -> str:
        """State and status: `up, enabled` if all is well."""
        return f"{self.state}, {self.status}"


class ServerFailed(Exception):
    """A server did not reach the expected status. The message quotes Nova's fault."""

    def __init__(self, message: str, server: Server | None) -> None:
        super().__init__(message)
        self.server = server


class Nova:
    """The Compute service, a thin layer over openstacksdk's proxy.

    :param cloud: the entry of clouds.yaml, for command lines
    """

    def __init__(self, connection: Connection, cloud: str) -> None:
        self._client = functools.cache(partial(api_clients.compute, connection))
        self._cloud = cloud
        self.flavor_id = functools.cache(self._flavor_id)

    @property
    def _proxy(self) -> Any:
        return self._client()

    def _flavor_id(self, name: str) -> str:
        """The id of the flavor with this name or id. It is requested once.

        :raises openstack.exceptions.NotFoundException: there is no such flavor
        """
        return str(self._proxy.find_flavor(name, ignore_missing=False).id)

    def flavors(self) -> tuple[str, ...]:
        """The names of all flavors."""
        return tuple(sorted({str(flavor.name) for flavor in self._proxy.flavors()}))

    def flavors_named(self, prefix: str) -> list[tuple[str, str]]:
        """Id and name of every flavor, also private, whose name begins so."""
        return [(one.id, one.name) for one in self._proxy.flavors(is_public="None") if one.name.startswith(prefix)]

    def create_flavor(self, name: str, *, ram: int, disk: int) -> str:
        """Create a private flavor with one CPU. Returns its id.

        :param ram: MiB
        :param disk: GiB
        :raises openstack.exceptions.HttpException: Nova refuses it
        """
        body = {"name": name, "vcpus": 1, "ram": ram, "disk": disk, "os-flavor-access:is_public": False}

        def ask() -> str:
            response = self._proxy.post("/flavors", json={"flavor": body})
            openstack.exceptions.raise_from_response(response)
            return str(response.json()["flavor"]["id"])

        return once(ask, lambda: the_one_named(name, self.flavors_named(name)), f"flavor {name}")

    def has_flavor(self, flavor_id: str) -> bool:
        """Whether there is a flavor with this id."""
        return body_of(self._proxy.get(f"/flavors/{flavor_id}")) is not None

    def delete_flavor(self, flavor_id: str) -> None:
        """Delete a flavor. Servers that have it keep it. A flavor that is already gone is no error."""
        self._proxy.delete_flavor(flavor_id, ignore_missing=True)

    def command(self, *words: str) -> str:
        """The equivalent `openstack` command line."""
        return command_line(self._cloud, *words)

    def create(
        self,
        name: str,
        *,
        flavor: str,
        zone: str,
        network: str | None,
        image: str | None = None,
        volume: str | None = None,
        new_volume_gib: int | None = None,
    ) -> str:
        """Request a server. Returns its id at once.

        :param image: image id to boot from; with `new_volume_gib`, from a new volume of that size
        :param volume: volume id to boot from
        :param network: id of the network, None for a server without any
        :raises openstack.exceptions.HttpException: when Nova refuses it
        """
        body: dict[str, Any] = {
            "name": name,
            "flavorRef": self.flavor_id(flavor),
            "availability_zone": zone,
            "networks": [{"uuid": network}] if network else "none",
        }
        if volume:
            mapping = {"uuid": volume, "source_type": "volume", "delete_on_termination": False}
        elif new_volume_gib:
            mapping = {
                "uuid": image,
                "source_type": "image",
                "volume_size": new_volume_gib,
                "delete_on_termination": True,
            }
        else:
            mapping = {}
            body["imageRef"] = image
        if mapping:
            body["block_device_mapping_v2"] = [{**mapping, "destination_type": "volume", "boot_index": 0}]

        def ask() -> str:
            response = self._proxy.post("/servers", json={"server": body}, microversion=MICROVERSION)
            openstack.exceptions.raise_from_response(response)
            return str(response.json()["server"]["id"])

        return once(ask, lambda: the_one_named(name, self.named(name)), f"server {name}")

    def server(self, server_id: str) -> Server | None:
        """The record of a server; None if there is none."""
        answer = body_of(self._proxy.get(f"/servers/{server_id}"))
        if answer is None:
            return None
        found: Mapping[str, Any] = answer["server"]
        return Server(
            id=found["id"],
            name=found["name"],
            status=found["status"],
            task_state=found.get("OS-EXT-STS:task_state"),
            availability_zone=found.get("OS-EXT-AZ:availability_zone"),
            host=found.get("OS-EXT-SRV-ATTR:host"),
            fault=(found.get("fault") or {}).get("message"),
            volumes=tuple(volume["id"] for volume in found.get("os-extended-volumes:volumes_attached") or ()),
            reproduce=self.command("server", "show", found["id"]),
        )

    def wait_status(self, server_id: str, status: str, timeout: float) -> Server:
        """Wait until a server has a status and no running task.

        :param timeout: seconds
        :raises ServerFailed: it went to ERROR, is gone, or did not reach the status in time
        """

        def failed(server: Server) -> str | None:
            return f"status ERROR: {server.fault or 'no fault is given'}" if server.status == "ERROR" else None

        return wait_for_resource(
            lambda: self.server(server_id),
            lambda server: server.status == status and not server.task_state,
            failed=failed,
            failure=ServerFailed,
            timeout=timeout,
            what=f"server {server_id} {status}",
            interval=0.5,
        )

    def stop(self, server_id: str) -> None:
        """Request the stop of a server."""
        once(lambda: self._proxy.stop_server(server_id), self._is_on_its_way(server_id, "SHUTOFF"), "os-stop")

    def start(self, server_id: str) -> None:
        """Request the start of a server."""
        once(lambda: self._proxy.start_server(server_id), self._is_on_its_way(server_id, "ACTIVE"), "os-start")

    def _is_on_its_way(self, server_id: str, status: str) -> Callable[[], bool | None]:
        def is_on_its_way() -> bool | None:
            server = self.server(server_id)
            return (server is not None and bool(server.status == status or server.task_state)) or None

        return is_on_its_way

    def delete(self, server_id: str) -> None:
        """Request the deletion of a server. A server that is already gone is no error."""
        self._proxy.delete_server(server_id, ignore_missing=True)

    def create_image(self, server_id: str, name: str, images: Callable[[str], Iterable[tuple[str, str]]]) -> str:
        """Request an image of a server (`server image create`). Returns the id of the image at once.

        :param images: id and name of every image whose name begins so
        """
        action, body = f"/servers/{server_id}/action", {"createImage": {"name": name}}

        def ask() -> str:
            response = self._proxy.post(action, json=body, microversion="2.45")
            openstack.exceptions.raise_from_response(response)
            return str(response.json()["image_id"])

        return once(ask, lambda: the_one_named(name, images(name)), f"image {name}")

    def attach(self, server_id: str, volume_id: str) -> None:
        """Ask for a volume to be attached.

        :raises openstack.exceptions.HttpException: when Nova refuses it
        """

        def is_attached() -> bool | None:
            answer = body_of(self._proxy.get(f"/servers/{server_id}/os-volume_attachments"))
            attached = answer["volumeAttachments"] if answer else ()
            return any(one["volumeId"] == volume_id for one in attached) or None

        def ask() -> bool:
            self._proxy.create_volume_attachment(server_id, volume_id=volume_id)
            return True

        once(ask, is_attached, f"attachment of volume {volume_id} to server {server_id}")

    def console(self, server_id: str) -> str:
        """What the guest has written to its console so far; empty while Nova has none."""
        try:
            answer: Mapping[str, Any] = self._proxy.get_server_console_output(server_id)
        except (openstack.exceptions.NotFoundException, openstack.exceptions.ConflictException):
            return ""
        return str(answer.get("output") or "")

    def named(self, prefix: str) -> list[tuple[str, str]]:
        """Id and name of every server whose name begins so."""
        return [(server.id, server.name) for server in self._proxy.servers() if server.name.startswith(prefix)]

    def ids(self) -> frozenset[str]:
        """The ids of all servers, of every project; only an administrator gets them."""
        return frozenset(server.id for server in self._proxy.servers(details=False, all_projects=True))

    def services(self) -> tuple[Service, ...]:
        """Every service of Nova's, with its availability zone."""
        return tuple(
            Service(service.binary, service.host, service.availability_zone, service.state, service.status)
            for service in self._proxy.services()
        )

    def zones(self) -> Mapping[str, frozenset[str]]:
        """Availability zone → the hosts whose nova-compute is in it."""
        return {
            zone.name: frozenset(host for host, services in (zone.hosts or {}).items() if "nova-compute" in services)
            for zone in self._proxy.availability_zones(details=True)
        }

"""Servers: their placement by Nova, the creation of their disks, and their life cycle."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulator.world.absent_images import AbsentImage
from simulator.world.clock import now
from simulator.world.clusters import RbdError, RbdImage
from simulator.world.content import Content
from simulator.world.guest import BOOTED, MARKER, boot_log, booted, boots
from simulator.world.network import Port
from simulator.world.refusal import BuildFailed, Refusal
from simulator.world.sites import Site
from simulator.world.volumes import Attachment, CannotRead, Volume, disk_from_image, streamed

if TYPE_CHECKING:
    from simulator.world.identity import User
    from simulator.world.nodes import Node
    from simulator.world.world import World

GIB = 1024**3
# libvirt's default devices for a guest whose image does not specify them; Nova records them after starting the guest
_HARDWARE = {
    "hw_cdrom_bus": "ide",
    "hw_disk_bus": "virtio",
    "hw_input_bus": "usb",
    "hw_machine_type": "pc",
    "hw_pointer_model": "usbtablet",
    "hw_video_model": "virtio",
    "hw_vif_model": "virtio",
}


@dataclass(frozen=True)
class Flavor:
    id: str
    name: str
    ram: int
    vcpus: int
    disk: int
    public: bool = True


@dataclass(frozen=True)
class Fault:
    """The reason why a server, or a request to it, failed. Code 500 is an error of Nova itself and has a traceback."""

    message: str
    code: int = 500
    created: datetime = field(default_factory=now)


@dataclass
class Server:
    """One instance. `disk` is the content of a disk that is not in Ceph, as at a site without storage.

    `image_properties` are those of the image from which the server was created; an image of the server gets them as
    well.
    """

    name: str
    project: str
    user: str
    flavor: Flavor
    zone: str
    image_id: str | None
    key: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "BUILD"
    task_state: str | None = "scheduling"
    vm_state: str = "building"
    host: str | None = None
    site: str | None = None
    fault: Fault | None = None
    volumes: list[str] = field(default_factory=list)
    dies_with_server: set[str] = field(default_factory=set)
    ports: list[Port] = field(default_factory=list)
    disk: Content | None = None
    console: list[str] = field(default_factory=list)
    image_properties: dict[str, str] = field(default_factory=dict)
    launched: datetime | None = None
    terminated: datetime | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)

    @property
    def rbd_name(self) -> str:
        return f"{self.id}_disk"

    def becomes(self, status: str, vm_state: str, task_state: str | None = None) -> None:
        self.status, self.vm_state, self.task_state, self.updated = status, vm_state, task_state, now()


class Servers:
    """The compute service of all sites."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.servers: dict[str, Server] = {}
        self.flavors = {
            flavor.id: flavor for flavor in (Flavor("1", "tiny", 256, 1, 0), Flavor("2", "small", 512, 1, 1))
        }

    def get(self, server_id: str) -> Server:
        try:
            return self.servers[server_id]
        except KeyError:
            raise Refusal(404, f"Instance {server_id} could not be found.") from None

    def flavor(self, reference: str) -> Flavor:
        identifier = reference.rsplit("/", 1)[-1]
        if identifier not in self.flavors:
            raise Refusal(400, f"Flavor {identifier} could not be found.")
        return self.flavors[identifier]

    def create_flavor(self, name: str, ram: int, vcpus: int, disk: int, *, public: bool) -> Flavor:
        """Return a new flavor. Names are unique, also among private ones."""
        if name in {flavor.name for flavor in self.flavors.values()}:
            raise Refusal(409, f"Flavor with name {name} already exists.")
        flavor = Flavor(str(uuid.uuid4()), name, ram, vcpus, disk, public)
        self.flavors[flavor.id] = flavor
        return flavor

    # --- creation ---

    def create(self, user: User, wanted: dict[str, Any], ports: list[Port]) -> Server:
        """Start building a server. Raises Refusal for requests that the API itself refuses."""
        zone = wanted.get("availability_zone") or self._world.central.zone
        if self._world.site_in(zone) is None:
            raise Refusal(400, "The requested availability zone is not available")
        mappings: list[dict[str, Any]] = wanted.get("block_device_mapping_v2") or []
        image_id = wanted.get("imageRef") or None
        for identifier in [image_id, *(each.get("uuid") for each in mappings if each.get("source_type") == "image")]:
            if identifier and identifier not in self._world.images.records:
                raise Refusal(400, "Can not find requested image")
        image = self._world.images.records.get(image_id or "")
        if image is not None and image.status != "active":
            raise Refusal(400, f"Image {image.id} is not active.")
        flavor = self.flavor(str(wanted["flavorRef"]))
        if image is not None and not mappings and 0 < flavor.disk * GIB < (image.size or 0):
            sizes = f"Flavor disk is {flavor.disk * GIB} bytes, image is {image.size} bytes."
            raise Refusal(400, f"Flavor's disk is too small for requested image. {sizes}")
        if not image_id and not mappings:
            raise Refusal(400, "Block Device Mapping is Invalid: You specified no image and no bootable volume.")
        for mapping in mappings:
            if mapping.get("source_type") == "volume":
                self._check_volume(mapping["uuid"], zone)
        whole_from_volume = any(
            mapping.get("destination_type") == "volume" and str(mapping.get("boot_index", "")) == "0"
            for mapping in mappings
        )
        server = Server(
            name=wanted["name"],
            project=user.project.id,
            user=user.id,
            flavor=flavor,
            zone=zone,
            image_id=None if whole_from_volume else image_id,
            key=wanted.get("key_name"),
            metadata=dict(wanted.get("metadata") or {}),
            groups=[group["name"] for group in wanted.get("security_groups") or [{"name": "default"}]],
            ports=ports,
            image_properties=self._image_properties(image_id, mappings),
        )
        self.servers[server.id] = server
        self._world.clock.start(self._build(server, mappings, user))
        return server

    def _image_properties(self, image_id: str | None, mappings: list[dict[str, Any]]) -> dict[str, str]:
        """Return the properties that Nova keeps of the server's image, or of the image of its root volume."""
        root = next((each for each in mappings if str(each.get("boot_index", "")) == "0"), {})
        if root.get("source_type") == "volume":
            found = self._world.volumes.get(root["uuid"]).image_properties
        else:
            image = self._world.images.records.get(image_id or root.get("uuid", ""))
            found = image.properties if image else {}
        return {name: value for name, value in found.items() if not name.startswith("os_glance")}

    def _check_volume(self, volume_id: str, zone: str) -> None:
        if volume_id not in self._world.volumes.volumes:
            raise Refusal(400, f"Block Device Mapping is Invalid: failed to get volume {volume_id}.")
        volume = self._world.volumes.get(volume_id)
        if volume.status != "available":
            raise Refusal(400, f"Invalid volume: Volume {volume_id} is not available: status is {volume.status}.")
        if volume.zone != zone and self._world.central.nova.cross_az_attach is False:
            message = (
                "The availability zone between the server and its attached volumes do not match: Server and volumes "
                f"are not in the same availability zone. Server is in: {zone}. Volumes are in: {volume.zone}."
            )
            raise Refusal(400, message)

    async def _build(self, server: Server, mappings: list[dict[str, Any]], user: User) -> None:
        await self._world.clock.takes("schedule")
        site = self._world.site_in(server.zone)
        hosts = (
            [node for node in site.nodes if "compute" in node.roles and node.name not in site.nova.down] if site else []
        )
        if site is None or not hosts:
            server.fault = Fault("No valid host was found. There are not enough hosts available.")
            server.becomes("ERROR", "error")
            return
        hosts.sort(key=lambda node: sum(each.host == node.name for each in self.servers.values()))
        node = hosts[0]
        server.host, server.site = node.name, site.name
        try:
            server.task_state = "block_device_mapping"
            await self._attach_all(server, site, node, mappings, user)
            server.task_state = "spawning"
            await self._world.clock.takes("spawn")
            if server.image_id and not server.volumes:
                await self._make_disk(server, site, node, user)
            self._world.hooks.through("server.spawning", server, site=site)
        except BuildFailed as error:
            server.fault = Fault(str(error))
            self._world.log("nova_compute", node, f"ERROR nova.compute.manager [instance: {server.id}] {error}")
            server.host = None
            server.becomes("ERROR", "error")
            return
        server.image_properties = _HARDWARE | server.image_properties
        if server.id in self.servers and not server.terminated:
            self._boot(server)

    async def _make_disk(self, server: Server, site: Site, node: Node, user: User) -> None:
        image = self._world.images.records.get(server.image_id or "")
        if image is None:
            raise BuildFailed(f"Image {server.image_id} could not be found.")
        if site.glance is not None:
            await self._world.read_image(site.glance, image.id)
        if site.cluster is not None and site.nova.images_type == "rbd":
            await AbsentImage(self._world, site, node, image).handled(server, user)
        size = server.flavor.disk * GIB
        try:
            if site.cluster is None or site.nova.images_type != "rbd":
                content = await streamed(self._world, site, image)
                server.disk = content.resized(max(size, content.size))
            else:
                await disk_from_image(self._world, site, image, site.nova.images_pool, server.rbd_name, size)
        except (CannotRead, RbdError) as error:
            self._world.log(
                "nova_compute", site.nodes[0], f"ERROR [instance: {server.id}] HTTP 500 from Glance: {error}"
            )
            raise BuildFailed(
                "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for "
                f"instance {server.id}."
            ) from error

    async def _attach_all(
        self, server: Server, site: Site, node: Node, mappings: list[dict[str, Any]], user: User
    ) -> None:
        cross = site.nova.cross_az_attach is not False
        for mapping in mappings:
            if mapping.get("destination_type", "volume") != "volume":
                continue
            if mapping.get("source_type") == "volume":
                volume = self._world.volumes.get(mapping["uuid"])
                fits = cross or volume.zone == server.zone
                if not self._world.hooks.through("volume.fits", fits, server=server, volume=volume):
                    told = self.other_zone(server, volume)
                    self._world.log("nova_compute", node, f"ERROR [instance: {server.id}] {told}")
                    raise BuildFailed(f"Build of instance {server.id} aborted: {told}")
            else:
                volume = await self._new_volume(server, mapping, None if cross else server.zone, user)
            known = self._world.sites[volume.site].cluster is site.cluster
            if not self._world.hooks.through("secret.known", known, server=server, volume=volume):
                secret = self._world.sites[volume.site].nova.secret
                told = f"libvirt.libvirtError: Secret not found: no secret with matching uuid '{secret}'"
                self._world.log("nova_compute", node, f"ERROR [instance: {server.id}] {told}")
                raise BuildFailed(
                    "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures "
                    f"for instance {server.id}."
                )
            await self._world.clock.takes("attach")
            self.attach(server, volume)
            if mapping.get("delete_on_termination"):
                server.dies_with_server.add(volume.id)

    async def _new_volume(self, server: Server, mapping: dict[str, Any], zone: str | None, user: User) -> Volume:
        wanted = {
            "availability_zone": zone,
            "description": "",
            "size": mapping.get("volume_size") or max(1, server.flavor.disk),
        }
        if mapping.get("source_type") == "image":
            wanted["imageRef"] = mapping["uuid"]
        elif mapping.get("source_type") == "snapshot":
            wanted["snapshot_id"] = mapping["uuid"]
        try:
            volume = self._world.volumes.create(user, wanted)
        except Refusal as error:
            raise BuildFailed(f"Build of instance {server.id} aborted: {error.message}") from error
        while volume.status in ("creating", "downloading"):
            await self._world.clock.takes("attach")
        if volume.status != "available":
            reason = (
                f"Volume {volume.id} did not finish being created even after we waited: its status is {volume.status}."
            )
            raise BuildFailed(f"Build of instance {server.id} aborted: {reason}")
        return volume

    def other_zone(self, server: Server, volume: Volume) -> str:
        """Return Nova's message for a volume in another zone than the server's, or an empty string if they match."""
        if volume.zone == server.zone:
            return ""
        return (
            f"Invalid volume: Instance {server.id} and volume {volume.id} are not in the same availability_zone. "
            f"Instance is in {server.zone}. Volume is in {volume.zone}"
        )

    def attach_to_running(self, server: Server, volume: Volume) -> str:
        """Start attaching a volume, and return the device.

        A volume that nova-compute refuses becomes available again.
        """
        device = self._next_device(server)
        site = self._world.sites[server.site or self._world.central.name]
        told = self.other_zone(server, volume)
        if not told or site.nova.cross_az_attach is not False:
            self.attach(server, volume)
            return device
        volume.status = "reserved"
        node = next((each for each in site.nodes if each.name == server.host), site.nodes[0])
        self._world.clock.start(self._give_back(server, volume, node, told))
        return device

    async def _give_back(self, server: Server, volume: Volume, node: Node, told: str) -> None:
        await self._world.clock.takes("attach")
        self._world.log("nova_compute", node, f"ERROR [instance: {server.id}] {told}")
        server.fault = Fault(told, code=400)
        volume.status = "available"

    def _next_device(self, server: Server) -> str:
        return f"/dev/vd{'abcdefghijklmnop'[len(server.volumes) + bool(server.image_id)]}"

    def attach(self, server: Server, volume: Volume) -> None:
        device = self._next_device(server)
        volume.attachments.append(Attachment(server.id, server.host or "", device))
        volume.status = "in-use"
        server.volumes.append(volume.id)

    def detach(self, server: Server, volume: Volume) -> None:
        volume.attachments = [each for each in volume.attachments if each.server_id != server.id]
        volume.status = "available" if not volume.attachments else "in-use"
        server.volumes.remove(volume.id)
        self._lock_disks(server, volume, False)

    # --- life cycle ---

    def root(self, server: Server) -> RbdImage | None:
        """Return the RBD image from which the server boots, or None for a disk that is not in Ceph or is gone."""
        if server.site is None or self._world.sites[server.site].cluster is None:
            return None
        if server.volumes and not server.image_id:
            volume = self._world.volumes.volumes.get(server.volumes[0])
            if volume is None:
                return None
            cluster, pool = self._world.volumes.place(volume)
            return cluster.pool(pool).images.get(volume.rbd_name)
        site = self._world.sites[server.site]
        return site.ceph.pool(site.nova.images_pool).images.get(server.rbd_name)

    def _lock_disks(self, server: Server, volume: Volume | None, locked: bool) -> None:
        if volume is not None:
            cluster, pool = self._world.volumes.place(volume)
            image = cluster.pool(pool).images.get(volume.rbd_name)
        else:
            image = self.root(server)
        if image is not None:
            image.locked = locked

    def _boot(self, server: Server) -> None:
        """Start the guest, which reads its disk and writes one line to it."""
        root = self.root(server)
        content = root.content if root else server.disk
        server.launched = server.launched or now()
        server.becomes("ACTIVE", "active")
        if content is None or not boots(content):
            server.console.append("No bootable device.")
            return
        earlier = boot_log(content)
        after = self._world.hooks.through("guest.wrote", booted(content, server.id), server=server, before=content)
        if root is not None:
            root.content, root.locked = after, True
        else:
            server.disk = after
        if earlier:
            server.console.append(f"{MARKER} {' '.join(earlier)}")
        server.console.append(f"{BOOTED} {server.id}")

    def check_no_task(self, server: Server, action: str) -> None:
        """Refuse an action during another one, as nova-api does."""
        if server.task_state is not None:
            message = f"Cannot '{action}' instance {server.id} while it is in task_state {server.task_state}"
            raise Refusal(409, message)

    def stop(self, server: Server) -> None:
        if server.status != "ACTIVE":
            raise Refusal(409, f"Cannot 'stop' instance {server.id} while it is in vm_state {server.vm_state}")
        self.check_no_task(server, "stop")
        server.task_state = "powering-off"
        self._world.clock.start(self._stopped(server))

    async def _stopped(self, server: Server) -> None:
        await self._world.clock.takes("stop")
        for volume_id in server.volumes:
            self._lock_disks(server, self._world.volumes.get(volume_id), False)
        self._lock_disks(server, None, False)
        server.becomes("SHUTOFF", "stopped")

    def start(self, server: Server) -> None:
        if server.status != "SHUTOFF":
            raise Refusal(409, f"Cannot 'start' instance {server.id} while it is in vm_state {server.vm_state}")
        self.check_no_task(server, "start")
        server.task_state = "powering-on"
        self._world.clock.start(self._started(server))

    async def _started(self, server: Server) -> None:
        await self._world.clock.takes("start")
        self._boot(server)

    def reboot(self, server: Server) -> None:
        if server.status not in ("ACTIVE", "SHUTOFF"):
            raise Refusal(409, f"Cannot 'reboot' instance {server.id} while it is in vm_state {server.vm_state}")
        self.check_no_task(server, "reboot")
        server.becomes("REBOOT", "active", "rebooting")
        self._world.clock.start(self._started(server))

    def delete(self, server: Server) -> None:
        server.task_state = "deleting"
        self._world.clock.start(self._deleted(server))

    async def _deleted(self, server: Server) -> None:
        await self._world.clock.takes("delete")
        for volume in [self._world.volumes.get(each) for each in server.volumes if each in self._world.volumes.volumes]:
            self.detach(server, volume)
            if volume.id in server.dies_with_server:
                try:
                    self._world.volumes.delete(volume)
                except Refusal as error:
                    node = self._world.sites[server.site or self._world.central.name].nodes[0]
                    self._world.log("nova_compute", node, f"WARNING [instance: {server.id}] {error}")
        if server.site and self._world.sites[server.site].cluster:
            site = self._world.sites[server.site]
            await self._world.reach(site.ceph)
            pool = site.ceph.pool(site.nova.images_pool)
            if server.rbd_name in pool.images:
                pool.images[server.rbd_name].snapshots.clear()
                site.ceph.remove(pool.name, server.rbd_name)
        for port in server.ports:
            self._world.networks.ports.pop(port.id, None)
        server.ports, server.terminated = [], now()
        server.becomes("DELETED", "deleted")
        await self._world.clock.takes("forget")
        self._world.hooks.through("server.deleted", server)
        self.servers.pop(server.id, None)

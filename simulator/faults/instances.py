"""Faults of servers and volumes: where disks are, what they are made from, and what is left when they are deleted."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

from simulator.faults.changes import changed, hooked, modelled
from simulator.world.clusters import Cluster, RbdImage, Snapshot
from simulator.world.content import Content
from simulator.world.images import Image
from simulator.world.refusal import Refusal
from simulator.world.servers import BuildFailed, Server
from simulator.world.sites import Site
from simulator.world.volumes import Volume
from simulator.world.world import World


def _flat(world: World, at: Site, pool: str) -> Any:
    def hook(source: Any, site: Site, image: Image, pool: str) -> Any:
        return None if site is at and pool == wanted else source

    wanted = pool
    return hooked(world, "clone.source", hook)


@modelled()
def server_disk_is_flat(world: World, site: Site) -> Iterator[None]:
    """A server's disk at the site is a full copy, though the image is there."""
    with _flat(world, site, site.nova.images_pool):
        yield


@modelled()
def volume_is_flat(world: World, site: Site) -> Iterator[None]:
    """A volume from an image at the site is a full copy, though the image is there."""
    with _flat(world, site, site.cinder.pool if site.cinder else "volumes"):
        yield


def _created(world: World, at: Site, change: Any) -> Any:
    def hook(disk: RbdImage, site: Site, pool: str) -> RbdImage:
        if site is at:
            change(disk, pool)
        return disk

    return hooked(world, "disk.created", hook)


@modelled()
def server_disk_at_central_too(world: World, site: Site) -> Iterator[None]:
    """A server's disk at the site is in central's cluster as well."""

    def change(disk: RbdImage, pool: str) -> None:
        if pool == "vms":
            world.central.ceph.pool(pool).images[disk.name] = RbdImage(disk.name, disk.content)

    with _created(world, site, change):
        yield


@modelled()
def volume_at_central_too(world: World, site: Site) -> Iterator[None]:
    """A volume of the site is in central's cluster as well."""

    def change(disk: RbdImage, pool: str) -> None:
        if pool == "volumes":
            world.central.ceph.pool(pool).images[disk.name] = RbdImage(disk.name, disk.content)

    with _created(world, site, change):
        yield


@modelled()
def disk_xml_names_central(world: World, site: Site) -> Iterator[None]:
    """libvirt's XML of a server's disk at the site names central's monitors."""

    def hook(cluster: Cluster, server: Server, name: str) -> Cluster:
        return world.central.ceph if server.site == site.name else cluster

    with hooked(world, "domain.cluster", hook):
        yield


@modelled()
def boot_reads_from_central(world: World, site: Site) -> Iterator[None]:
    """A disk at the site is a clone, and yet the image's bytes were read from central."""

    def change(disk: RbdImage, pool: str) -> None:
        world.central.ceph.pool("images").read_bytes += max(disk.size, 1 << 26)

    with _created(world, site, change):
        yield


@modelled()
def volumes_are_made_at_central(world: World, site: Site) -> Iterator[None]:
    """A volume of the site's availability zone is made in central's cluster."""

    def hook(place: Site, wanted: dict[str, Any]) -> Site:
        return world.central if place is site else place

    with hooked(world, "volume.site", hook):
        yield


@modelled()
def servers_fail(world: World, site: Site) -> Iterator[None]:
    """Every server at the site goes to ERROR."""

    def hook(server: Server, site: Site) -> Server:
        if site is at:
            raise BuildFailed(f"Exceeded maximum number of retries for instance {server.id}.")
        return server

    at = site
    with hooked(world, "server.spawning", hook):
        yield


@modelled()
def streaming_fails(world: World, site: Site) -> Iterator[None]:
    """The site's Glance cannot stream an image from central: it has lost central's store's cluster."""
    store = site.images.stores[site.central_store or ""]
    with changed(store, "cluster", Cluster("gone", [])):
        yield


@modelled()
def volume_of_another_zone_accepted(world: World, site: Site) -> Iterator[None]:
    """A server at the site takes a volume of another zone, and becomes active with it."""

    def anything(known: bool, server: Server, volume: Volume) -> bool:
        return True

    with hooked(world, "volume.fits", anything), hooked(world, "secret.known", anything):
        yield


@modelled()
def refused_server_keeps_the_volume(world: World, site: Site) -> Iterator[None]:
    """A server that is refused a volume of another zone leaves the volume reserved."""

    def hook(fits: bool, server: Server, volume: Volume) -> bool:
        if not fits:
            volume.status = "reserved"
        return fits

    with hooked(world, "volume.fits", hook):
        yield


@modelled()
def attach_answers_500(world: World, site: Site) -> Iterator[None]:
    """The site's nova-compute does not answer when a volume is to be attached: Nova answers 500, whatever the zone."""
    at = site.name

    def hook(value: None, service: str, request: Any, site: Site) -> None:
        attached_to = re.fullmatch(r"/v2.1/servers/([^/]+)/os-volume_attachments", request.url.path)
        if service != "compute" or request.method != "POST" or not attached_to:
            return
        server = world.servers.servers.get(attached_to[1])
        if server and server.site == at:
            raise Refusal(500, "Unexpected API Error. <class 'oslo_messaging.exceptions.MessagingTimeout'>")

    with hooked(world, "request", hook):
        yield


def _taken(world: World, at: Site, change: Any) -> Any:
    def hook(snapshot: Snapshot, volume: Volume, cluster: Cluster, pool: str) -> Snapshot:
        if cluster is at.cluster:
            change(snapshot, volume, cluster, pool)
        return snapshot

    return hooked(world, "snapshot.taken", hook)


@modelled()
def volume_snapshot_unprotected(world: World, site: Site) -> Iterator[None]:
    """A volume's snapshot at the site is not protected."""
    with _taken(world, site, lambda snapshot, volume, cluster, pool: setattr(snapshot, "protected", False)):
        yield


@modelled()
def volume_snapshot_missing(world: World, site: Site) -> Iterator[None]:
    """Cinder says that a volume's snapshot is available, and the cluster has none."""

    def drop(snapshot: Snapshot, volume: Volume, cluster: Cluster, pool: str) -> None:
        del cluster.pool(pool).image(volume.rbd_name).snapshots[snapshot.name]

    with _taken(world, site, drop):
        yield


@modelled()
def stopped_server_does_not_start(world: World, site: Site) -> Iterator[None]:
    """A server that was stopped cannot be started again."""

    def refuse(server: Server) -> None:
        raise Refusal(409, f"Cannot 'start' instance {server.id} while it is in task_state powering-off")

    with changed(world.servers, "start", refuse):
        yield


@modelled()
def guest_finds_no_disk(world: World, site: Site) -> Iterator[None]:
    """A guest at the site is active for Nova, and its console shows that it found no disk to boot from."""

    def hook(lines: list[str], server: Server) -> list[str]:
        return ["No bootable device."] if server.site == site.name else lines

    with hooked(world, "console", hook):
        yield


@modelled()
def console_is_empty(world: World, site: Site) -> Iterator[None]:
    """The console of a guest at the site is empty."""
    with hooked(world, "console", lambda lines, server: [] if server.site == site.name else lines):
        yield


@modelled()
def volume_stays_available(world: World, site: Site) -> Iterator[None]:
    """A volume that a server boots from is shown as available and attached to nothing."""

    def hook(record: dict[str, Any], volume: Volume) -> dict[str, Any]:
        in_use = record["status"] == "in-use" and volume.site == site.name
        return record | {"status": "available", "attachments": []} if in_use else record

    with hooked(world, "volume.record", hook):
        yield


@modelled()
def server_in_another_zone(world: World, site: Site) -> Iterator[None]:
    """A server that was asked for at the site is shown in central's zone."""

    def hook(record: dict[str, Any], server: Server) -> dict[str, Any]:
        if server.site == site.name:
            record["OS-EXT-AZ:availability_zone"] = world.central.zone
        return record

    with hooked(world, "server.record", hook):
        yield


@modelled()
def deleted_server_leaves_its_disk(world: World, site: Site) -> Iterator[None]:
    """A server's disk stays in the site's cluster when the server is deleted."""

    def hook(server: Server) -> Server:
        if server.site == site.name and server.image_id:
            site.ceph.pool("vms").images[server.rbd_name] = RbdImage(server.rbd_name, Content(0, {}))
        return server

    with hooked(world, "server.deleted", hook):
        yield


@modelled()
def deleted_volume_leaves_its_data(world: World, site: Site) -> Iterator[None]:
    """A volume's data stays in the site's cluster when the volume is deleted."""

    def hook(volume: Volume) -> Volume:
        if volume.site == site.name:
            site.ceph.pool("volumes").images[volume.rbd_name] = RbdImage(volume.rbd_name, Content(0, {}))
        return volume

    with hooked(world, "volume.deleted", hook):
        yield


@modelled()
def volume_cannot_be_deleted(world: World, site: Site) -> Iterator[None]:
    """A volume of the site goes to error_deleting."""
    honest = world.volumes.delete

    def delete(volume: Volume) -> None:
        if volume.site == site.name:
            volume.status = "error_deleting"
        else:
            honest(volume)

    with changed(world.volumes, "delete", delete):
        yield


@modelled()
def neutron_answers_500(world: World, site: Site) -> Iterator[None]:
    """Neutron is down: servers are created, and show, list and delete answer 500."""
    with hooked(world, "request", _without_neutron):
        yield


@modelled()
def neutron_goes_down(world: World, site: Site) -> Iterator[None]:
    """Neutron goes down when the first server is made: none can be shown, listed or deleted from then on."""
    down = threading.Event()

    def hook(value: None, service: str, request: Any, site: Site) -> None:
        if down.is_set():
            _without_neutron(value, service, request, site)
        elif service == "compute" and request.method == "POST" and request.url.path.endswith("/servers"):
            down.set()

    with hooked(world, "request", hook):
        yield


def _without_neutron(value: None, service: str, request: Any, site: Site) -> None:
    of_servers = service == "compute" and "/servers" in request.url.path
    if service == "network" or (of_servers and request.method != "POST"):
        raise Refusal(500, "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/")

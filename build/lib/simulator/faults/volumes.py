"""Faults of volumes, their zones and their snapshots."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from simulator.faults.changes import changed, created, flat, hooked, modelled
from simulator.world.clusters import Cluster, RbdImage, Snapshot
from simulator.world.content import Content
from simulator.world.refusal import Refusal
from simulator.world.servers import Server
from simulator.world.sites import Site
from simulator.world.volumes import Volume
from simulator.world.world import World


@modelled()
def volume_is_flat(world: World, site: Site) -> Iterator[None]:
    with flat(world, site, site.cinder.pool if site.cinder else "volumes"):
        yield


@modelled()
def volume_at_central_too(world: World, site: Site) -> Iterator[None]:
    def change(disk: RbdImage, pool: str) -> None:
        if pool == "volumes":
            world.central.ceph.pool(pool).images[disk.name] = RbdImage(disk.name, disk.content)

    with created(world, site, change):
        yield


@modelled()
def volumes_are_made_at_central(world: World, site: Site) -> Iterator[None]:
    def hook(place: Site, wanted: dict[str, Any]) -> Site:
        return world.central if place is site else place

    with hooked(world, "volume.site", hook):
        yield


@modelled()
def volume_of_another_zone_accepted(world: World, site: Site) -> Iterator[None]:
    def anything(known: bool, server: Server, volume: Volume) -> bool:
        return True

    with hooked(world, "volume.fits", anything), hooked(world, "secret.known", anything):
        yield


@modelled()
def refused_server_keeps_the_volume(world: World, site: Site) -> Iterator[None]:
    def hook(fits: bool, server: Server, volume: Volume) -> bool:
        if not fits:
            volume.status = "reserved"
        return fits

    with hooked(world, "volume.fits", hook):
        yield


@modelled()
def attach_answers_500(world: World, site: Site) -> Iterator[None]:
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
    with _taken(world, site, lambda snapshot, volume, cluster, pool: setattr(snapshot, "protected", False)):
        yield


@modelled()
def volume_snapshot_missing(world: World, site: Site) -> Iterator[None]:
    def drop(snapshot: Snapshot, volume: Volume, cluster: Cluster, pool: str) -> None:
        del cluster.pool(pool).image(volume.rbd_name).snapshots[snapshot.name]

    with _taken(world, site, drop):
        yield


@modelled()
def stopped_server_does_not_start(world: World, site: Site) -> Iterator[None]:
    def refuse(server: Server) -> None:
        raise Refusal(409, f"Cannot 'start' instance {server.id} while it is in task_state powering-off")

    with changed(world.servers, "start", refuse):
        yield


@modelled()
def volume_stays_available(world: World, site: Site) -> Iterator[None]:
    def hook(record: dict[str, Any], volume: Volume) -> dict[str, Any]:
        in_use = record["status"] == "in-use" and volume.site == site.name
        return record | {"status": "available", "attachments": []} if in_use else record

    with hooked(world, "volume.record", hook):
        yield


@modelled()
def server_in_another_zone(world: World, site: Site) -> Iterator[None]:
    def hook(record: dict[str, Any], server: Server) -> dict[str, Any]:
        if server.site == site.name:
            record["OS-EXT-AZ:availability_zone"] = world.central.zone
        return record

    with hooked(world, "server.record", hook):
        yield


@modelled()
def deleted_volume_leaves_its_data(world: World, site: Site) -> Iterator[None]:
    def hook(volume: Volume) -> Volume:
        if volume.site == site.name:
            site.ceph.pool("volumes").images[volume.rbd_name] = RbdImage(volume.rbd_name, Content(0, {}))
        return volume

    with hooked(world, "volume.deleted", hook):
        yield


@modelled()
def volume_cannot_be_deleted(world: World, site: Site) -> Iterator[None]:
    honest = world.volumes.delete

    def delete(volume: Volume) -> None:
        if volume.site == site.name:
            volume.status = "error_deleting"
        else:
            honest(volume)

    with changed(world.volumes, "delete", delete):
        yield

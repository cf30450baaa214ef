"""Faults of the snapshot round trip: from a DCN site to central, to another site, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.faults.changes import changed, hooked, modelled
from simulator.world.content import Content
from simulator.world.guest import LOG_OFFSET
from simulator.world.images import Image, Location
from simulator.world.refusal import Refusal
from simulator.world.servers import Server
from simulator.world.sites import Glance, Site
from simulator.world.world import World


def _is_snapshot(image: Image) -> bool:
    return image.properties.get("image_type") == "snapshot"


@modelled("second-generation-lands-at-central")
def snapshot_lands_at_central(world: World, site: Site) -> Iterator[None]:
    def hook(glance: Glance, site: Site) -> Glance:
        return world.central.images if site is at else glance

    at = site
    with hooked(world, "snapshot.glance", hook):
        yield


@modelled()
def snapshot_is_at_central_too(world: World, site: Site) -> Iterator[None]:
    def hook(record: dict[str, Any], site: Site, image: Image) -> dict[str, Any]:
        if (
            _is_snapshot(image)
            and len(image.locations) == 1
            and world.images.cluster_of(image.locations[0]) is at.cluster
        ):
            default = world.central.images.stores[world.central.images.default]
            more = Location(default.url(image.id), default.id)
            record["stores"] = f"{record['stores']},{more.store}"
            record.setdefault("locations", []).append({"url": more.url, "metadata": {"store": more.store}})
        return record

    at = site
    with hooked(world, "image.record", hook):
        yield


@modelled()
def server_stays_stopped_after_snapshot(world: World, site: Site) -> Iterator[None]:
    def refuse(server: Server) -> None:
        raise Refusal(409, f"Cannot 'start' instance {server.id} while it is in task_state image_uploading")

    with changed(world.servers, "start", refuse):
        yield


@modelled()
def snapshot_is_empty(world: World, site: Site) -> Iterator[None]:
    def hook(content: Content | None, cluster: object, image_id: str) -> Content | None:
        image = world.images.records.get(image_id)
        return Content(0, {}) if image and _is_snapshot(image) and cluster is site.cluster else content

    with hooked(world, "store.write", hook):
        yield


def _copy_of_snapshot(world: World, to: Site, refuse: str) -> Any:
    def hook(value: None, image: Image, method: str, body: dict[str, Any], site: Site) -> None:
        own = {store.id for store in site.images.stores.values() if store.cluster is to.cluster}
        if method == "copy-image" and _is_snapshot(image) and own & set(body.get("stores", [])):
            raise Refusal(400, refuse)

    return hooked(world, "import", hook)


@modelled()
def snapshot_cannot_be_copied_to_central(world: World, site: Site) -> Iterator[None]:
    with _copy_of_snapshot(world, site, "Image is already present at store 'default_backend'"):
        yield


@modelled()
def snapshot_cannot_be_copied_on(world: World, site: Site) -> Iterator[None]:
    with _copy_of_snapshot(world, site, "Image not found in any configured store"):
        yield


@modelled()
def guests_writes_are_lost(world: World, site: Site) -> Iterator[None]:
    def hook(after: Content, server: Server, before: Content) -> Content:
        return before if server.site == site.name else after

    with hooked(world, "guest.wrote", hook):
        yield


@modelled()
def snapshot_arrives_without_the_writes(world: World, site: Site) -> Iterator[None]:
    def hook(content: Content | None, cluster: object, image_id: str) -> Content | None:
        image = world.images.records.get(image_id)
        if content and image and _is_snapshot(image) and cluster is site.cluster:
            return content.with_bytes(LOG_OFFSET, bytes(4096))
        return content

    with hooked(world, "store.write", hook):
        yield


@modelled()
def snapshot_boots_flat(world: World, site: Site) -> Iterator[None]:
    def hook(source: Any, site: Site, image: Image, pool: str) -> Any:
        return None if site is at and _is_snapshot(image) else source

    at = site
    with hooked(world, "clone.source", hook):
        yield

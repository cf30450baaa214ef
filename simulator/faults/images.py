"""Faults of importing and copying images: the data in the clusters, and the images' records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from simulator.faults.changes import changed, hooked, modelled, store_id
from simulator.world.clusters import Cluster, Parent, RbdImage
from simulator.world.content import BLOCK, Content
from simulator.world.images import FAILED, IMPORTING, LOCK, Image, ImageTask, Location
from simulator.world.refusal import Refusal
from simulator.world.sites import Site
from simulator.world.world import World


@modelled()
def store_of_another_cluster(world: World, site: Site) -> Iterator[None]:
    store = world.central.images.stores[store_id(world, site)]
    with changed(store, "cluster", world.central.ceph), changed(store, "pool", "vms"):
        yield


@modelled()
def store_leads_to_another_cluster(world: World, site: Site) -> Iterator[None]:
    other = next(each for each in world.dcn_sites if each is not site and each.cluster)
    store = world.central.images.stores[store_id(world, site)]
    with changed(store, "cluster", other.ceph), changed(store, "conf", f"/etc/ceph/{other.ceph.name}.conf"):
        yield


# --- data in the clusters ---


def _written(world: World, at: Site, change: Any) -> Any:
    def hook(image: RbdImage, cluster: Cluster, pool: str) -> RbdImage:
        if cluster is at.cluster:
            change(image, cluster)
        return image

    return hooked(world, "store.written", hook)


@modelled()
def copy_has_no_data(world: World, site: Site) -> Iterator[None]:
    def hook(content: Content | None, cluster: Cluster, image_id: str) -> Content | None:
        return None if cluster is site.cluster else content

    with hooked(world, "store.write", hook):
        yield


@modelled()
def other_bytes(world: World, site: Site) -> Iterator[None]:
    def hook(content: Content | None, cluster: Cluster, image_id: str) -> Content | None:
        return content.with_bytes(content.size // 2, b"\xff" * 16) if content and cluster is site.cluster else content

    with hooked(world, "store.write", hook):
        yield


@modelled()
def last_block_lost(world: World, site: Site) -> Iterator[None]:
    def hook(content: Content | None, cluster: Cluster, image_id: str) -> Content | None:
        if not content or cluster is not site.cluster:
            return content
        return content.with_bytes(max(0, content.size - BLOCK), bytes(min(content.size, BLOCK)))

    with hooked(world, "store.write", hook):
        yield


@modelled()
def copy_cut_short(world: World, site: Site) -> Iterator[None]:
    def hook(content: Content | None, cluster: Cluster, image_id: str) -> Content | None:
        return content.resized(content.size // 2) if content and cluster is site.cluster else content

    with hooked(world, "store.write", hook):
        yield


@modelled()
def copy_is_larger(world: World, site: Site) -> Iterator[None]:
    """Make the copy in the site's cluster 8 MiB larger than the image, except for snapshots of servers."""

    def hook(content: Content | None, cluster: Cluster, image_id: str) -> Content | None:
        image = world.images.records.get(image_id)
        concerned = cluster is site.cluster and image and image.properties.get("image_type") != "snapshot"
        return content.resized(content.size + (8 << 20)) if content and concerned else content

    with hooked(world, "store.write", hook):
        yield


@modelled()
def snapshot_unprotected(world: World, site: Site) -> Iterator[None]:
    def unprotect(image: RbdImage, cluster: Cluster) -> None:
        image.snapshots["snap"].protected = False

    with _written(world, site, unprotect):
        yield


@modelled()
def snapshot_missing(world: World, site: Site) -> Iterator[None]:
    with _written(world, site, lambda image, cluster: image.snapshots.clear()):
        yield


@modelled()
def snapshot_has_another_name(world: World, site: Site) -> Iterator[None]:
    def rename(image: RbdImage, cluster: Cluster) -> None:
        snapshot = image.snapshots.pop("snap")
        snapshot.name = "backup"
        image.snapshots["backup"] = snapshot

    with _written(world, site, rename):
        yield


@modelled()
def copy_is_a_clone(world: World, site: Site) -> Iterator[None]:
    def give_parent(image: RbdImage, cluster: Cluster) -> None:
        image.parent = Parent("vms", "template", "0" * 12, "base", image.size)

    with _written(world, site, give_parent):
        yield


@modelled()
def stray_copy(world: World, site: Site) -> Iterator[None]:
    def hook(image: RbdImage, cluster: Cluster, pool: str) -> RbdImage:
        if cluster is world.central.cluster and image.name not in site.ceph.pool("images").images:
            site.ceph.create("images", image.name, image.content)
        return image

    def gone(value: None, image_id: str, **context: object) -> None:
        async def later() -> None:
            if image_id not in world.images.records:
                site.ceph.pool("images").images.pop(image_id, None)

        world.clock.start(later())

    with hooked(world, "store.written", hook), hooked(world, "image.delete", gone):
        yield


# --- records of images ---


def _record(world: World, change: Any) -> Any:
    def hook(record: dict[str, Any], site: Site, image: Image) -> dict[str, Any]:
        if image.locations:
            change(record, image)
        return record

    return hooked(world, "image.record", hook)


@modelled()
def location_names_another_cluster(world: World, site: Site) -> Iterator[None]:
    def change(record: dict[str, Any], image: Image) -> None:
        for location in record.get("locations", []):
            location["url"] = location["url"].replace(site.ceph.fsid, world.central.ceph.fsid)

    with _record(world, change):
        yield


@modelled()
def direct_url_names_another_cluster(world: World, site: Site) -> Iterator[None]:
    def change(record: dict[str, Any], image: Image) -> None:
        record["direct_url"] = image.locations[-1].url

    with _record(world, change):
        yield


def _imported(world: World, change: Any) -> Any:
    def hook(image: Image, method: str, stores: list[str]) -> Image:
        change(image, method, stores)
        return image

    return hooked(world, "image.imported", hook)


@modelled()
def copy_never_arrives(world: World, site: Site) -> Iterator[None]:
    def change(image: Image, method: str, stores: list[str]) -> None:
        for location in list(image.locations):
            if method == "copy-image" and location.store in stores and _is_at(world, location, site):
                world.images.remove_data(location)
                image.locations.remove(location)

    with _imported(world, change):
        yield


def _is_at(world: World, location: Location, site: Site) -> bool:
    return world.images.cluster_of(location) is site.cluster


@modelled()
def copy_stays_importing(world: World, site: Site) -> Iterator[None]:
    def change(image: Image, method: str, stores: list[str]) -> None:
        here = [location.store for location in image.locations if location.store and _is_at(world, location, site)]
        if method == "copy-image":
            image.merge(IMPORTING, add=[store for store in here if store in stores])

    with _imported(world, change):
        yield


@modelled()
def copy_changes_the_checksum(world: World, site: Site) -> Iterator[None]:
    def change(image: Image, method: str, stores: list[str]) -> None:
        if method == "copy-image" and any(
            location.store in stores and _is_at(world, location, site) for location in image.locations
        ):
            image.checksum = "0" * 32

    with _imported(world, change):
        yield


@modelled()
def copy_moves_the_image(world: World, site: Site) -> Iterator[None]:
    def change(image: Image, method: str, stores: list[str]) -> None:
        if method == "copy-image" and len(image.locations) > 1:
            world.images.remove_data(image.locations.pop(0))

    with _imported(world, change):
        yield


@modelled()
def copy_changes_the_hash(world: World, site: Site) -> Iterator[None]:
    def change(image: Image, method: str, stores: list[str]) -> None:
        if method == "copy-image" and image.os_hash_value:
            image.os_hash_value = image.os_hash_value[::-1]

    with _imported(world, change):
        yield


@modelled()
def only_the_first_of_several_stores(world: World, site: Site) -> Iterator[None]:
    def change(image: Image, method: str, stores: list[str]) -> None:
        for location in [each for each in image.locations if method == "copy-image" and each.store in stores[1:]]:
            world.images.remove_data(location)
            image.locations.remove(location)

    with _imported(world, change):
        yield


@modelled()
def importing_list_stays(world: World, site: Site) -> Iterator[None]:
    with _imported(world, lambda image, method, stores: image.merge(IMPORTING, add=stores[-1:])):
        yield


@modelled()
def failed_list_stays(world: World, site: Site) -> Iterator[None]:
    with _imported(world, lambda image, method, stores: image.merge(FAILED, add=stores[-1:])):
        yield


@modelled()
def record_says_qcow2(world: World, site: Site) -> Iterator[None]:
    with _imported(world, lambda image, method, stores: setattr(image, "disk_format", "qcow2")):
        yield


@modelled()
def dead_import_holds_its_lock(world: World, site: Site) -> Iterator[None]:
    def hook(task: ImageTask, image: Image) -> ImageTask:
        if task.input["import_req"]["method"]["name"] == "web-download":
            # the flow removes the lock only for a task that succeeded
            copy = replace(task, status="failure")
            image.properties[LOCK] = task.id
            return copy
        return task

    with hooked(world, "task.ended", hook):
        yield


@modelled()
def import_task_fails_late(world: World, site: Site) -> Iterator[None]:
    def hook(task: ImageTask, image: Image) -> ImageTask:
        task.becomes("failure", "Task failed due to Internal Error")
        image.properties.pop(LOCK, None)
        image.status = "queued"
        return task

    with hooked(world, "task.ended", hook):
        yield


def _import(world: World, change: Any) -> Any:
    def hook(value: None, image: Image, method: str, body: dict[str, Any], site: Site) -> None:
        change(image, method, body, site)

    return hooked(world, "import", hook)


@modelled()
def copy_forbidden(world: World, site: Site) -> Iterator[None]:
    def deny(image: Image, method: str, body: dict[str, Any], site: Site) -> None:
        if method == "copy-image":
            raise Refusal(403, "You are not authorized to complete copy_image action.")

    with _import(world, deny):
        yield


@modelled()
def import_reaches_too_many_stores(world: World, site: Site) -> Iterator[None]:
    def include(image: Image, method: str, body: dict[str, Any], at: Site) -> None:
        more = [each.id for each in at.images.stores.values() if each.cluster is site.cluster]
        if method == "web-download" and "stores" in body:
            body["stores"] = list(dict.fromkeys([*body["stores"], *more]))

    with _import(world, include):
        yield


@modelled()
def all_stores_skips_one(world: World, site: Site) -> Iterator[None]:
    def skip(image: Image, method: str, body: dict[str, Any], at: Site) -> None:
        if body.pop("all_stores", False):
            body["stores"] = [each.id for each in at.images.stores.values() if each.cluster not in (None, site.cluster)]

    with _import(world, skip):
        yield


@modelled()
def all_stores_includes_http(world: World, site: Site) -> Iterator[None]:
    def include(image: Image, method: str, body: dict[str, Any], at: Site) -> None:
        if body.pop("all_stores", False):
            body["stores"] = list(at.images.stores)

    with _import(world, include):
        yield


@modelled()
def staged_data_is_elsewhere(world: World, site: Site) -> Iterator[None]:
    with hooked(world, "staged", lambda data, site, image: data[: len(data) // 2]):
        yield


@modelled()
def upload_is_truncated(world: World, site: Site) -> Iterator[None]:
    with hooked(world, "staged", lambda data, site, image: data[:-BLOCK]):
        yield


@modelled()
def staging_is_full(world: World, site: Site) -> Iterator[None]:
    with _refused(world, "/stage", Refusal(413, "Image storage media is full: There is not enough disk space")):
        yield


@modelled()
def put_loses_its_end(world: World, site: Site) -> Iterator[None]:
    with hooked(world, "uploaded", lambda data, site: data[:-BLOCK]):
        yield


@modelled()
def put_is_refused(world: World, site: Site) -> Iterator[None]:
    with _refused(world, "/file", Refusal(403, "You are not authorized to complete upload_image action.")):
        yield


def _refused(world: World, end: str, refusal: Refusal) -> Any:
    """Refuse every PUT to a path with this ending."""

    def hook(value: None, service: str, request: Request, site: Site) -> None:
        if service == "image" and request.method == "PUT" and request.url.path.endswith(end):
            raise refusal

    return hooked(world, "request", hook)

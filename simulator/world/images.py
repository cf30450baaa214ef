"""Images and their import tasks: one database that every site's Glance reads and writes.

The behavior is that of Glance 25 (Zed): the refusals of requests, the remains of failed imports, and how each Glance
writes its own store IDs into the locations of an image that it is asked for.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulator.world.clock import now
from simulator.world.clusters import Cluster, RbdError
from simulator.world.refusal import Refusal
from simulator.world.sites import Glance

LOCK = "os_glance_import_task"
IMPORTING = "os_glance_importing_to_stores"
FAILED = "os_glance_failed_import"
LOCK_LASTS = timedelta(minutes=60)
IN_USE = "The image cannot be deleted because it is in use through the backend store outside of Glance."


@dataclass
class Location:
    url: str
    store: str | None

    def parts(self) -> tuple[str, str, str, str]:
        """Return FSID, pool, image and snapshot of the URL."""
        fsid, pool, image, snapshot = self.url.removeprefix("rbd://").split("/")
        return fsid, pool, image, snapshot


@dataclass
class Image:
    """A row of Glance's images table, with its locations and properties."""

    id: str
    owner: str
    name: str | None = None
    status: str = "queued"
    visibility: str = "shared"
    protected: bool = False
    container_format: str | None = None
    disk_format: str | None = None
    min_disk: int = 0
    min_ram: int = 0
    size: int | None = None
    virtual_size: int | None = None
    checksum: str | None = None
    os_hash_algo: str | None = None
    os_hash_value: str | None = None
    os_hidden: bool = False
    tags: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    locations: list[Location] = field(default_factory=list)
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)

    def stores(self) -> list[str]:
        return [location.store for location in self.locations if location.store]

    def merge(self, key: str, add: list[str] | None = None, take: list[str] | None = None) -> None:
        """Add stores to one of the two lists in the properties, or remove them."""
        names = {name for name in self.properties.get(key, "").split(",") if name}
        self.properties[key] = ",".join(sorted((names | set(add or ())) - set(take or ())))

    def forget_data(self) -> None:
        self.checksum = self.os_hash_algo = self.os_hash_value = None
        self.size = None


@dataclass
class ImageTask:
    """An import task, whose `status` goes from pending to processing to success or failure."""

    image_id: str
    owner: str
    user: str
    input: dict[str, Any]
    request: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "pending"
    message: str = ""
    result: dict[str, str] | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    expires: datetime | None = None

    def becomes(self, status: str, message: str = "") -> None:
        self.status, self.message, self.updated = status, message, now()
        if status in ("success", "failure"):
            self.expires = now() + timedelta(hours=48)


class Images:
    """The images and tasks of the deployment; `clusters` maps the FSID of a location to its cluster."""

    def __init__(self, clusters: dict[str, Cluster]) -> None:
        self.records: dict[str, Image] = {}
        self.tasks: dict[str, ImageTask] = {}
        self._clusters = clusters

    def get(self, image_id: str) -> Image:
        try:
            return self.records[image_id]
        except KeyError:
            raise Refusal(404, f"No image found with ID {image_id}") from None

    def seen_through(self, glance: Glance, image_id: str) -> Image:
        """Return the record as this Glance reads it by ID.

        Foreign store IDs become this Glance's own, for all Glances.
        """
        image = self.get(image_id)
        for location in image.locations:
            if location.store not in glance.stores:
                location.store = glance.store_of(location.url) or location.store
        return image

    def cluster_of(self, location: Location) -> Cluster | None:
        return self._clusters.get(location.parts()[0]) if location.url.startswith("rbd://") else None

    def remove_data(self, location: Location) -> None:
        """Remove a copy as the RBD store does.

        Data that is already gone is not an error; data in use is refused with 409.
        """
        cluster = self.cluster_of(location)
        if cluster is None:
            return
        _, pool, name, snapshot = location.parts()
        if name not in cluster.pool(pool).images:
            return
        try:
            cluster.remove_snapshot(pool, name, snapshot)
        except RbdError:
            raise Refusal(409, IN_USE) from None
        try:
            cluster.remove(pool, name)
        except RbdError:
            if not cluster.pool(pool).images[name].trashed:
                raise Refusal(409, "The image cannot be deleted because it has snapshot(s).") from None
            # as glance_store does since 2023.2
            cluster.move_to_trash(pool, name)

    def delete(self, glance: Glance, image_id: str) -> None:
        """Remove the data of every location, then the record. As in Glance, a failure leaves the rest undeleted."""
        if image_id not in self.records:
            raise Refusal(404, f"Failed to find image {image_id} to delete")
        image = self.seen_through(glance, image_id)
        if image.protected:
            raise Refusal(403, f"Image {image_id} is protected and cannot be deleted.")
        glance.staging.pop(image_id, None)
        for location in list(image.locations):
            if location.store not in glance.stores:
                raise Refusal(500, f"Store for identifier {location.store} not found")
            try:
                self.remove_data(location)
            except Refusal as error:
                message = f"Image {image_id} could not be deleted because it is in use: {error.message}"
                raise Refusal(409, message) from None
            image.locations.remove(location)
        del self.records[image_id]

    def delete_from(self, glance: Glance, store: str, image_id: str) -> None:
        """Remove the copy in one store."""
        if store not in glance.stores:
            raise Refusal(409, f"The selected store {store} is not available on this node.")
        if image_id not in self.records:
            raise Refusal(404, f"Failed to find image {image_id}")
        image = self.seen_through(glance, image_id)
        if image.status != "active":
            raise Refusal(409, "It's not allowed to remove image data from store if image status is not 'active'")
        if len(image.locations) == 1:
            raise Refusal(
                403,
                "Cannot delete image data from the only store containing it. Consider deleting the image instead.",
            )
        location = next((location for location in image.locations if location.store == store), None)
        if location is None:
            raise Refusal(404, f"Image {image_id} is not stored in store {store}.")
        try:
            self.remove_data(location)
        except Refusal as error:
            raise Refusal(
                409, f"The data for Image {image_id} could not be deleted because it is in use: {error.message}"
            ) from None
        image.locations.remove(location)
        image.updated = now()

    @staticmethod
    def check_method(glance: Glance, method: str) -> None:
        """Refuse an import method that this Glance does not offer."""
        if method not in glance.import_methods:
            raise Refusal(400, f"Unknown import method name '{method}'.")

    def check_import(self, glance: Glance, image: Image, body: dict[str, Any]) -> list[str]:
        """Return the stores for an import request; none if a copy to all stores has nothing to do."""
        method = body["method"]["name"]
        status, copying = image.status, method == "copy-image"
        if status == "active" and not copying:
            raise Refusal(409, "Image with status active cannot be target for import")
        if status != "active" and copying:
            raise Refusal(409, "Only images with status active can be targeted for copying")
        if status != "queued" and method == "web-download":
            raise Refusal(409, f"Image needs to be in 'queued' state to use '{method}' method")
        if status != "uploading" and method == "glance-direct":
            raise Refusal(409, "Image needs to be staged before 'glance-direct' method can be used")
        for name in ("container_format", "disk_format"):
            if not getattr(image, name):
                raise Refusal(409, f"'{name}' needs to be set before import")
        self._check_lock(image)
        stores = self._requested_stores(glance, body)
        if copying and body.get("all_stores"):
            stores = [store for store in stores if store not in image.stores()]
        elif copying:
            for store in image.stores():
                if store in stores:
                    raise Refusal(400, f"Image is already present at store '{store}'")
        return stores

    def _check_lock(self, image: Image) -> None:
        if LOCK not in image.properties:
            return
        task = self.tasks.get(image.properties[LOCK])
        if task is not None and now() - task.updated < LOCK_LASTS * (2 if task.status == "pending" else 1):
            raise Refusal(409, "Image has active task")
        if task is not None and task.status in ("pending", "processing"):
            task.becomes("failure", "Expired lock preempted")
        del image.properties[LOCK]

    @staticmethod
    def _requested_stores(glance: Glance, body: dict[str, Any]) -> list[str]:
        if body.get("all_stores"):
            if "stores" in body:
                message = "All_stores parameter can't be used with x-image-meta-store header or stores parameter"
                raise Refusal(400, message)
            return [store.id for store in glance.stores.values() if store.cluster]
        stores = list(body.get("stores", [glance.default]))
        for store in stores:
            if store not in glance.stores:
                raise Refusal(409, f"Store for identifier {store} not found")
        return stores

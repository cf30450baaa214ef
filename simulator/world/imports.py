"""Glance's import flow: downloaded or staged data, conversion, a copy into each store, and the remains of failures.

Source: the behavior of glance/async_/flows/api_image_import.py and of the plugins in the same folder.
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulator.world.clock import now
from simulator.world.clusters import RbdError, Unreachable
from simulator.world.content import Content
from simulator.world.images import FAILED, IMPORTING, LOCK, Image, ImageTask, Location
from simulator.world.qcow2 import NotQcow2, is_qcow2, to_raw
from simulator.world.sites import Glance, Store

if TYPE_CHECKING:
    from simulator.world.identity import User
    from simulator.world.world import World

Data = bytes | Content


class ImportFailed(Exception):
    """A step of the flow failed; the steps before it are undone as far as Glance undoes them."""


class ImportFlow:
    """One run of the flow for one task."""

    def __init__(self, world: World, glance: Glance, image: Image, task: ImageTask, stores: list[str]) -> None:
        self.world, self.glance, self.image, self.task, self.stores = world, glance, image, task, stores
        request: dict[str, Any] = task.input["import_req"]
        self.method: str = request["method"]["name"]
        self.uri: str = request["method"].get("uri") or ""
        self.all_must_succeed: bool = request.get("all_stores_must_succeed", True)

    @classmethod
    def begin(
        cls,
        world: World,
        glance: Glance,
        image: Image,
        user: User,
        body: dict[str, Any],
        stores: list[str],
        request: str,
    ) -> None:
        """Create the task, which holds the image, and run it in the background."""
        wanted = {"image_id": image.id, "import_req": body, "backend": stores}
        task = ImageTask(image.id, user.project.id, user.id, wanted, request)
        world.images.tasks[task.id] = task
        image.properties[LOCK] = task.id
        image.properties.pop("os_glance_stage_host", None)
        world.clock.start(cls(world, glance, image, task, list(stores)).run())

    async def run(self) -> None:
        image, task = self.image, self.task
        task.becomes("processing")
        if self.method != "copy-image":
            image.status = "importing"
        image.merge(IMPORTING, add=self.stores)
        image.merge(FAILED, take=self.stores)
        try:
            await self.world.clock.takes("import")
            data = await self._staged()
            if self.method != "copy-image" and self.glance.conversion:
                data = await self._converted(data)
            await self._stored(data)
            self.glance.staging.pop(image.id, None)
            if image.status != "active":
                raise ImportFailed("None of the uploads finished!")
        except ImportFailed:
            self._undo()
            task.becomes("failure", "Task failed due to Internal Error")
            image.properties.pop(LOCK, None)
        else:
            self.world.hooks.through("image.imported", image, method=self.method, stores=self.stores)
            await self.world.clock.takes("lock")
            task.result = {"image_id": image.id}
            task.becomes("success", f"Copied {(image.size or 0) >> 20} MiB")
            task = self.world.hooks.through("task.ended", task, image=image)
            if task.status == "success":
                image.properties.pop(LOCK, None)
        image.updated = now()

    # --- steps ---

    async def _staged(self) -> Data:
        image, staging = self.image, self.glance.staging
        if self.method == "web-download":
            data = staging[image.id] = await fetch(self.world, self.uri)
            await self.world.clock.takes("download", len(data))
        elif self.method == "copy-image" and image.id not in staging:
            self.world.hooks.through("copy.staged", None, glance=self.glance)
            staging[image.id] = await self._read_any_copy()
        if image.id not in staging:
            raise ImportFailed("no staged data")
        return staging[image.id]

    async def _read_any_copy(self) -> Content:
        own = [location for location in self.image.locations if location.store in self.glance.stores]
        own.sort(key=lambda location: location.store != self.glance.default)
        for location in own:
            cluster = self.world.images.cluster_of(location)
            if cluster is None:
                continue
            _, pool, name, snapshot = location.parts()
            try:
                await self.world.reach(cluster)
                content = cluster.read(pool, name, snapshot)
            except (RbdError, Unreachable):
                continue
            await self.world.clock.takes("copy", content.size // 2)
            return content
        raise ImportFailed("Image not found in any configured store")

    async def _converted(self, data: Data) -> Data:
        image = self.image
        await self.world.clock.takes("convert", len(data) if isinstance(data, bytes) else data.size)
        if image.disk_format == self.glance.output_format == "qcow2":
            return data
        if image.disk_format == "qcow2":
            try:
                raw = to_raw(data if isinstance(data, bytes) else data.read(0, data.size))
            except NotQcow2 as error:
                raise ImportFailed(str(error)) from error
            image.disk_format, image.container_format = "raw", "bare"
            image.virtual_size = raw.size
            return raw
        if image.disk_format != "raw":
            raise ImportFailed(f"Unable to convert from format {image.disk_format}")
        image.virtual_size = len(data) if isinstance(data, bytes) else data.size
        return data

    async def _stored(self, data: Data) -> None:
        content = Content.of(data) if isinstance(data, bytes) else data
        if self.image.virtual_size is None and self.image.disk_format == "qcow2" and is_qcow2(content.read(0, 4)):
            self.image.virtual_size = int.from_bytes(content.read(24, 8))
        for number, store in enumerate(self.stores, 1):
            try:
                await self._stored_at(self.glance.stores[store], content)
            except (ImportFailed, RbdError, Unreachable) as error:
                if self.all_must_succeed:
                    self._drop_location(store)
                    self.image.merge(IMPORTING, take=[store])
                    self.image.merge(FAILED, add=[store])
                    raise ImportFailed(str(error)) from error
                self.image.merge(FAILED, add=[store])
            else:
                last = number == len(self.stores)
                if self.method != "copy-image" and (last or not self.all_must_succeed):
                    self.image.status = "active"
            self.image.merge(IMPORTING, take=[store])

    async def _stored_at(self, store: Store, content: Content) -> None:
        image = self.image
        if store.cluster is None:
            raise ImportFailed(f"store {store.id} is read-only")
        await self.world.reach(store.cluster)
        checksum, digest = await asyncio.to_thread(lambda: (content.digest("md5"), content.digest("sha512")))
        known = (image.size, image.checksum, image.os_hash_value)
        if self.method == "copy-image" and any(
            old is not None and old != new for old, new in zip(known, (content.size, checksum, digest), strict=True)
        ):
            raise ImportFailed("the copied data is not the image's data")
        await self.world.take_time_to_write_copy(store, image.id, content)
        image.locations.append(Location(store.url(image.id), store.id))
        image.size, image.checksum = content.size, checksum
        image.os_hash_algo, image.os_hash_value = "sha512", digest

    # --- undoing ---

    def _drop_location(self, store: str) -> None:
        for location in [location for location in self.image.locations if location.store == store]:
            self.world.images.remove_data(location)
            self.image.locations.remove(location)
        if not self.image.locations:
            self.image.forget_data()

    def _undo(self) -> None:
        done = [store for store in self.stores if store in self.image.stores()]
        for store in done:
            self._drop_location(store)
            self.image.merge(IMPORTING, take=[store])
        if self.method == "web-download":
            self.image.status = "queued"
            self.image.merge(IMPORTING, take=self.stores)
            self.image.merge(FAILED, add=self.stores)
            self.glance.staging.pop(self.image.id, None)


def passes_filter(glance: Glance, uri: str) -> bool:
    """Return whether Glance would download from this URI (`import_filtering_opts`)."""
    try:
        parts = urlsplit(uri)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return False
    return bool(parts.hostname) and parts.scheme in ("http", "https") and port in glance.allowed_ports


async def fetch(world: World, uri: str) -> bytes:
    """Return the data at a URI from the simulated internet or from a real server on loopback."""
    if uri in world.internet:
        return world.internet[uri]
    host = urlsplit(uri).hostname or ""
    if not (host == "localhost" or host.startswith("127.")):
        raise ImportFailed(f"{uri}: no such host in the simulated internet")
    try:
        return await asyncio.to_thread(_download, uri)
    except (urllib.error.URLError, OSError) as error:
        raise ImportFailed(str(error)) from error


def _download(uri: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(uri, timeout=10) as answer:
        data: bytes = answer.read()
        return data

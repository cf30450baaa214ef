"""Debian's real Glance with one bug: uwsgi loads this file instead of /usr/bin/glance-wsgi-api.

/etc/glance/bug.json names the bug and the store that it affects. Each bug wraps one method of Glance or of its RBD
driver, so that everything else, the clusters included, behaves as in the service itself. The file runs with the
machine's own Python in the container and imports nothing from the lab.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import glance.api.v2.image_data as image_data  # type: ignore[import-not-found]
import glance.api.v2.images as api  # type: ignore[import-not-found]
import glance_store  # type: ignore[import-not-found]
import oslo_log.log  # type: ignore[import-not-found]
import rados  # type: ignore[import-not-found]
import rbd  # type: ignore[import-not-found]
import webob.exc  # type: ignore[import-untyped]
from glance.common import location_strategy, utils  # type: ignore[import-not-found]
from glance.common.wsgi_app import init_app  # type: ignore[import-not-found]
from glance_store._drivers.rbd import Store  # type: ignore[import-not-found]

SNAP = "snap"
MIB = 1024 * 1024

# The original function makes native threads use eventlet's locks, and two threads that log at once can hang forever.
oslo_log.log._fix_eventlet_logging = lambda: None

application = init_app()

# Imported after init_app(), because the flows read options that init_app() registers.
import glance.async_.flows._internal_plugins.web_download as web_download  # type: ignore[import-not-found]  # noqa: E402
import glance.async_.flows.api_image_import as flows  # type: ignore[import-not-found]  # noqa: E402

Wrapper = Callable[..., Any]


def wrap(owner: Any, name: str, wrapper: Wrapper) -> None:
    """Replace a function or method with `wrapper(original, *args)`."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **keywords: Any) -> Any:
        return wrapper(original, *args, **keywords)

    setattr(owner, name, wrapped)


@contextlib.contextmanager
def connected(store: Any) -> Iterator[Any]:
    """Open the pool of a store."""
    connection = store.get_connection(conffile=store.conf_file, rados_id=store.user)
    with connection as client, client.open_ioctx(store.pool) as pool:
        yield pool


# The RBD driver


def _after_add(store: str, act: Callable[[Any, str], None]) -> None:
    """Call `act(pool, image ID)` for each image added to the store, before Glance learns that it is there."""

    def add(original: Wrapper, self: Any, image_id: str, *args: Any, **keywords: Any) -> Any:
        result = original(self, image_id, *args, **keywords)
        if self.backend_group == store:
            with connected(self) as pool:
                act(pool, str(image_id))
        return result

    wrap(Store, "add", add)


def _rewritten(pool: Any, image_id: str, change: Callable[[Any], None]) -> None:
    """Change an image and create its protected snapshot again, as if the image had always been so."""
    with rbd.Image(pool, image_id) as image:
        image.unprotect_snap(SNAP)
        image.remove_snap(SNAP)
        change(image)
        image.create_snap(SNAP)
        image.protect_snap(SNAP)


def snapshot_unprotected(store: str) -> None:
    def act(pool: Any, image_id: str) -> None:
        with rbd.Image(pool, image_id) as image:
            image.unprotect_snap(SNAP)

    _after_add(store, act)


def snapshot_missing(store: str) -> None:
    def act(pool: Any, image_id: str) -> None:
        with rbd.Image(pool, image_id) as image:
            image.unprotect_snap(SNAP)
            image.remove_snap(SNAP)

    _after_add(store, act)


def copy_is_larger(store: str) -> None:
    _after_add(
        store, lambda pool, image_id: _rewritten(pool, image_id, lambda image: image.resize(image.size() + 8 * MIB))
    )


def other_bytes(store: str) -> None:
    def overwrite(image: Any) -> None:
        image.write(bytes(byte ^ 0xFF for byte in image.read(0, 4096)), 0)

    _after_add(store, lambda pool, image_id: _rewritten(pool, image_id, overwrite))


def copy_has_no_data(store: str) -> None:
    def act(pool: Any, image_id: str) -> None:
        with rbd.Image(pool, image_id) as image:
            image.unprotect_snap(SNAP)
            image.remove_snap(SNAP)
        rbd.RBD().remove(pool, image_id)

    _after_add(store, act)


def stray_copy(store: str, conf: str, user: str) -> None:
    def act(pool: Any, image_id: str) -> None:
        connection = rados.Rados(conffile=conf, rados_id=user)
        connection.connect(timeout=10)
        try:
            with connection.open_ioctx("images") as elsewhere, rbd.Image(pool, image_id) as image:
                image.copy(elsewhere, image_id)
                with rbd.Image(elsewhere, image_id) as copy:
                    copy.create_snap(SNAP)
                    copy.protect_snap(SNAP)
        finally:
            connection.shutdown()

    _after_add(store, act)


def location_names_another_cluster(store: str, fsid: str) -> None:
    def add(original: Wrapper, self: Any, *args: Any, **keywords: Any) -> Any:
        result = original(self, *args, **keywords)
        if self.backend_group != store:
            return result
        own = result[0].removeprefix("rbd://").partition("/")[0]
        return (result[0].replace(own, fsid), *result[1:])

    wrap(Store, "add", add)


def delete_leaves_data(store: str) -> None:
    def delete(original: Wrapper, self: Any, *args: Any, **keywords: Any) -> None:
        if self.backend_group != store:
            original(self, *args, **keywords)

    wrap(Store, "delete", delete)


def delete_to_trash(store: str) -> None:
    def delete(original: Wrapper, self: Any, image_id: str, *args: Any, **keywords: Any) -> None:
        if self.backend_group != store:
            original(self, image_id, *args, **keywords)
            return
        name = image_id.store_location.image  # type: ignore[attr-defined]
        with connected(self) as pool:
            with rbd.Image(pool, name) as image:
                image.unprotect_snap(SNAP)
                image.remove_snap(SNAP)
            rbd.RBD().trash_move(pool, name, 0)

    wrap(Store, "delete", delete)


# The import flow


def import_reaches_too_many_stores(store: str) -> None:
    def stores(original: Wrapper, request: Any, body: Any) -> list[str]:
        asked = list(original(request, body))
        return [*asked, store] if body["method"]["name"] == "web-download" and store not in asked else asked

    wrap(utils, "get_stores_from_request", stores)


def all_stores_skips_one(store: str) -> None:
    def stores(original: Wrapper, request: Any, body: Any) -> list[str]:
        asked = list(original(request, body))
        return [one for one in asked if one != store] if body.get("all_stores") else asked

    wrap(utils, "get_stores_from_request", stores)


def upload_is_truncated(lost: int) -> None:
    class Shortened:
        def __init__(self, source: Any, size: int) -> None:
            self._source, self._left = source, size

        def read(self, most: int = -1) -> bytes:
            wanted = self._left if most is None or most < 0 else min(most, self._left)
            data: bytes = self._source.read(wanted) if wanted else b""
            self._left -= len(data)
            return data

    def stage(original: Wrapper, self: Any, request: Any, image_id: str, data: Any, size: int | None) -> Any:
        return original(self, request, image_id, Shortened(data, (size or 0) - lost) if size else data, size)

    wrap(image_data.ImageDataController, "stage", stage)


def _copies(task: Any, action: Any) -> bool:
    """Return whether the import is a copy-image: any other import finds the image inactive or is to activate it."""
    return action.image_status == "active" and not task.set_active


def copy_never_arrives(store: str) -> None:
    def execute(original: Wrapper, self: Any, action: Any, file_path: str) -> None:
        if self.backend == store and _copies(self, action):
            action.remove_importing_stores([store])
        else:
            original(self, action, file_path)

    wrap(flows._ImportToStore, "_execute", execute)


def copy_stays_importing(store: str) -> None:
    def remove(original: Wrapper, self: Any, stores: list[str]) -> None:
        original(self, [one for one in stores if one != store])

    wrap(flows._ImportActions, "remove_importing_stores", remove)


def copy_changes_the_checksum(store: str) -> None:
    def execute(original: Wrapper, self: Any, action: Any, file_path: str) -> None:
        copies = _copies(self, action)
        original(self, action, file_path)
        if self.backend == store and copies:
            action._image.checksum = "0" * 32

    wrap(flows._ImportToStore, "_execute", execute)


def failed_import_leaves_data(store: str) -> None:
    def execute(original: Wrapper, self: Any) -> Any:
        try:
            return original(self)
        except Exception:
            with connected(glance_store.get_store_from_store_identifier(store)) as pool:
                rbd.RBD().create(pool, str(self.image_id), MIB)
            raise

    wrap(web_download._WebDownload, "execute", execute)


def failed_import_stays_importing(store: str) -> None:
    def revert(original: Wrapper, self: Any, *args: Any, **keywords: Any) -> None:
        return None

    wrap(web_download._WebDownload, "revert", revert)


def failed_import_reports_success(store: str) -> None:
    import glance.domain as domain  # type: ignore[import-not-found]

    def fail(original: Wrapper, self: Any, message: str) -> None:
        self.succeed({"image_id": self.task_input.get("image_id")})

    wrap(domain.Task, "fail", fail)


# The API


def direct_url_names_another_cluster(fsid: str) -> None:
    def best(original: Wrapper, locations: Any) -> Any:
        return next((one for one in locations if fsid in one["url"]), None) or original(locations)

    wrap(location_strategy, "choose_best_location", best)


def stores_delete_removes_all(store: str) -> None:
    def delete(original: Wrapper, self: Any, request: Any, store_id: str, image_id: str) -> None:
        locations = list(self.gateway.get_repo(request.context).get(image_id).locations)
        original(self, request, store_id, image_id)
        for location in locations:
            backend = location["metadata"].get("store")
            if store_id == store and backend != store_id:
                glance_store.delete(location["url"], backend, context=request.context)

    wrap(api.ImagesController, "delete_from_store", delete)


def stores_delete_keeps_the_record(store: str) -> None:
    def delete(original: Wrapper, self: Any, request: Any, store_id: str, image_id: str) -> None:
        image = self.gateway.get_repo(request.context).get(image_id)
        here = [one for one in image.locations if one["metadata"].get("store") == store_id]
        if store_id != store or not here or len(image.locations) == 1:
            original(self, request, store_id, image_id)
            return
        glance_store.delete(here[0]["url"], store_id, context=request.context)

    wrap(api.ImagesController, "delete_from_store", delete)


def last_copy_deletable(store: str) -> None:
    def delete(original: Wrapper, self: Any, request: Any, store_id: str, image_id: str) -> None:
        repository = self.gateway.get_repo(request.context)
        image = repository.get(image_id)
        if len(image.locations) == 1 and image.locations[0]["metadata"].get("store") == store_id:
            image.locations.pop(0)
            repository.save(image)
        else:
            original(self, request, store_id, image_id)

    wrap(api.ImagesController, "delete_from_store", delete)


def unknown_method_accepted(store: str) -> None:
    def validate(original: Wrapper, self: Any, body: Any) -> None:
        if body["method"]["name"] in api.CONF.enabled_import_methods:
            original(self, body)

    def import_image(original: Wrapper, self: Any, request: Any, image_id: str, body: Any) -> Any:
        known = body["method"]["name"] in api.CONF.enabled_import_methods
        return original(self, request, image_id, body) if known else image_id

    wrap(api.RequestDeserializer, "_validate_import_body", validate)
    wrap(api.ImagesController, "import_image", import_image)


def unknown_store_accepted(store: str) -> None:
    def import_image(original: Wrapper, self: Any, request: Any, image_id: str, body: Any) -> Any:
        known = set(body.get("stores") or ()) <= set(api.CONF.enabled_backends)
        return original(self, request, image_id, body) if known else image_id

    wrap(api.ImagesController, "import_image", import_image)


def refusal_leaves_traces(store: str) -> None:
    def import_image(original: Wrapper, self: Any, request: Any, image_id: str, body: Any) -> Any:
        try:
            return original(self, request, image_id, body)
        except webob.exc.HTTPBadRequest:
            repository = self.gateway.get_repo(request.context)
            image = repository.get(image_id)
            image.extra_properties["os_glance_importing_to_stores"] = ",".join(body.get("stores") or ())
            repository.save(image)
            raise

    wrap(api.ImagesController, "import_image", import_image)


# Snapshots of servers


def _is_snapshot(image: Any) -> bool:
    return bool(image.extra_properties.get("image_type") == "snapshot")


def _copy_of_a_snapshot_refused(store: str, why: str) -> None:
    def import_image(original: Wrapper, self: Any, request: Any, image_id: str, body: Any) -> Any:
        image = self.gateway.get_repo(request.context).get(image_id)
        if body["method"]["name"] == "copy-image" and store in (body.get("stores") or ()) and _is_snapshot(image):
            raise webob.exc.HTTPBadRequest(explanation=why)
        return original(self, request, image_id, body)

    wrap(api.ImagesController, "import_image", import_image)


def snapshot_cannot_be_copied_to_central(store: str) -> None:
    _copy_of_a_snapshot_refused(store, f"Image is already present at store '{store}'")


def snapshot_cannot_be_copied_on(store: str) -> None:
    _copy_of_a_snapshot_refused(store, "Image not found in any configured store")


def snapshot_arrives_without_the_writes(store: str, first: int, length: int) -> None:
    """Overwrite `length` bytes from byte `first` on, where the guest writes to its disk, with zeros."""

    def forget(image: Any) -> None:
        if image.size() >= first + length:
            image.write(bytes(length), first)

    _after_add(store, lambda pool, image_id: _rewritten(pool, image_id, forget))


_settings = json.loads(Path("/etc/glance/bug.json").read_text(encoding="utf-8"))
globals()[_settings.pop("bug").replace("-", "_")](**_settings)

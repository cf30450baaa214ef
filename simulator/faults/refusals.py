"""Faults of requests that must be refused, and of imports that must fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.faults.changes import changed, hooked, modelled
from simulator.world.content import BLOCK, Content
from simulator.world.images import FAILED, IMPORTING, IN_USE, Image, ImageTask, Location
from simulator.world.refusal import Refusal
from simulator.world.sites import Glance, Site
from simulator.world.world import World


def _lenient(world: World, status: int, words: str) -> Any:
    """Make check_import accept requests that it would refuse with this status and these words."""
    honest = world.images.check_import

    def check(glance: Glance, image: Image, body: dict[str, Any]) -> list[str]:
        try:
            return honest(glance, image, body)
        except Refusal as error:
            if error.status == status and words in error.message:
                return []
            raise

    return changed(world.images, "check_import", check)


@modelled()
def unknown_store_accepted(world: World, site: Site) -> Iterator[None]:
    with _lenient(world, 409, "not found"):
        yield


@modelled()
def unknown_method_accepted(world: World, site: Site) -> Iterator[None]:
    honest = world.images.check_import

    def check(glance: Glance, image: Image, body: dict[str, Any]) -> list[str]:
        return honest(glance, image, body) if body["method"]["name"] in glance.import_methods else []

    with (
        changed(world.images, "check_method", lambda glance, method: None),
        changed(world.images, "check_import", check),
    ):
        yield


@modelled()
def refusal_leaves_traces(world: World, site: Site) -> Iterator[None]:
    honest = world.images.check_import

    def check(glance: Glance, image: Image, body: dict[str, Any]) -> list[str]:
        try:
            return honest(glance, image, body)
        except Refusal as error:
            if error.status == 400:
                image.merge(IMPORTING, add=body.get("stores", []))
            raise

    with changed(world.images, "check_import", check):
        yield


@modelled()
def second_copy_accepted(world: World, site: Site) -> Iterator[None]:
    with _lenient(world, 400, "already present"):
        yield


@modelled()
def last_copy_deletable(world: World, site: Site) -> Iterator[None]:
    honest = world.images.delete_from

    def delete_from(glance: Glance, store: str, image_id: str) -> None:
        image = world.images.get(image_id)
        if [location.store for location in image.locations] == [store]:
            world.images.remove_data(image.locations.pop())
            return
        honest(glance, store, image_id)

    with changed(world.images, "delete_from", delete_from):
        yield


@modelled()
def refused_request_leaves_a_mark(world: World, site: Site) -> Iterator[None]:
    honest = world.images.check_import

    def check(glance: Glance, image: Image, body: dict[str, Any]) -> list[str]:
        try:
            return honest(glance, image, body)
        except Refusal:
            if len(image.locations) > 1:
                image.locations.pop()
            raise

    with changed(world.images, "check_import", check):
        yield


@modelled()
def copy_in_use_deleted(world: World, site: Site) -> Iterator[None]:
    honest = world.images.delete

    def delete(glance: Glance, image_id: str) -> None:
        try:
            honest(glance, image_id)
        except Refusal as error:
            if IN_USE not in error.message:
                raise
            del world.images.records[image_id]

    with changed(world.images, "delete", delete):
        yield


@modelled(options=("--clone-v2",))
def parent_in_trash_is_purged(world: World, site: Site) -> Iterator[None]:
    honest = world.images.remove_data

    def remove(location: Location) -> None:
        honest(location)
        if world.images.cluster_of(location) is site.ceph:
            site.ceph.pool("images").trash.clear()

    with changed(world.images, "remove_data", remove):
        yield


def _unfetchable(world: World, change: Any) -> Any:
    """Call `change(image, tasks)` after an import failed because its data could not be fetched."""

    def hook(value: None, image: Image, method: str, body: dict[str, Any], site: Site) -> None:
        uri = body["method"].get("uri", "")
        if method == "web-download" and uri not in world.internet:

            async def later() -> None:
                tasks = [task for task in world.images.tasks.values() if task.image_id == image.id]
                while not tasks or any(task.status in ("pending", "processing") for task in tasks):
                    await world.clock.takes("lock")
                    tasks = [task for task in world.images.tasks.values() if task.image_id == image.id]
                change(image, tasks)

            world.clock.start(later())

    return hooked(world, "import", hook)


@modelled()
def failed_import_leaves_data(world: World, site: Site) -> Iterator[None]:
    """Leave an image without a snapshot in the site's cluster after an import that could not fetch its data."""

    def leave(image: Image, tasks: list[ImageTask]) -> None:
        site.ceph.create("images", image.id, Content(BLOCK, {}))

    with _unfetchable(world, leave):
        yield


@modelled()
def failed_import_answers_500(world: World, site: Site) -> Iterator[None]:
    def hook(value: None, image: Image, method: str, body: dict[str, Any], site: Site) -> None:
        if method == "web-download" and body["method"].get("uri") not in world.internet:
            raise Refusal(500, "The server has either erred or is incapable of performing the requested operation.")

    with hooked(world, "import", hook):
        yield


@modelled()
def failed_import_reports_success(world: World, site: Site) -> Iterator[None]:
    """Report an import that could not fetch its data as a success, without failed stores."""

    def hide(image: Image, tasks: list[ImageTask]) -> None:
        image.properties[FAILED] = ""
        for task in tasks:
            task.becomes("success")

    with _unfetchable(world, hide):
        yield


@modelled()
def failed_import_becomes_active(world: World, site: Site) -> Iterator[None]:
    def activate(image: Image, tasks: list[ImageTask]) -> None:
        image.status, image.size = "active", 0

    with _unfetchable(world, activate):
        yield


@modelled()
def failed_import_keeps_importing(world: World, site: Site) -> Iterator[None]:
    def keep(image: Image, tasks: list[ImageTask]) -> None:
        image.properties[IMPORTING] = image.properties.get(FAILED, "")

    with _unfetchable(world, keep):
        yield


@modelled()
def failed_import_stays_importing(world: World, site: Site) -> Iterator[None]:
    with _unfetchable(world, lambda image, tasks: setattr(image, "status", "importing")):
        yield

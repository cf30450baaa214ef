"""Acting on images: upload, import, copy, and what all witnesses see of them afterwards."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack.exceptions

from helpers.actions.serving import as_raw
from helpers.ceph.clusters import Clusters
from helpers.environment import Environment, Site
from helpers.openstack.answers import API_ERRORS, refusal
from helpers.openstack.cloud import Cloud
from helpers.openstack.glance import Glance
from helpers.openstack.imports import ImportFailed
from helpers.openstack.records import Task, listed
from helpers.outcomes import Failed, NotOffered
from helpers.runs.run import Run
from helpers.wait import TimedOut, wait_until
from helpers.witnesses.images import WitnessedImage, witness

#: bytes; odd on purpose, so that nothing that rounds passes
SMALL = 3 * 1024 * 1024 + 512


@dataclass(frozen=True)
class UploadedImage:
    """An image whose bytes this run made itself: their SHA-512 as hex, and their number."""

    image: WitnessedImage
    sha512: str
    size: int

    @property
    def reproduce(self) -> tuple[str, ...]:
        return self.image.reproduce


@dataclass(frozen=True)
class ImageActions:
    """What is done to images: by central's Glance, and written into the run's ledger before it is asked for."""

    environment: Environment
    cloud: Cloud
    clusters: Clusters
    run: Run

    @property
    def glance(self) -> Glance:
        """Central's Glance."""
        return self.cloud.glance(self.environment.central)

    def observe(self, image_id: str, *, trash: bool = False) -> WitnessedImage:
        """The image by all witnesses."""
        return witness(image_id, self.glance, self.clusters, trash=trash)

    def settled(self, image_id: str, done: Callable[[WitnessedImage], bool]) -> WitnessedImage:
        """The image once it looks as wanted, or as it looks when the time for a deletion is over."""
        try:
            return wait_until(
                lambda: self.observe(image_id, trash=True),
                done,
                timeout=min(20, self.environment.timeouts.delete),
                what=f"deletion of image {image_id}",
                interval=0.5,
            )
        except TimedOut:
            return self.observe(image_id, trash=True)

    def adopt(self, image_id: str, name: str) -> None:
        """Note an image that another service has made under the name that was planned for it."""
        self.run.ledger.plan("image", name, id=image_id)

    def create(self, what: str, disk_format: str, container_format: str = "bare") -> str:
        """An empty record; returns its id."""
        image_id, name = str(uuid.uuid4()), self.run.name(what)
        with self.run.ledger.asking("image", name, id=image_id):
            self.glance.create(image_id, name, disk_format, container_format)
        return image_id

    def import_to(self, image_id: str, method: str, stores: Iterable[str], **options: object) -> None:
        """Import or copy into stores, in this order, and wait until Glance has done it.

        The first store's location becomes the image's direct_url.
        """
        glance, stores = self.glance, tuple(stores)
        timeouts = self.environment.timeouts
        timeout = timeouts.copy_ if method == "copy-image" else timeouts.import_
        what = f"{method} of image {image_id} to {', '.join(sorted(stores)) or 'all stores'}"
        show = glance.show_command(image_id)
        request = glance.import_command(image_id, method, stores, **options)
        with refusals_fail(f"central: {what}", request, show, more=lambda: self._tasks_of(image_id)):
            glance.start_import(image_id, method, stores=stores, **options)  # type: ignore[arg-type]
        try:
            number = len(stores) or len(self.environment.storage_sites)
            glance.wait_imported(image_id, frozenset(stores) or None, timeout, number)
        except ImportFailed as error:
            tasks = () if error.tasks is None else (glance.command(f"/v2/images/{image_id}/tasks"),)
            raise Failed(
                f"central: {what}\nexpected: image active in {listed(stores) if stores else 'all stores'}\n"
                f"seen:     {error}" + (f"\nrecord:   {error.record}" if error.record else "") + _tasks(error.tasks),
                reproduce=(show, *tasks),
            ) from error

    def upload(self, what: str, stores: Iterable[str] = ()) -> UploadedImage:
        """A small raw image of this run's own bytes: uploaded into the first store, and copied to the others.

        Every deployment can do so, whatever its import methods are. Without `stores` it is in central's.
        """
        first, *others = tuple(stores) or stores_of([self.environment.central])

        def fill(image_id: str, data: bytes) -> None:
            self._put(image_id, data, first)
            if others:
                self.import_to(image_id, "copy-image", others)

        return self._filled(what, fill)

    def upload_guest(self, what: str, stores: Iterable[str]) -> str:
        """The guest image from the file of this machine: uploaded into the first store, and copied to the others.

        Returns its id.
        """
        first, *others = stores
        with as_raw(self.environment.image) as raw:
            image_id = self.create(what, "raw")
            self._put(image_id, raw, first)
        if others:
            self.import_to(image_id, "copy-image", others)
        return image_id

    def import_directly(self, what: str, stores: Iterable[str] = (), **options: object) -> UploadedImage:
        """The same by glance-direct: the bytes are staged, and imported.

        :raises NotOffered: central's Glance has no such method
        """
        self._require("glance-direct")

        def fill(image_id: str, data: bytes) -> None:
            with refusals_fail(f"central: image {image_id} is staged", self.glance.show_command(image_id)):
                self.glance.stage(image_id, data)
            self.import_to(image_id, "glance-direct", stores, **options)

        return self._filled(what, fill)

    def import_everywhere(self, what: str, *, all_must_succeed: bool) -> UploadedImage:
        """The same with all_stores: by glance-direct where that is offered, else uploaded and copied.

        :raises NotOffered: central's Glance has neither method
        """
        options: dict[str, Any] = {"all_stores": True, "all_stores_must_succeed": all_must_succeed}
        if "glance-direct" in self.glance.import_methods():
            return self.import_directly(what, **options)
        self._require("copy-image")

        def fill(image_id: str, data: bytes) -> None:
            self._put(image_id, data, *stores_of([self.environment.central]))
            self.import_to(image_id, "copy-image", (), **options)

        return self._filled(what, fill)

    def _tasks_of(self, image_id: str) -> str:
        """What a refusal may be due to; a Glance that does not say so either leaves the refusal as it is."""
        try:
            return _tasks(self.glance.tasks(image_id))
        except API_ERRORS:
            return ""

    def _require(self, method: str) -> None:
        offered = self.glance.import_methods()
        if method not in offered:
            listed = ", ".join(sorted(offered)) or "none"
            raise NotOffered(f"{method} is not among the import methods of central's Glance: {listed}")

    def _filled(self, what: str, fill: Callable[[str, bytes], None]) -> UploadedImage:
        data = os.urandom(SMALL)
        image_id = self.create(what, "raw")
        fill(image_id, data)
        return UploadedImage(self.observe(image_id), hashlib.sha512(data).hexdigest(), len(data))

    def _put(self, image_id: str, data: bytes | Path, store: str) -> None:
        size = data.stat().st_size if isinstance(data, Path) else len(data)
        reproduce = self.glance.upload_command(image_id, store, size)
        with refusals_fail(f"central: upload of image {image_id} to store {store}", reproduce):
            self.glance.upload(image_id, data, store, self.environment.timeouts.import_)


def _tasks(tasks: tuple[Task, ...] | None) -> str:
    """A line of a failure's message; nothing where Glance shows none."""
    return f"\ntasks:    {', '.join(map(str, tasks))}" if tasks else ""


def stores_of(sites: Iterable[Site]) -> list[str]:
    """The ids of these sites' stores at central's Glance."""
    return [site.store for site in sites if site.store]


@contextmanager
def refusals_fail(what: str, *reproduce: str, more: Callable[[], str] = str) -> Iterator[None]:
    """An HTTP error in here is the failure of the stage: this was to be accepted.

    :param reproduce: the request itself, or what shows that it was not
    :param more: further lines of the message
    """
    try:
        yield
    except openstack.exceptions.HttpException as error:
        message = f"{what}\nexpected: accepted\nseen:     {refusal(error)}{more()}"
        raise Failed(message, reproduce=reproduce) from error


def first_stores(environment: Environment) -> list[str]:
    """The stores of the first import, as in the guide: central's and the first DCN site's."""
    return stores_of((environment.central, *environment.dcn_storage_sites[:1]))

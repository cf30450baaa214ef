"""Acting on images: import, copy, upload, and a look by all witnesses afterwards."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import openstack.exceptions

from helpers.answers import refusal
from helpers.cloud import Cloud
from helpers.clusters import Clusters
from helpers.engine import StageFailed
from helpers.environment import Environment, Site
from helpers.glance import Glance, ImportFailed
from helpers.images import WitnessedImage, witness
from helpers.run import Run
from helpers.wait import TimedOut, wait_until

#: bytes; odd on purpose, so that nothing that rounds passes
SMALL = 3 * 1024 * 1024 + 512


@dataclass(frozen=True)
class UploadedImage:
    """An image whose bytes this run made itself: their SHA-512 as hex, and their number."""

    image: WitnessedImage
    sha512: str
    size: int

    @property
    def by_hand(self) -> tuple[str, ...]:
        return self.image.by_hand


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

    def look(self, image_id: str, *, trash: bool = False) -> WitnessedImage:
        """The image by all witnesses."""
        return witness(image_id, self.glance, self.clusters, trash=trash)

    def settled(self, image_id: str, done: Callable[[WitnessedImage], bool]) -> WitnessedImage:
        """The image once it looks as wanted, or as it looks when the time for a deletion is over."""
        try:
            return wait_until(
                lambda: self.look(image_id, trash=True),
                done,
                timeout=min(20, self.environment.timeouts.delete),
                what=f"deletion of image {image_id}",
                interval=0.5,
            )
        except TimedOut:
            return self.look(image_id, trash=True)

    def adopt(self, image_id: str, name: str) -> None:
        """Note an image that another service has made under the name that was planned for it."""
        self.run.ledger.plan("image", name, id=image_id)

    def create(self, what: str, disk_format: str, container_format: str = "bare") -> str:
        """An empty record; returns its id."""
        image_id, name = str(uuid.uuid4()), self.run.name(what)
        with self.run.ledger.asking("image", name, id=image_id):
            self.glance.create(image_id, name, disk_format, container_format)
        return image_id

    def bring(self, image_id: str, method: str, stores: Iterable[str], **options: object) -> None:
        """Import or copy into stores, in this order, and wait until Glance has done it.

        The first store's location becomes the image's direct_url.
        """
        glance, stores = self.glance, tuple(stores)
        timeouts = self.environment.timeouts
        timeout = timeouts.copy_ if method == "copy-image" else timeouts.import_
        what = f"{method} of image {image_id} to {', '.join(sorted(stores)) or 'all stores'}"
        by_hand = (glance.show_by_hand(image_id), glance.by_hand(f"/v2/images/{image_id}/tasks"))
        with refusals_fail(f"central: {what}", by_hand[0]):
            glance.start_import(image_id, method, stores=stores, **options)  # type: ignore[arg-type]
        try:
            number = len(stores) or len(self.environment.storage_sites)
            glance.wait_imported(image_id, frozenset(stores) or None, timeout, number)
        except ImportFailed as error:
            raise StageFailed(
                f"central: {what}\nexpected: image active in {_listed(stores) if stores else 'all stores'}\n"
                f"seen:     {error}" + (f"\nrecord:   {error.record}" if error.record else ""),
                by_hand=by_hand,
            ) from error

    def upload(self, what: str, stores: Iterable[str] = (), **options: object) -> UploadedImage:
        """A small raw image of this run's own bytes, by glance-direct."""
        data = os.urandom(SMALL)
        image_id = self.create(what, "raw")
        self.glance.stage(image_id, data)
        self.bring(image_id, "glance-direct", stores, **options)
        return UploadedImage(self.look(image_id), hashlib.sha512(data).hexdigest(), len(data))


def _listed(names: Iterable[str]) -> str:
    return "{" + ", ".join(sorted(names)) + "}"


def stores_of(sites: Iterable[Site]) -> list[str]:
    """The ids of these sites' stores at central's Glance."""
    return [site.store for site in sites if site.store]


@contextmanager
def refusals_fail(what: str, by_hand: str) -> Iterator[None]:
    """An HTTP error in here is the failure of the stage: this was to be accepted."""
    try:
        yield
    except openstack.exceptions.HttpException as error:
        raise StageFailed(f"{what}\nexpected: accepted\nseen:     {refusal(error)}", by_hand=(by_hand,)) from error


def first_stores(environment: Environment) -> list[str]:
    """The stores of the first import, as in the doc: central's and the first DCN site's."""
    return stores_of((environment.central, *environment.dcn_storage_sites[:1]))

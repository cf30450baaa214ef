"""One Glance: its stores, its import methods, and what is asked of its images."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

import openstack.exceptions
from openstack.image.v2.image import Image
from openstack.image.v2.service_info import Store as SdkStore

from helpers.environment import Site
from helpers.openstack.answers import body_of, curl
from helpers.openstack.command_line import command_line
from helpers.openstack.imports import ON_THE_WAY, wait_imported
from helpers.openstack.records import ImageRecord, Location, Store, Task, located_at
from helpers.openstack.retries import once
from helpers.openstack.via import Way, around_curl
from helpers.wait import wait_until

#: The minor version of the Images API since which it has the locations API.
_LOCATIONS_API = 17


class ImageApi(Protocol):
    """What is used of openstacksdk's image proxy."""

    def __getattr__(self, name: str) -> Any: ...


@dataclass(frozen=True)
class Needs:
    """What an image needs to boot: bytes of disk, and what its record asks for in GiB and MiB (0: nothing)."""

    bytes: int = 0
    min_disk: int = 0
    min_ram: int = 0


class Glance:
    """One site's image service, thin over openstacksdk's image proxy.

    :param proxy: the proxy, bound to the site's endpoint
    :param cloud: the entry of clouds.yaml, for the commands that a person would type
    :param internal: the Glance that Nova and Cinder of the site use, where it is another one
    :param in_catalog: whether the client reaches central's by itself
    :param way: the node by way of which it is asked, if only that reaches it
    """

    def __init__(
        self,
        proxy: ImageApi,
        site: Site,
        cloud: str,
        *,
        internal: Glance | None = None,
        in_catalog: bool = True,
        way: Way | None = None,
    ) -> None:
        self.site, self.internal, self._proxy, self._cloud = site, internal, proxy, cloud
        self._in_catalog = in_catalog and site.central and way is None
        self._before, self._options = around_curl(way, str(site.glance)) if way else ("", "")

    def __repr__(self) -> str:
        return f"<Glance of {self.site.name} at {self.site.glance}>"

    def command(self, path: str, method: str = "GET", body: str = "") -> str:
        """The command line that makes a request to this very Glance by hand, such as `/v2/images/ID`."""
        return self._before + curl(self._cloud, f"{self.site.glance}{path}", method, body, self._options)

    def show_command(self, image_id: str) -> str:
        """The command line that shows an image's record here."""
        if self._in_catalog:
            return command_line(self._cloud, "image", "show", image_id)
        return self.command(f"/v2/images/{image_id}")

    def delete_command(self, image_id: str) -> str:
        """The command line that deletes an image."""
        return self.command(f"/v2/images/{image_id}", "DELETE")

    def delete_from_command(self, store: str, image_id: str) -> str:
        """The command line that deletes one store's copy."""
        return self.command(f"/v2/stores/{store}/{image_id}", "DELETE")

    def import_command(self, image_id: str, method: str, stores: Iterable[str], **options: object) -> str:
        """The command line that asks for an import or copy into these stores.

        :param options: as of `start_import`
        """
        uri = options.pop("uri", None)
        body = {"method": {"name": method} | ({"uri": uri} if uri else {})} | options
        body |= {"stores": list(stores)} if stores else {}
        return self.command(f"/v2/images/{image_id}/import", "POST", json.dumps(body))

    def status(self, path: str, timeout: float) -> int:
        """The status code that a GET is answered with within so many seconds.

        :raises keystoneauth1.exceptions.ClientException: no answer
        """
        response = self._proxy.get(path, timeout=timeout, raise_exc=False)
        return int(response.status_code)

    def stores(self) -> tuple[Store, ...]:
        """The stores, with details where this user may see them (`/v2/info/stores/detail`), else without."""
        response = self._proxy.get("/info/stores/detail")
        if response.status_code >= 400:
            response = self._proxy.get("/info/stores")
        openstack.exceptions.raise_from_response(response)
        return tuple(Store.from_api(store) for store in response.json()["stores"])

    def import_methods(self) -> frozenset[str]:
        """The enabled import methods, `GET /v2/info/import`."""
        return frozenset(self._proxy.get_import_info().import_methods["value"])

    def image(self, image_id: str) -> ImageRecord | None:
        """The record of an image; None when there is none."""
        found = body_of(self._proxy.get(f"/images/{image_id}"))
        return ImageRecord.from_api(found, self.show_command(image_id)) if found else None

    def located(self, image_id: str) -> ImageRecord | None:
        """The record, with its locations where Nova and Cinder see them: in the internal Glance if there is one.

        Otherwise they are in the record itself, or the locations API shows them; None where both hide them.
        """
        record = self.image(image_id)
        if record is None or (self.internal is None and record.locations is not None):
            return record
        if self.internal is not None:
            shown = self.internal.image(image_id)
            return shown and replace(
                record, locations=shown.locations, direct_url=shown.direct_url, located=shown.reproduce
            )
        found = self.locations(image_id)
        return record if found is None else replace(record, locations=found, located=self.locations_command(image_id))

    def locations(self, image_id: str) -> tuple[Location, ...] | None:
        """What the locations API of 2024.2 and later shows of an image, `GET /v2/images/ID/locations`.

        None where it shows nothing: this Glance has no such API, or its policy allows services only, as in 2025.1.
        """
        response = self._proxy.get(f"/images/{image_id}/locations", raise_exc=False)
        return located_at(response.json()) if response.status_code == HTTPStatus.OK else None

    def locations_command(self, image_id: str) -> str:
        """The command line that asks the locations API."""
        return self.command(f"/v2/images/{image_id}/locations")

    def has_locations_api(self) -> bool:
        """Whether it is new enough for the locations API: version 2.17 of the Images API."""
        response = self._proxy.get(f"{self.site.glance}/versions", authenticated=False)
        openstack.exceptions.raise_from_response(response)
        minors = (re.fullmatch(r"v2\.(\d+)", version["id"]) for version in response.json()["versions"])
        return any(int(minor[1]) >= _LOCATIONS_API for minor in minors if minor)

    def block_devices(self, image_id: str) -> tuple[dict[str, Any], ...]:
        """What an image of a volume-backed server points to (its `block_device_mapping`); empty for any other."""
        found = body_of(self._proxy.get(f"/images/{image_id}")) or {}
        mapping = found.get("block_device_mapping") or "[]"
        return tuple(json.loads(mapping) if isinstance(mapping, str) else mapping)

    def needs(self, image_id: str) -> Needs:
        """What a server needs to boot this image."""
        found = body_of(self._proxy.get(f"/images/{image_id}")) or {}
        size = found.get("virtual_size") or found.get("size") or 0
        return Needs(int(size), int(found.get("min_disk") or 0), int(found.get("min_ram") or 0))

    def tasks(self, image_id: str) -> tuple[Task, ...] | None:
        """The image's import tasks, `GET /v2/images/ID/tasks`; None where this Glance shows none, as before Wallaby."""
        # the SDK's own call asks for the API's versions each time
        found = body_of(self._proxy.get(f"/images/{image_id}/tasks"))
        return None if found is None else tuple(map(Task.from_api, found["tasks"]))

    def task(self, task_id: str) -> Task | None:
        """A task by its id, also of an image that is gone; None when Glance knows it no more (`GET /v2/tasks/ID`)."""
        found = body_of(self._proxy.get(f"/tasks/{task_id}"))
        return Task.from_api(found) if found else None

    def create(self, image_id: str, name: str, disk_format: str, container_format: str) -> None:
        """Create an empty record under an id of the caller's choice."""
        once(
            lambda: self._proxy.create_image(
                id=image_id,
                name=name,
                disk_format=disk_format,
                container_format=container_format,
                allow_duplicates=True,
                visibility="private",
            ),
            lambda: self.image(image_id),
            f"image {image_id}",
        )

    def stage(self, image_id: str, data: bytes) -> None:
        """Put data into the staging area, for glance-direct."""
        content = {"Content-Type": "application/octet-stream"}
        self._once(
            lambda: self._proxy.put(f"/images/{image_id}/stage", data=data, headers=content),
            lambda: self._status(image_id) != "queued",
            f"stage of image {image_id}",
        )

    def _status(self, image_id: str) -> str:
        record = self.image(image_id)
        return record.status if record else "gone"

    def _once(self, ask: Callable[[], Any], took_effect: Callable[[], bool], what: str) -> None:
        """Make a request that changes an image; see `helpers.openstack.retries.once`."""

        def answer() -> bool:
            openstack.exceptions.raise_from_response(ask())
            return True

        once(answer, lambda: took_effect() or None, what)

    def upload(self, image_id: str, data: bytes | Path, store: str, timeout: float) -> None:
        """Put data into a store, `PUT /v2/images/ID/file`; the image is active when Glance answers.

        :param data: a path stands for the file's content
        :param timeout: seconds
        :raises openstack.exceptions.HttpException: when Glance refuses it
        """
        headers = {"Content-Type": "application/octet-stream", "x-image-meta-store": store}

        def is_active() -> bool:
            status = wait_until(
                lambda: self._status(image_id),
                lambda status: status not in ON_THE_WAY,
                timeout=timeout,
                what=f"upload of image {image_id}",
            )
            return status == "active"

        def put() -> Any:
            with data.open("rb") if isinstance(data, Path) else nullcontext(data) as content:
                return self._proxy.put(f"/images/{image_id}/file", data=content, headers=headers, timeout=timeout)

        self._once(
            put,
            is_active,
            f"upload of image {image_id}",
        )

    def upload_command(self, image_id: str, store: str, size: int) -> str:
        """The command line that uploads so many bytes into a store."""
        options = f"-H 'Content-Type: application/octet-stream' -H 'x-image-meta-store: {store}' --data-binary @-"
        url = f"{self.site.glance}/v2/images/{image_id}/file"
        command = curl(self._cloud, url, "PUT", options=" ".join(filter(None, (options, self._options))))
        return f"{self._before}head -c {size} /dev/urandom | {command}"

    def start_import(
        self,
        image_id: str,
        method: str,
        *,
        stores: Iterable[str] = (),
        all_stores: bool | None = None,
        all_stores_must_succeed: bool | None = None,
        uri: str | None = None,
    ) -> None:
        """Ask for an import; returns as soon as Glance has accepted it.

        :raises openstack.exceptions.HttpException: when Glance refuses it
        """
        image = Image(id=image_id, disk_format="raw", container_format="bare")  # the SDK only checks that both are set
        before = self._ever_imported(image_id)
        self._once(
            lambda: self._proxy.import_image(
                image,
                method,
                uri=uri,
                stores=[SdkStore(id=store) for store in stores],
                all_stores=all_stores,
                all_stores_must_succeed=all_stores_must_succeed,
            ),
            lambda: self._ever_imported(image_id) != before,
            f"import of image {image_id}",
        )

    def _ever_imported(self, image_id: str) -> object:
        """What differs as soon as Glance has accepted an import; where it shows no tasks, the record has to do."""
        tasks = self.tasks(image_id)
        return self.image(image_id) if tasks is None else frozenset(task.id for task in tasks)

    def wait_imported(
        self, image_id: str, stores: frozenset[str] | None, timeout: float, number: int = 1
    ) -> ImageRecord:
        """Wait until the image's import tasks have ended and it is in the given stores (None: any).

        The tasks are watched too: for a moment after the record looks finished Glance still holds the import's lock.
        Where Glance shows no tasks, the record's own lists, lock and status tell: what was never seen under way may not
        have begun, and is waited for.

        :param timeout: seconds for each store: Glance serves one store after the other
        :param number: how many stores it is to serve
        :raises ImportFailed: the task failed, a store failed, or the time is over
        """
        return wait_imported(self, image_id, stores, timeout, number)

    def delete(self, image_id: str) -> None:
        """Ask for the deletion of an image, in all stores; one that is already gone is no error."""
        self._proxy.delete_image(image_id, ignore_missing=True)

    def delete_from(self, store: str, image_id: str) -> None:
        """Ask for the deletion of one store's copy (`stores-delete --store STORE ID`).

        A copy that was there is deleted, whatever is said to a request that was repeated.
        """
        before = self._stores_of(image_id)
        try:
            self._proxy.delete_image(image_id, store=store, ignore_missing=False)
        except openstack.exceptions.HttpException:
            if store not in before - self._stores_of(image_id):
                raise

    def _stores_of(self, image_id: str) -> frozenset[str]:
        record = self.image(image_id)
        return record.stores if record else frozenset()

    def ids(self) -> frozenset[str]:
        """The ids of all images that are listed; hidden ones and those of a community are not."""
        return frozenset(image.id for image in self._proxy.images())

    def owned(self, prefix: str) -> list[tuple[str, str]]:
        """Id and name of every image whose name begins so."""
        return [(image.id, image.name) for image in self._proxy.images() if (image.name or "").startswith(prefix)]

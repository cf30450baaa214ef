"""One Glance: its stores and import methods, and images as its records show them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import openstack.exceptions
from openstack.image.v2.image import Image
from openstack.image.v2.service_info import Store as SdkStore

from helpers.environment import Site
from helpers.openstack.answers import body_of, curl
from helpers.openstack.command_line import command_line
from helpers.wait import FailedState, TimedOut, wait_until

_RBD_URL = re.compile(r"rbd://(?P<fsid>[^/]+)/(?P<pool>[^/]+)/(?P<image>[^/]+)/(?P<snapshot>[^/]+)")


@dataclass(frozen=True)
class Store:
    """A store as `GET /v2/info/stores` lists it; `pool`, `user` and `type` are None where details are not shown."""

    id: str
    default: bool
    read_only: bool
    description: str | None = None
    type: str | None = None
    pool: str | None = None
    user: str | None = None


@dataclass(frozen=True)
class Location:
    """Where one copy of an image is: the store's id in the record; cluster, pool, image and snapshot of its URL."""

    store: str | None
    url: str
    fsid: str | None
    pool: str | None
    image: str | None
    snapshot: str | None

    @classmethod
    def from_url(cls, url: str, store: str | None = None) -> Location:
        match = _RBD_URL.fullmatch(url)
        parts = match.groupdict() if match else {}
        return cls(store, url, *(parts.get(name) for name in ("fsid", "pool", "image", "snapshot")))


@dataclass(frozen=True)
class Task:
    """One import task of an image: `status` is pending, processing, success or failure.

    `updated` is when Glance noted something of it last, in UTC by its own clock (ISO 8601).
    """

    id: str
    status: str
    message: str
    updated: str = ""

    @property
    def ended(self) -> bool:
        return self.status in {"success", "failure"}

    @classmethod
    def from_api(cls, task: Mapping[str, Any]) -> Task:
        return cls(task["id"], task["status"], task.get("message") or "", task.get("updated_at") or "")

    def __str__(self) -> str:
        return f"{self.id} {self.status}" + (f": {self.message}" if self.message else "")


@dataclass(frozen=True)
class ImageRecord:
    """An image as one Glance's API shows it. Stores are a set: their order means nothing.

    `size` is bytes; `locations` and `direct_url` are None where the API hides them. `import_task` is the id of the task
    that holds the image's import lock: of an import that is under way, or has died.
    """

    id: str
    name: str
    status: str
    stores: frozenset[str]
    disk_format: str | None
    container_format: str | None
    size: int | None
    checksum: str | None
    hash_algorithm: str | None
    hash: str | None
    importing_to: frozenset[str]
    failed: frozenset[str]
    locations: tuple[Location, ...] | None
    direct_url: Location | None
    reproduce: str
    import_task: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        form = f"{self.disk_format}, {self.size} bytes" if self.size else self.disk_format
        return (
            f"{self.status}, {form}, stores {listed(self.stores)}, "
            f"still importing to {listed(self.importing_to)}, failed {listed(self.failed)}"
        )

    @classmethod
    def from_api(cls, image: Mapping[str, Any], reproduce: str) -> ImageRecord:
        """From the body of `GET /v2/images/ID`."""
        locations, direct_url = image.get("locations"), image.get("direct_url")
        return cls(
            id=image["id"],
            name=image["name"],
            status=image["status"],
            stores=_names(image.get("stores")),
            disk_format=image["disk_format"],
            container_format=image["container_format"],
            size=image["size"],
            checksum=image["checksum"],
            hash_algorithm=image.get("os_hash_algo"),
            hash=image.get("os_hash_value"),
            importing_to=_names(image.get("os_glance_importing_to_stores")),
            failed=_names(image.get("os_glance_failed_import")),
            locations=None
            if locations is None
            else tuple(
                Location.from_url(location["url"], (location.get("metadata") or {}).get("store"))
                for location in locations
            ),
            direct_url=Location.from_url(direct_url) if direct_url else None,
            reproduce=reproduce,
            import_task=image.get("os_glance_import_task"),
        )


def _names(listed: str | None) -> frozenset[str]:
    return frozenset(name for name in (listed or "").split(",") if name)


class ImportFailed(Exception):
    """An import or copy ended without reaching its stores; the message says which, and what Glance says of it.

    `tasks` is None where Glance shows no tasks.
    """

    def __init__(self, message: str, record: ImageRecord | None, tasks: tuple[Task, ...] | None = ()) -> None:
        super().__init__(message)
        self.record, self.tasks = record, tasks


#: seconds that a record may need to show what its ended tasks have done
_SETTLING = 10.0
#: What an image is while its data is on the way.
_ON_THE_WAY = {"uploading", "importing", "saving"}


@dataclass(frozen=True)
class _Import:
    """An import at one moment; `tasks` is None where Glance shows none, and the record has to tell by itself."""

    record: ImageRecord | None
    tasks: tuple[Task, ...] | None

    @property
    def ended(self) -> bool:
        if self.tasks is not None or self.record is None:
            return all(task.ended for task in self.tasks or ())
        record = self.record
        return not record.importing_to and not record.import_task and record.status not in _ON_THE_WAY

    def reached(self, stores: frozenset[str] | None) -> bool:
        """Whether all is done: the image is in these stores (None: in any), and Glance is through with it."""
        record = self.record
        return (
            record is not None
            and record.status == "active"
            and not record.importing_to
            and (stores is None or stores <= record.stores)
            and self.ended
        )

    def __str__(self) -> str:
        tasks = "" if self.tasks is None else f"; tasks: {', '.join(map(str, self.tasks)) or 'none'}"
        return f"{self.record or 'no such image'}{tasks}"


def listed(names: Iterable[str]) -> str:
    return "{" + ", ".join(sorted(names)) + "}"


class ImageApi(Protocol):
    """What is used of openstacksdk's image proxy."""

    def __getattr__(self, name: str) -> Any: ...


class Glance:
    """One site's image service, thin over openstacksdk's image proxy.

    :param proxy: the proxy, bound to the site's endpoint
    :param cloud: the entry of clouds.yaml, for the commands that a person would type
    """

    def __init__(self, proxy: ImageApi, site: Site, cloud: str) -> None:
        self.site, self._proxy, self._cloud = site, proxy, cloud

    def __repr__(self) -> str:
        return f"<Glance of {self.site.name} at {self.site.glance}>"

    def command(self, path: str, method: str = "GET", body: str = "") -> str:
        """The command line that makes a request to this very Glance by hand, such as `/v2/images/ID`."""
        return curl(self._cloud, f"{self.site.glance}{path}", method, body)

    def show_command(self, image_id: str) -> str:
        """The command line that shows an image's record here."""
        if self.site.central:
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
        """The status code that a GET is answered with within so many seconds; asked once, without a second attempt.

        :raises keystoneauth1.exceptions.ClientException: no answer
        """
        response = self._proxy.get(path, timeout=timeout, connect_retries=0, status_code_retries=0, raise_exc=False)
        return int(response.status_code)

    def stores(self) -> tuple[Store, ...]:
        """The stores, with details where this user may see them (`/v2/info/stores/detail`), else without."""
        response = self._proxy.get("/info/stores/detail")
        if response.status_code >= 400:
            response = self._proxy.get("/info/stores")
        openstack.exceptions.raise_from_response(response)
        return tuple(_store(store) for store in response.json()["stores"])

    def import_methods(self) -> frozenset[str]:
        """The enabled import methods, `GET /v2/info/import`."""
        return frozenset(self._proxy.get_import_info().import_methods["value"])

    def image(self, image_id: str) -> ImageRecord | None:
        """The record of an image; None when there is none."""
        found = body_of(self._proxy.get(f"/images/{image_id}"))
        return ImageRecord.from_api(found, self.show_command(image_id)) if found else None

    def block_devices(self, image_id: str) -> tuple[dict[str, Any], ...]:
        """What an image of a volume-backed server points to (its `block_device_mapping`); empty for any other."""
        found = body_of(self._proxy.get(f"/images/{image_id}")) or {}
        mapping = found.get("block_device_mapping") or "[]"
        return tuple(json.loads(mapping) if isinstance(mapping, str) else mapping)

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
        self._proxy.create_image(
            id=image_id,
            name=name,
            disk_format=disk_format,
            container_format=container_format,
            allow_duplicates=True,
            visibility="private",
        )

    def stage(self, image_id: str, data: bytes) -> None:
        """Put data into the staging area, for glance-direct."""
        response = self._proxy.put(
            f"/images/{image_id}/stage", data=data, headers={"Content-Type": "application/octet-stream"}
        )
        openstack.exceptions.raise_from_response(response)

    def upload(self, image_id: str, data: bytes, store: str, timeout: float) -> None:
        """Put data into a store, `PUT /v2/images/ID/file`; the image is active when Glance answers.

        :param timeout: seconds
        :raises openstack.exceptions.HttpException: when Glance refuses it
        """
        # asked once: a second attempt would find the image as the first has left it
        response = self._proxy.put(
            f"/images/{image_id}/file",
            data=data,
            headers={"Content-Type": "application/octet-stream", "x-image-meta-store": store},
            timeout=timeout,
            connect_retries=0,
            status_code_retries=0,
        )
        openstack.exceptions.raise_from_response(response)

    def upload_by_hand(self, image_id: str, store: str, size: int) -> str:
        """The command line that uploads so many bytes into a store."""
        options = f"-H 'Content-Type: application/octet-stream' -H 'x-image-meta-store: {store}' --data-binary @-"
        url = f"{self.site.glance}/v2/images/{image_id}/file"
        return f"head -c {size} /dev/urandom | {curl(self._cloud, url, 'PUT', options=options)}"

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
        response = self._proxy.import_image(
            image,
            method,
            uri=uri,
            stores=[SdkStore(id=store) for store in stores],
            all_stores=all_stores,
            all_stores_must_succeed=all_stores_must_succeed,
        )
        openstack.exceptions.raise_from_response(response)

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

        def probe() -> _Import:
            record = self.image(image_id)
            return _Import(record, self.tasks(image_id) if record else ())

        ended_at: list[float] = []
        begun = False

        def failed(seen: _Import) -> str | None:
            nonlocal begun
            record = seen.record
            if record is None:
                return "the image is gone"
            begun = begun or seen.tasks is not None or not seen.ended
            if not seen.ended:
                ended_at.clear()
                return None
            bad = [task for task in seen.tasks or () if task.status == "failure"]
            if bad:
                return f"import task {bad[-1].id} failed: {bad[-1].message or 'no message'}"
            if record.failed and (stores is None or record.failed & stores):
                return f"Glance reports failed stores {', '.join(sorted(record.failed))}"
            # Glance believes that it has finished, yet the stores are not there: they will not come any more
            ended_at.append(time.monotonic())
            if begun and ended_at[-1] - ended_at[0] > _SETTLING:
                what = "the import has ended" if seen.tasks is None else "every import task has ended"
                return f"{what}, but the image is {record.status} in {listed(record.stores)}"
            return None

        try:
            record = wait_until(
                probe,
                lambda seen: seen.reached(stores),
                timeout=timeout * number,
                what=f"import of image {image_id}",
                failed=failed,
                progress_timeout=timeout,
            ).record
        except (FailedState, TimedOut) as error:
            record = self.image(image_id)
            # the record is told apart
            raise ImportFailed(error.reason, record, self.tasks(image_id) if record else ()) from error
        if record is None:  # `done` has ruled it out
            raise ImportFailed("the image is gone", None)
        return record

    def delete(self, image_id: str) -> None:
        """Ask for the deletion of an image, in all stores; one that is already gone is no error."""
        self._proxy.delete_image(image_id, ignore_missing=True)

    def delete_from(self, store: str, image_id: str) -> None:
        """Ask for the deletion of one store's copy (`stores-delete --store STORE ID`)."""
        self._proxy.delete_image(image_id, store=store, ignore_missing=False)

    def ids(self) -> frozenset[str]:
        """The ids of all images that are listed; hidden ones and those of a community are not."""
        return frozenset(image.id for image in self._proxy.images())

    def owned(self, prefix: str) -> list[tuple[str, str]]:
        """Id and name of every image whose name begins so."""
        return [(image.id, image.name) for image in self._proxy.images() if (image.name or "").startswith(prefix)]


def _store(record: Mapping[str, Any]) -> Store:
    properties = record.get("properties") or {}
    return Store(
        id=record["id"],
        default=str(record.get("default", "")).lower() == "true",
        read_only=str(record.get("read-only", "")).lower() == "true",
        description=record.get("description"),
        type=record.get("type"),
        pool=properties.get("pool"),
        user=properties.get("user"),
    )

"""Stores, images and their import tasks, as the records of a Glance show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

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

    @classmethod
    def from_api(cls, record: Mapping[str, Any]) -> Store:
        """From an entry of `stores`."""
        properties = record.get("properties") or {}
        return cls(
            id=record["id"],
            default=str(record.get("default", "")).lower() == "true",
            read_only=str(record.get("read-only", "")).lower() == "true",
            description=record.get("description"),
            type=record.get("type"),
            pool=properties.get("pool"),
            user=properties.get("user"),
        )


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
    that holds the image's import lock: of an import that is under way, or has died. `located` is the command that shows
    the locations, where that is not `reproduce`.
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
    located: str = field(default="", compare=False)

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
            locations=None if locations is None else located_at(locations),
            direct_url=Location.from_url(direct_url) if direct_url else None,
            reproduce=reproduce,
            import_task=image.get("os_glance_import_task"),
        )


def located_at(locations: Iterable[Mapping[str, Any]]) -> tuple[Location, ...]:
    """From the body of `GET /v2/images/ID/locations`, or the `locations` of an image."""
    return tuple(Location.from_url(one["url"], (one.get("metadata") or {}).get("store")) for one in locations)


def _names(listed: str | None) -> frozenset[str]:
    return frozenset(name for name in (listed or "").split(",") if name)


def listed(names: Iterable[str]) -> str:
    return "{" + ", ".join(sorted(names)) + "}"

"""What `rbd` prints, as facts. Nothing is run here: text in, dataclasses out.

Source: the JSON that `rbd ls -l`, `rbd trash ls` and `rbd du` print with `--format json` (Ceph 14 to 19).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class BadRbdOutput(ValueError):
    """What `rbd` printed is not the JSON that it prints; the message has its beginning."""


class NotInPool(LookupError):
    """A pool does not hold what was looked for; the message says what it holds."""


@dataclass(frozen=True)
class Parent:
    """The snapshot that an image is a clone of; its text is `pool/image@snapshot`."""

    pool: str
    image: str
    snapshot: str

    def __str__(self) -> str:
        return f"{self.pool}/{self.image}@{self.snapshot}"


@dataclass(frozen=True)
class RbdRow:
    """One line of `rbd ls -l`: an image (`snapshot` None) or one of its snapshots.

    `size` is bytes; `lock` is `exclusive` or `shared` where a client holds one, else None.
    """

    name: str
    snapshot: str | None
    size: int
    parent: Parent | None
    protected: bool
    lock: str | None

    def __str__(self) -> str:
        return self.name if self.snapshot is None else f"{self.name}@{self.snapshot}"


@dataclass(frozen=True)
class PoolListing:
    """Everything in one pool at one moment; `command` shows it by hand."""

    site: str
    pool: str
    rows: tuple[RbdRow, ...]
    command: str

    @property
    def names(self) -> frozenset[str]:
        """The names of the images, their snapshots left out."""
        return frozenset(row.name for row in self.rows if row.snapshot is None)

    def image(self, name: str) -> RbdRow:
        """The image of that name. NotInPool: it is not there; says which images are."""
        for row in self.rows:
            if row.name == name and row.snapshot is None:
                return row
        there = _some(str(row) for row in self.rows if row.snapshot is None)
        raise NotInPool(f"no {name} in {self.site}/{self.pool}; images there: {there}; {self.command}")

    def snapshot(self, name: str, snapshot: str) -> RbdRow:
        """That snapshot of the image. NotInPool: it is not there; says which snapshots are."""
        for row in self.rows:
            if row.name == name and row.snapshot == snapshot:
                return row
        # its own snapshots tell more than those of other images
        own = [str(row) for row in self.snapshots(name)]
        there = _some(own or (str(row) for row in self.rows if row.snapshot is not None))
        raise NotInPool(f"no {name}@{snapshot} in {self.site}/{self.pool}; snapshots there: {there}; {self.command}")

    def snapshots(self, name: str) -> tuple[RbdRow, ...]:
        """All snapshots of the image; none is an empty tuple."""
        return tuple(row for row in self.rows if row.name == name and row.snapshot is not None)

    def children(self, parent: str) -> tuple[RbdRow, ...]:
        """The images here that are clones of `parent`, given as `pool/image@snapshot`."""
        return tuple(row for row in self.rows if row.snapshot is None and str(row.parent) == parent)


@dataclass(frozen=True)
class TrashEntry:
    """A deleted image that still has its data: its id in the trash, and the name that it had.

    `deferred`: it may not be removed before its time (`rbd trash ls -l` only).
    """

    id: str
    name: str
    deferred: bool = False


@dataclass(frozen=True)
class Usage:
    """What one image (its snapshots with it) really takes, in bytes."""

    used: int
    command: str


@dataclass(frozen=True)
class ContentHash:
    """The SHA-512 of an image's content, in hex as Glance's `os_hash_value` has it."""

    sha512: str
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class ImageNames:
    """The names of the images in a pool."""

    names: tuple[str, ...]
    command: str = field(default="", compare=False)


@dataclass(frozen=True)
class Trash:
    """What was deleted from a pool and still has its data."""

    entries: tuple[TrashEntry, ...]
    command: str = field(default="", compare=False)


@functools.lru_cache(maxsize=512)  # most pools are as they were when they were listed last
def parse_ls(text: str) -> tuple[RbdRow, ...]:
    """The rows of `rbd ls -l --format json`. Raises BadRbdOutput."""
    rows = []
    for entry in _entries("rbd ls -l", _load("rbd ls -l", text)):
        try:
            parent = entry.get("parent")
            rows.append(
                RbdRow(
                    name=str(entry["image"]),
                    snapshot=entry.get("snapshot"),
                    size=int(entry["size"]),
                    parent=_parent(parent) if parent else None,
                    # rbd prints a string here, newer ones a boolean
                    protected=str(entry.get("protected", "false")).lower() == "true",
                    lock=entry.get("lock_type"),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadRbdOutput(f"rbd ls -l: a row without {error}: {json.dumps(entry)[:200]}") from error
    return tuple(rows)


def parse_trash(text: str) -> tuple[TrashEntry, ...]:
    """The entries of `rbd trash ls --format json`, with `-l` or without. Raises BadRbdOutput."""
    try:
        return tuple(
            TrashEntry(str(entry["id"]), str(entry["name"]), str(entry.get("status", "")).startswith("protected"))
            for entry in _entries("rbd trash ls", _load("rbd trash ls", text))
        )
    except KeyError as error:
        raise BadRbdOutput(f"rbd trash ls: an entry without {error}: {text[:200]}") from error


def parse_op_features(text: str) -> frozenset[str]:
    """What `rbd info --format json` says of operations that older clients do not know. Raises BadRbdOutput."""
    answer = _load("rbd info", text)
    if not isinstance(answer, dict):
        raise BadRbdOutput(f"rbd info printed no record: {text[:200]}")
    return frozenset(map(str, answer.get("op_features") or ()))


def parse_du(text: str, command: str = "") -> Usage:
    """The totals of `rbd du --format json` for one image, its snapshots with it. Raises BadRbdOutput."""
    answer = _load("rbd du", text)
    try:
        images = answer["images"]
        # rbd leaves the totals out when there is one line only
        return Usage(
            used=sum(int(image["used_size"]) for image in images),
            command=command,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadRbdOutput(f"rbd du: no {error} in {text[:200]}") from error


def _parent(entry: Mapping[str, Any]) -> Parent:
    return Parent(pool=str(entry["pool"]), image=str(entry["image"]), snapshot=str(entry["snapshot"]))


def _load(what: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadRbdOutput(f"{what} printed no JSON: {text[:200]!r}") from error


def _entries(what: str, answer: Any) -> list[dict[str, Any]]:
    if not isinstance(answer, list) or not all(isinstance(entry, dict) for entry in answer):
        raise BadRbdOutput(f"{what} printed no list of entries: {json.dumps(answer)[:200]}")
    return answer


def _some(names: Iterable[str], most: int = 20) -> str:
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more if every else "none"

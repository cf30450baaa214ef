"""The resources that a run is about to create, written to disk before they are requested."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import openstack.exceptions

from helpers.openstack.answers import refusal
from helpers.outcomes import Unknown

Key = tuple[str, str]
KINDS = ("server", "snapshot", "volume", "image", "network", "flavor")
_WHATS = ("planned", "gone", "unfinished")
#: exceptions for a line that this module did not write
_NO_RECORD = (ValueError, KeyError, TypeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Entry:
    """One cloud resource of a run: its kind (one of `KINDS`), name and, once known, id.

    `asked` is the time of the request in seconds since the epoch, and 0 once its service has answered. `tasks` are the
    import tasks that were running when the clean-up last observed an image: they may still write its data.
    """

    kind: str
    name: str
    id: str | None = None
    site: str | None = None
    asked: float = field(default=0.0, compare=False)
    tasks: tuple[str, ...] = field(default=(), compare=False)

    @property
    def key(self) -> Key:
        return self.kind, self.id or self.name


class NotNoted(Unknown):
    """A resource could not be noted in the ledger, and was therefore not created."""


class LedgerClosed(NotNoted):
    """A resource was requested after the clean-up of the run had begun."""


class Ledger:
    """The append-only file `ledger.jsonl` of a run. Every line is on disk before the call returns.

    A killed run leaves its ledger, and a later run reads from it what to remove. `damage` says which lines cannot be
    read, and `unwritten` which could not be written; both are usually empty. Entries are also kept in memory, so that
    this process cleans up even if the file is lost.

    :param run: the run's id; a line about a resource without it does not belong to this run, and is damage
    """

    def __init__(self, path: Path, run: str = "") -> None:
        self.path = path
        self.unwritten = ""
        self._lock = threading.Lock()
        self._closed = False
        self._planned, self._pending, self.damage = _read(path, run)
        #: whether a process that has ended made the requests in it
        self.inherited = bool(self._planned)

    def plan(self, kind: str, name: str, *, id: str | None = None, site: str | None = None) -> Entry:
        """Note a resource that is about to be requested, or the id of one that was noted before.

        :raises LedgerClosed: the clean-up of the run has begun
        :raises NotNoted: the ledger cannot be written
        """
        entry = Entry(kind, name, id, site, round(time.time(), 3))
        with self._lock:
            if (kind, name) in self._names():
                self._note("planned", replace(entry, asked=0.0))
                return entry
            if self._closed:
                raise LedgerClosed(f"the run is ending; {kind} {name} was not created")
            try:
                self._append("planned", entry)
            except OSError as error:
                self._cannot_write(error)
                raise NotNoted(f"{kind} {name} was not created: {self.unwritten}") from error
            self._know("planned", entry)
        return entry

    @contextmanager
    def asking(self, kind: str, name: str, *, id: str | None = None, site: str | None = None) -> Iterator[Entry]:
        """Note a resource that is requested within this context. A request that is refused (HTTP 4xx) creates nothing.

        Without an answer, or with a gateway's answer (502, 504), the resource may still be created later.
        """
        entry = self.plan(kind, name, id=id, site=site)
        try:
            yield entry
        except Exception as error:
            status = _status(error) or _status(error.__cause__)
            if 400 <= status < 500:
                self.gone(entry)
            elif status and status not in {502, 504}:
                self._answered(entry)
            raise
        self._answered(entry)

    def _answered(self, entry: Entry) -> None:
        with self._lock:
            if entry.id:
                self._note("planned", replace(entry, asked=0.0))
            else:  # the id is noted next
                self._know("planned", replace(entry, asked=0.0))

    def adopt(self, kind: str, name: str, id: str) -> None:
        """Note a resource that another service has created on behalf of the run, even during the clean-up."""
        with self._lock:
            self._note("planned", Entry(kind, name, id))

    def gone(self, entry: Entry) -> None:
        """Note that a resource no longer exists in the API or in any cluster, and that nothing can write it."""
        with self._lock:
            self._note("gone", entry)

    def unfinished(self, entry: Entry, tasks: Iterable[str]) -> Entry:
        """Note that these import tasks of Glance may still write an image, so that it is not known to be gone."""
        noted = replace(entry, tasks=tuple(tasks))
        with self._lock:
            self._note("unfinished", noted)
        return noted

    def close(self) -> None:
        """Accept no more resources."""
        with self._lock:
            self._closed = True

    def pending(self) -> list[Entry]:
        """The planned resources that are not known to be gone, newest first."""
        with self._lock:
            return list(reversed(self._pending.values()))

    def entries(self) -> list[Entry]:
        """All resources that were ever planned."""
        with self._lock:
            return list(self._planned.values())

    def _names(self) -> set[Key]:
        return {(entry.kind, entry.name) for entry in self._pending.values()}

    def _note(self, what: str, entry: Entry) -> None:
        """Note an existing resource in memory, even if the file cannot be written."""
        self._know(what, entry)
        try:
            self._append(what, entry)
        except OSError as error:
            self._cannot_write(error)

    def _know(self, what: str, entry: Entry) -> None:
        _apply(what, entry, self._planned, self._pending)

    def _cannot_write(self, error: OSError) -> None:
        self.unwritten = f"{self.path} cannot be written: {error.strerror}"

    def _append(self, what: str, entry: Entry) -> None:
        line = json.dumps({"at": round(time.time(), 3), "what": what, **_shown(entry)})
        with self.path.open("a+b") as file:
            if file.tell() and not _ends_with_newline(file):  # a torn line before this one must not damage it
                file.write(b"\n")
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _status(error: BaseException | None) -> int:
    """The status of a service's answer; 0 without an answer, or if the request only read."""
    if not isinstance(error, openstack.exceptions.HttpException) or error.method == "GET":
        return 0
    return refusal(error).status


def _ends_with_newline(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def _shown(entry: Entry) -> dict[str, Any]:
    shown = asdict(entry)
    if not entry.tasks:
        del shown["tasks"]
    return shown


def _apply(what: str, entry: Entry, planned: dict[Key, Entry], pending: dict[Key, Entry]) -> None:
    if what == "gone":
        pending.pop(entry.key, None)
        return
    # a second line with this name adds the id, which Nova and Cinder choose themselves
    unnamed = (entry.kind, entry.name)
    for known in (planned, pending):
        if entry.id and known.get(unnamed):
            known.pop(unnamed)
        known[entry.key] = entry


def pending(path: Path) -> list[Entry]:
    """The resources in a ledger file that are not known to be gone, newest first. Unreadable lines are skipped."""
    return Ledger(path).pending()


def _read(path: Path, run: str) -> tuple[dict[Key, Entry], dict[Key, Entry], str]:
    """The planned resources, the pending ones, and the lines that cannot be read."""
    planned: dict[Key, Entry] = {}
    left: dict[Key, Entry] = {}
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return planned, left, ""
    except OSError as error:
        return planned, left, f"{path} cannot be read: {error.strerror}"
    lines, bad = content.split(b"\n"), []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            what, entry = _parsed(line, run)
        except _NO_RECORD:
            if number < len(lines):  # otherwise the run was killed while it wrote the first line, before any request
                bad.append(str(number))
            continue
        _apply(what, entry, planned, left)
    if not bad:
        return planned, left, ""
    lines_of = f"line {bad[0]}" if len(bad) == 1 else f"lines {', '.join(bad)}"
    return planned, left, f"{path} is damaged: no resource of the run in {lines_of}"


def _parsed(line: bytes, run: str) -> tuple[str, Entry]:
    """Raises one of _NO_RECORD for a line that this module did not write."""
    record = json.loads(line)
    what, kind, name, id, site = (record[key] for key in ("what", "kind", "name", "id", "site"))
    tasks = tuple(record.get("tasks", ()))
    texts = (name, *tasks, *(value for value in (id, site) if value is not None))
    if what not in _WHATS or kind not in KINDS or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(line)
    if run not in name:
        raise ValueError(name)
    return what, Entry(kind, name, id, site, float(record.get("asked", record.get("at", 0.0))), tasks)

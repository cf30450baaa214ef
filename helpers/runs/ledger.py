"""What a run is about to create, written down before it asks for it."""

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
KINDS = ("server", "snapshot", "volume", "image")
_WHATS = ("planned", "gone", "unfinished")
#: what reading a line raises that was not written here
_NO_RECORD = (ValueError, KeyError, TypeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Entry:
    """One cloud resource of a run: its kind (`image`, `server`, `volume`, `snapshot`), name and, once known, id.

    `asked` is when it was asked for, in seconds since the epoch; 0 as soon as its service has answered. `tasks` are the
    import tasks that were under way when the clean-up observed an image last: what they write comes later.
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
    """A resource was asked for after the run began to clean up."""


class Ledger:
    """The append-only file `ledger.jsonl` of one run; every line is on disk before the call returns.

    A run that is killed leaves its ledger behind, and a later run reads from it what to remove. `damage` says what of
    the file cannot be read, and `unwritten` what could not be written: both are empty where all is well. What is noted
    is known here all the same, so that this process cleans up whatever becomes of the file.

    :param run: the run's id; what the file says of a resource without it is none of this run's, and is damage
    """

    def __init__(self, path: Path, run: str = "") -> None:
        self.path = path
        self.unwritten = ""
        self._lock = threading.Lock()
        self._closed = False
        self._planned, self._pending, self.damage = _read(path, run)
        #: whether a process that is no more has asked for what is in it
        self.inherited = bool(self._planned)

    def plan(self, kind: str, name: str, *, id: str | None = None, site: str | None = None) -> Entry:
        """Note a resource that is about to be asked for, or the id of one that was noted before.

        :raises LedgerClosed: when the run is already cleaning up, so that nothing slips in behind its back
        :raises NotNoted: when it cannot be written down
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
        """Note a resource that is asked for in here; what its service refuses (HTTP 4xx) is not there.

        Without an answer it may come later; where a gateway answers for its service (502, 504), too.
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
            else:  # its id is noted next
                self._know("planned", replace(entry, asked=0.0))

    def adopt(self, kind: str, name: str, id: str) -> None:
        """Note a resource that another service has made on the run's behalf; also while the run cleans up."""
        with self._lock:
            self._note("planned", Entry(kind, name, id))

    def gone(self, entry: Entry) -> None:
        """Note that a resource no longer exists, in the API and in every cluster, and that nothing can write it now."""
        with self._lock:
            self._note("gone", entry)

    def unfinished(self, entry: Entry, tasks: Iterable[str]) -> Entry:
        """Note that these import tasks of Glance may still write an image: whether it is gone is unknown."""
        noted = replace(entry, tasks=tuple(tasks))
        with self._lock:
            self._note("unfinished", noted)
        return noted

    def close(self) -> None:
        """Refuse further resources."""
        with self._lock:
            self._closed = True

    def pending(self) -> list[Entry]:
        """Every planned resource that was not seen gone, newest first."""
        with self._lock:
            return list(reversed(self._pending.values()))

    def entries(self) -> list[Entry]:
        """Every resource that was ever planned."""
        with self._lock:
            return list(self._planned.values())

    def _names(self) -> set[Key]:
        return {(entry.kind, entry.name) for entry in self._pending.values()}

    def _note(self, what: str, entry: Entry) -> None:
        """Of what is there already: it is known from now on, even where it cannot be written down."""
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
            if file.tell() and not _ends_with_newline(file):  # a line that was torn keeps to itself
                file.write(b"\n")
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _status(error: BaseException | None) -> int:
    """The status that a service has answered with; 0 where it has not, or where it was only asked how things are."""
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
    # the same name again tells the id, which Nova and Cinder choose themselves
    unnamed = (entry.kind, entry.name)
    for known in (planned, pending):
        if entry.id and known.get(unnamed):
            known.pop(unnamed)
        known[entry.key] = entry


def pending(path: Path) -> list[Entry]:
    """The resources in a ledger file that were not seen gone, newest first; what cannot be read is passed over."""
    return Ledger(path).pending()


def _read(path: Path, run: str) -> tuple[dict[Key, Entry], dict[Key, Entry], str]:
    """What was planned, what of it is pending, and what cannot be read."""
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
            if number < len(lines):  # else the run was killed in the middle of it, before it asked for anything
                bad.append(str(number))
            continue
        _apply(what, entry, planned, left)
    if not bad:
        return planned, left, ""
    lines_of = f"line {bad[0]}" if len(bad) == 1 else f"lines {', '.join(bad)}"
    return planned, left, f"{path} is damaged: no resource of the run in {lines_of}"


def _parsed(line: bytes, run: str) -> tuple[str, Entry]:
    """Raises one of _NO_RECORD for what is no record of this module's."""
    record = json.loads(line)
    what, kind, name, id, site = (record[key] for key in ("what", "kind", "name", "id", "site"))
    tasks = tuple(record.get("tasks", ()))
    texts = (name, *tasks, *(value for value in (id, site) if value is not None))
    if what not in _WHATS or kind not in KINDS or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(line)
    if run not in name:
        raise ValueError(name)
    return what, Entry(kind, name, id, site, float(record.get("asked", record.get("at", 0.0))), tasks)

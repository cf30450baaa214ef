"""What a run is about to create, written down before it asks for it."""

import json
import os
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One cloud resource of a run: its kind (`image`, `server`, `volume`, `snapshot`), name and, once known, id."""

    kind: str
    name: str
    id: str | None = None
    site: str | None = None


class LedgerClosed(RuntimeError):
    """A resource was asked for after the run began to clean up."""


class Ledger:
    """The append-only file `ledger.jsonl` of one run; every line is on disk before the call returns.

    A run that is killed leaves its ledger behind, and a later run reads from it what to remove.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._closed = False

    def plan(self, kind: str, name: str, *, id: str | None = None, site: str | None = None) -> Entry:
        """Note a resource that is about to be asked for.

        :raises LedgerClosed: when the run is already cleaning up, so that nothing slips in behind its back
        """
        entry = Entry(kind, name, id, site)
        with self._lock:
            if self._closed:
                raise LedgerClosed(f"the run is ending; {kind} {name} was not created")
            self._append("planned", entry)
        return entry

    def adopt(self, kind: str, name: str, id: str) -> None:
        """Note a resource that another service has made on the run's behalf; also while the run cleans up."""
        with self._lock:
            self._append("planned", Entry(kind, name, id))

    def gone(self, entry: Entry) -> None:
        """Note that a resource no longer exists, in the API and in every cluster."""
        with self._lock:
            self._append("gone", entry)

    def close(self) -> None:
        """Refuse further resources."""
        with self._lock:
            self._closed = True

    def pending(self) -> list[Entry]:
        """Every planned resource that was not seen gone, newest first."""
        return pending(self.path)

    def entries(self) -> list[Entry]:
        """Every resource that was ever planned."""
        return list(_read(self.path, gone=False).values())

    def _append(self, what: str, entry: Entry) -> None:
        line = json.dumps({"at": round(time.time(), 3), "what": what, **asdict(entry)})
        with self.path.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def pending(path: Path) -> list[Entry]:
    """The resources in a ledger file that were not seen gone, newest first; a torn last line is ignored."""
    return list(reversed(_read(path, gone=True).values()))


def _read(path: Path, *, gone: bool) -> dict[tuple[str, str], Entry]:
    entries: dict[tuple[str, str], Entry] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:  # the run was killed in the middle of this line
            continue
        entry = Entry(record["kind"], record["name"], record["id"], record["site"])
        if record["what"] == "planned":  # the same name again tells the id, which Nova and Cinder choose themselves
            entries[entry.kind, entry.name] = entry
        elif gone:
            entries.pop((entry.kind, entry.name), None)
    return entries

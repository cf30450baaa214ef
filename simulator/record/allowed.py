"""The list of answers that the simulator does not model, each with its reason.

Entries may list only answers of the lab that the simulator lacks. An answer that only the simulator gives is not
allowed, because a test that passes because of it would be worthless. The exception is a key that appears by chance and
that the recorded run of the lab did not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from simulator.record.compare import NOTHING, Difference

_KEYS = {"service", "requests", "status", "keys", "by_chance", "reason"}


class BadList(Exception):
    """The file is not a valid list; the message is one line and says where."""


@dataclass(frozen=True)
class Entry:
    """The differences in these requests and keys; `*` matches any text, and an empty field matches everything.

    `by_chance` marks answers that last so briefly that a run may miss them, so the entry is not always needed.
    """

    service: str
    requests: tuple[str, ...]
    status: str
    keys: tuple[str, ...]
    reason: str
    by_chance: bool = False

    def covers(self, difference: Difference) -> bool:
        return (
            self.service in ("*", difference.service)
            and _matches(self.requests, difference.kind)
            and self.status in ("", difference.status)
            # an entry with keys does not cover whole answers
            and (_matches(self.keys, difference.path) if self.keys else not difference.path)
        )

    def __str__(self) -> str:
        return f"{self.service} {', '.join(self.requests)} {self.status} {', '.join(self.keys)}".rstrip()


def _matches(patterns: Iterable[str], text: str) -> bool:
    return any(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) for pattern in patterns)


def read(file: Path) -> tuple[Entry, ...]:
    """Return the entries of a file. Raises BadList."""
    found = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    if not isinstance(found, list):
        raise BadList(f"{file}: a list of entries is wanted")
    return tuple(_entry(file, number, each) for number, each in enumerate(found, 1))


def _entry(file: Path, number: int, given: object) -> Entry:
    if not isinstance(given, Mapping) or set(given) - _KEYS or not {"service", "requests", "reason"} <= set(given):
        raise BadList(
            f"{file}: entry {number}: the keys are {', '.join(sorted(_KEYS))}; service, requests and reason are needed"
        )
    if not str(given["reason"]).strip():
        raise BadList(f"{file}: entry {number}: it needs a reason")
    return Entry(
        service=str(given["service"]),
        requests=_texts(given["requests"]),
        status=str(given.get("status", "")),
        keys=_texts(given.get("keys", [])),
        reason=str(given["reason"]),
        by_chance=bool(given.get("by_chance", False)),
    )


def _texts(given: object) -> tuple[str, ...]:
    return tuple(map(str, given)) if isinstance(given, list) else (str(given),)


@dataclass(frozen=True)
class Judged:
    """The differences that no entry covers, and the entries that are no longer needed."""

    drift: tuple[Difference, ...]
    unneeded: tuple[Entry, ...]


def judge(changes: Iterable[Difference], gaps: Iterable[Difference], entries: Sequence[Entry]) -> Judged:
    """Remove the listed differences from those between lab and simulator."""
    drift: dict[Difference, None] = {}
    needed: set[Entry] = set()
    by_chance = [entry for entry in entries if entry.by_chance]
    for difference in changes:
        # entries may cover what the simulator lacks, but not what only the simulator has
        may = entries if difference.seen == NOTHING else by_chance if _one_key(difference) else ()
        if not _listed(difference, may, needed):
            drift[difference] = None
    for difference in gaps:
        if not _listed(difference, entries, needed):
            drift[difference] = None
    return Judged(tuple(drift), tuple(entry for entry in entries if entry not in needed and not entry.by_chance))


def _one_key(difference: Difference) -> bool:
    """Return whether the difference is a key that only the simulator has, and not a whole answer."""
    return difference.known == NOTHING and bool(difference.path)


def _listed(difference: Difference, entries: Sequence[Entry], needed: set[Entry]) -> bool:
    found = [entry for entry in entries if entry.covers(difference)]
    needed.update(found)
    return bool(found)

"""The list of what the simulator does not model, each entry with its reason.

Only what the lab has and the simulator lacks can be listed. What the simulator answers and the lab does not is not
allowed, because a test that passes by it would be worth nothing; the exception is a key that is there by chance, which
the one run of the lab did not see.
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
    """The file is no such list; one line that says where."""


@dataclass(frozen=True)
class Entry:
    """Differences of these requests and keys; `*` stands for any text, and nothing for all.

    `by_chance`: what passes by so quickly that a run may see it or not, so the entry is not always needed.
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
            # an entry for keys is none for whole answers
            and (_matches(self.keys, difference.path) if self.keys else not difference.path)
        )

    def __str__(self) -> str:
        return f"{self.service} {', '.join(self.requests)} {self.status} {', '.join(self.keys)}".rstrip()


def _matches(patterns: Iterable[str], text: str) -> bool:
    return any(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) for pattern in patterns)


def read(file: Path) -> tuple[Entry, ...]:
    """The entries of a file. Raises BadList."""
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
    """What is left of the differences, and the entries that nothing needs any more."""

    drift: tuple[Difference, ...]
    unneeded: tuple[Entry, ...]


def judge(changes: Iterable[Difference], gaps: Iterable[Difference], entries: Sequence[Entry]) -> Judged:
    """Take away from the differences between lab and simulator what is listed."""
    drift: dict[Difference, None] = {}
    needed: set[Entry] = set()
    by_chance = [entry for entry in entries if entry.by_chance]
    for difference in changes:
        # a key that the lab always gives: what is lacking may be listed, what is invented may not
        may = entries if difference.seen == NOTHING else by_chance if _one_key(difference) else ()
        if not _listed(difference, may, needed):
            drift[difference] = None
    for difference in gaps:
        if not _listed(difference, entries, needed):
            drift[difference] = None
    return Judged(tuple(drift), tuple(entry for entry in entries if entry not in needed and not entry.by_chance))


def _one_key(difference: Difference) -> bool:
    """Whether it is a key that only the simulator has, and not a whole answer."""
    return difference.known == NOTHING and bool(difference.path)


def _listed(difference: Difference, entries: Sequence[Entry], needed: set[Entry]) -> bool:
    found = [entry for entry in entries if entry.covers(difference)]
    needed.update(found)
    return bool(found)

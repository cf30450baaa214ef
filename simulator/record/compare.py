"""The differences between two records, one per line: service, request, key, and the content of each record.

`changes` are answers that the known record does not allow: content that it never had, and keys that are missing now.
`gaps` are answers that only one of the records had the chance to see, such as an element of a list that was always
empty for the other. Against the simulator, gaps are drift too, because a test cannot rely on an answer that the
simulator does not give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from simulator.record.record import Record
from simulator.record.shapes import Field, Shape, could_have, parent

NOTHING = "nothing"


@dataclass(frozen=True)
class Difference:
    """One line; `status` or `path` is empty if the whole request or the whole answer is in one record only."""

    service: str
    kind: str
    status: str
    path: str
    known: str
    seen: str

    def line(self, known: str, seen: str) -> str:
        """Return the difference as text; `known` and `seen` are the names of the two records."""
        where = " ".join(filter(None, (self.service, self.kind, self.status and f"→ {self.status}", self.path)))
        return f"{where}: {known} {self.known}, {seen} {self.seen}"


def changes(known: Record, seen: Record) -> Iterator[Difference]:
    """Yield the answers in `seen` that `known` does not allow."""
    for service, kind, status, shape in seen:
        answers = known.statuses(service, kind)
        if not answers:
            yield Difference(service, kind, "", "", NOTHING, ", ".join(seen.statuses(service, kind)))
        elif status not in answers:
            yield Difference(service, kind, status, "", f"only {', '.join(sorted(answers))}", "answers so")
        else:
            for path, mine, other in _changed(answers[status], shape):
                yield Difference(service, kind, status, path, mine, other)


def gaps(known: Record, seen: Record) -> Iterator[Difference]:
    """Yield the differences that come from answers which only one of the records had the chance to see."""
    for service, kind, status, shape in known:
        answers = seen.statuses(service, kind)
        if not answers:
            yield Difference(service, kind, "", "", ", ".join(sorted(known.statuses(service, kind))), NOTHING)
        elif status not in answers:
            yield Difference(service, kind, status, "", "answers so", f"only {', '.join(sorted(answers))}")
        else:
            for path, mine, other in _missed(shape, answers[status]):
                yield Difference(service, kind, status, path, mine, other)


def _changed(known: Shape, seen: Shape) -> Iterator[tuple[str, str, str]]:
    for path in sorted(known.keys() | seen.keys()):
        mine, other = known.get(path), seen.get(path)
        if other is None:
            if mine and not mine.optional and could_have(seen, path):
                yield path, str(mine), NOTHING
        elif mine is None:
            if could_have(known, path) and not _above_is_new(path, known, seen):
                yield path, NOTHING, str(other)
        elif other.types - mine.types or (other.optional and not mine.optional):
            yield path, str(mine), str(other)


def _missed(known: Shape, seen: Shape) -> Iterator[tuple[str, str, str]]:
    for path, more in sorted(seen.items()):
        # the elements of a list that was always empty are unknown
        if path not in known and not could_have(known, path) and not _above_is_new(path, known, seen):
            yield path, NOTHING, str(more)
    for path, mine in sorted(known.items()):
        other = seen.get(path)
        if other is None:
            # a key that was always present is a change, and a gap includes everything below it
            if (mine.optional or not could_have(seen, path)) and not _above_is_new(path, seen, known):
                yield path, str(mine), NOTHING
        elif (mine.types - other.types or (mine.optional and not other.optional)) and not _is_change(mine, other):
            yield path, str(mine), str(other)


def _is_change(mine: Field, other: Field) -> bool:
    return bool(other.types - mine.types or (other.optional and not mine.optional))


def _above_is_new(path: str, without: Shape, having: Shape) -> bool:
    """Return whether the parent of this path is missing as well, so that reporting the parent is enough."""
    above = parent(path)
    return above is not None and above in having and above not in without


def unique(differences: Iterable[Difference]) -> list[Difference]:
    """Return each difference once, in order."""
    return list(dict.fromkeys(differences))

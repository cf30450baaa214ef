"""The shape of an answer: one line per key with its JSON types and whether it may be missing.

A shape is a flat mapping, so that one changed key is one changed line. Paths are those of jq: `.server.id`,
`.volumes[].size`, and `.*` for the values of an object whose keys are names. The shape of an answer is the union of the
shapes of all answers that were seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ROOT = "."
OPTIONAL = ", optional"
_LAST = re.compile(r'(?:\."[^"]*"|\.[^.\[\]"]+|\[\])$')
_PLAIN = re.compile(r"[^.\[\]\"]+")
_IDENTIFIER = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|\d+\.\d+\.\d+")
# objects whose keys are names and not words of the API
_KEYED_BY_NAME = re.compile(
    r"\.servers?(\[\])?\.(addresses|metadata|flavor\.extra_specs)"
    r"|\.availabilityZoneInfo\[\]\.hosts"
    r"|\.(volumes?|snapshots?)(\[\])?\.metadata"
    r"|(\.health)?\.checks|\.(mgrmap|servicemap)\.services|\.progress_events|\.stats_by_class"
    r"|\.\[\]\.Labels"
)


@dataclass(frozen=True)
class Field:
    """One line of a shape: the JSON types that were seen, and whether the key was sometimes missing."""

    types: frozenset[str]
    optional: bool = False

    def __str__(self) -> str:
        return "|".join(sorted(self.types)) + (OPTIONAL if self.optional else "")

    @classmethod
    def parse(cls, text: str) -> Field:
        """Return the field from the output of `str`. Raises ValueError for anything else."""
        types, comma, rest = text.partition(",")
        if comma and comma + rest != OPTIONAL:
            raise ValueError(f"{text!r} is not `TYPE|TYPE` or `TYPE{OPTIONAL}`")
        return cls(frozenset(types.split("|")), bool(comma))


Shape = Mapping[str, Field]


def one(kind: str) -> Field:
    return Field(frozenset((kind,)))


def shape_of(value: Any, path: str = ROOT) -> Shape:
    """Return the shape of a JSON value."""
    if isinstance(value, Mapping):
        found: dict[str, Field] = {path: one("object")}
        if _KEYED_BY_NAME.fullmatch(path):
            found.update(union(shape_of(each, _below(path, "*")) for each in value.values()))
            return found
        by_key: dict[str, list[Shape]] = {}
        for key, each in value.items():
            name = "*" if _IDENTIFIER.search(str(key)) else str(key)
            by_key.setdefault(name, []).append(shape_of(each, _below(path, name)))
        for shapes in by_key.values():
            found.update(union(shapes))
        return found
    if isinstance(value, list):
        found = {path: one("array")}
        found.update(union(shape_of(each, f"{path}[]") for each in value))
        return found
    return {path: one(_type(value))}


def _below(path: str, key: str) -> str:
    return f"{'' if path == ROOT else path}.{key if _PLAIN.fullmatch(key) else json_quoted(key)}"


def json_quoted(key: str) -> str:
    return '"' + key.replace('"', "'") + '"'


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    # an API may return a fraction as a whole number, so both are one type
    return "number" if isinstance(value, int | float) else "string"


def parent(path: str) -> str | None:
    """Return the parent of a path, or None for the root and for paths outside the body."""
    if path == ROOT or not path.startswith("."):
        return None
    return _LAST.sub("", path) or ROOT


def union(shapes: Iterable[Shape]) -> dict[str, Field]:
    """Return a shape that covers all of these; a key that some of them lack is optional."""
    found: Shape = {}
    for shape in shapes:
        found = _both(found, shape)
    return dict(found)


def _both(left: Shape, right: Shape) -> Shape:
    if not left or not right:
        return left or right
    found: dict[str, Field] = {}
    for path in left.keys() | right.keys():
        mine, other = left.get(path), right.get(path)
        if mine and other:
            found[path] = Field(mine.types | other.types, mine.optional or other.optional)
        else:
            there, elsewhere = (mine, right) if mine else (other, left)
            assert there is not None  # noqa: S101 - one of the two has this path
            found[path] = Field(there.types, there.optional or could_have(elsewhere, path))
    return found


def could_have(shape: Shape, path: str) -> bool:
    """Return whether a shape without this path covers its parent, so that the lack of the path means something."""
    if path.endswith(("[]", ".*")):
        return False
    above = parent(path)
    if above is None:
        return not path.startswith(".")
    return above in shape and "object" in shape[above].types

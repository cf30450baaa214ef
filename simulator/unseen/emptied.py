"""What a stage has found, with a collection of it empty: each in turn, those that hold the same together, and all."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from _pytest.outcomes import OutcomeException

from helpers.ceph.observed import BySite, Unobserved
from helpers.listed import Listed

#: Where a collection is: the argument, and then each field, key or place on the way.
Path = tuple[Any, ...]

_PLAIN = (tuple, list, set, frozenset, dict)
#: The commands that show a finding; no check looks at them.
_SHOWN = frozenset({"reproduce", "commands", "command"})


def passed_over(check: Callable[..., object], found: Mapping[str, object], others: Mapping[str, object]) -> set[str]:
    """The collections, by their places, that a check looks at and passes though they are empty.

    :param found: what stages have given it, by the names of its arguments
    :param others: its other arguments
    """
    told: set[str] = set()
    for paths in groups(found):
        looked_at: set[str] = set()
        try:
            check(**others, **emptied(found, paths, looked_at.add))
        except (Exception, OutcomeException):  # noqa: S112 - whatever it says, it does not pass
            continue
        told |= {" and ".join(sorted(looked_at))} if looked_at else set()
    return told


def groups(found: Mapping[str, object]) -> list[tuple[Path, ...]]:
    """What is emptied at once. A look before a change and one after it are one witness, not two that agree."""
    every = dict(_collections(dict(found)))
    alike: dict[str, list[Path]] = defaultdict(list)
    for path, content in every.items():
        if "before" not in path:
            alike[repr(content)].append(path)
    return list(dict.fromkeys(map(_outermost, [*([path] for path in every), *alike.values(), list(every)])))


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    every = set(paths)
    return tuple(path for path in every if not any(path[:length] in every for length in range(1, len(path))))


def _collections(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every collection that is an argument or a field, and not empty: of the members of another each may be empty."""
    holds = not path or (dataclasses.is_dataclass(value) and not isinstance(value, Listed))
    for key, part in _parts(value):
        if holds and part and isinstance(part, _PLAIN):
            yield (*path, key), part
        yield from _collections(part, (*path, key))


def _parts(value: object) -> Iterator[tuple[Any, object]]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        yield from ((name, getattr(value, name)) for name in names if name not in _SHOWN)
    elif isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple | list):
        yield from enumerate(value)


def emptied(found: Mapping[str, object], paths: Iterable[Path], tell: Callable[[str], object]) -> dict[str, Any]:
    """The same with these collections empty.

    :param tell: called with the place of each of them at which somebody looks
    """
    for path in paths:
        if len(path) == 1:  # who asks for it looks at it
            tell(str(path[0]))
    return dict(_emptied(dict(found), list(paths), (), tell))


def _emptied(value: Any, paths: list[Path], place: Path, tell: Callable[[str], object]) -> Any:
    inner: dict[Any, list[Path]] = defaultdict(list)
    for path in paths:
        inner[path[0]].append(path[1:])
    parts = {
        key: type(part)() if () in inner[key] else _emptied(part, inner[key], (*place, key), tell)
        for key, part in _parts(value)
        if key in inner
    }
    if isinstance(value, dict):
        return {**value, **parts}
    if isinstance(value, tuple | list):
        return type(value)(parts.get(number, part) for number, part in enumerate(value))
    if isinstance(value, BySite) and "seen" in parts:  # nobody has answered there
        parts["unobserved"] = {site: Unobserved(site, "no answer") for site in value.seen}
    empty = {key: ".".join(map(str, (*place, key))) for key in inner if () in inner[key]}
    copy: Any = object.__new__(_telling(type(value), empty, tell) if empty else type(value))
    for field in dataclasses.fields(value):
        object.__setattr__(copy, field.name, parts.get(field.name, getattr(value, field.name)))
    return copy


def _telling(cls: type, places: Mapping[str, str], tell: Callable[[str], object]) -> type:
    """A class that is taken for the given one, and tells who looks at these of its fields."""

    def look(self: object, name: str) -> Any:
        if name == "__class__":
            return cls
        if name in places:
            tell(places[name])
        return object.__getattribute__(self, name)

    return type(cls.__name__, (cls,), {"__getattribute__": look})

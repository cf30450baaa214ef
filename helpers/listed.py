"""Listings that must have members: an empty one is unknown, wherever it comes from.

A check of each member of an empty listing finds no difference. So a fact returns its listings as `Listed`, which
cannot be empty, or declares why a field may be empty: `Annotated[tuple[str, ...], MayBeEmpty("why")]`.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from helpers.outcomes import Unknown

T = TypeVar("T")
U = TypeVar("U")
_PLAIN = (tuple, list, set, frozenset, Mapping)


@dataclass(frozen=True)
class Listed(Collection[T], Generic[T]):
    """What was found, at least one member.

    :param sought: what was looked for and where, for the message if there is none
    :raises Unknown: the listing is empty
    """

    found: tuple[T, ...]
    sought: str = field(compare=False)
    reproduce: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.found:
            raise Unknown(self.sought, reproduce=self.reproduce)

    def __iter__(self) -> Iterator[T]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __contains__(self, member: object) -> bool:
        return member in self.found

    def map(self, make: Callable[[T], U]) -> Listed[U]:
        """The results of `make` for each member."""
        return Listed(tuple(make(member) for member in self.found), self.sought, self.reproduce)


@dataclass(frozen=True)
class MayBeEmpty:
    """The reason why no check passes unseen if a field of a fact is empty."""

    why: str


def may_pass_unseen(hint: Any, module: str, name: str = "result") -> Iterator[str]:
    """The fields of a fact's result that may be empty without a declared reason.

    :param hint: the type of the result; fields of classes of `module` are examined, other classes are not
    """
    origin = typing.get_origin(hint) or hint
    if origin is typing.Annotated:
        return
    if isinstance(origin, type) and issubclass(origin, _PLAIN) and not dataclasses.is_dataclass(origin):
        yield name
    elif isinstance(origin, type) and dataclasses.is_dataclass(origin) and origin.__module__ == module:
        hints = typing.get_type_hints(origin, include_extras=True)
        for one in dataclasses.fields(origin):
            if one.name != "reproduce":
                yield from may_pass_unseen(hints[one.name], module, f"{origin.__name__}.{one.name}")
    else:
        for argument in typing.get_args(hint):
            yield from may_pass_unseen(argument, module, name)

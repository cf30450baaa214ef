"""Where a fault can step in: named points that a value passes through on its way.

A point is a dotted name, such as `image.record` or `store.write`. Whatever is hooked there gets the value and the
point's context, and gives the value that goes on, which is the same one if it has nothing to change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Hook = Callable[..., Any]


class Hooks:
    """The hooks of one world, in the order in which they were set."""

    def __init__(self) -> None:
        self._hooks: dict[str, list[Hook]] = defaultdict(list)

    def on(self, point: str, hook: Hook) -> Callable[[], None]:
        """Let `hook(value, **context)` see every value at `point`; returns what takes it away again."""
        self._hooks[point].append(hook)
        return lambda: self._hooks[point].remove(hook)

    def through(self, point: str, value: T, **context: Any) -> T:
        """The value after every hook at this point."""
        for hook in list(self._hooks[point]):
            value = hook(value, **context)
        return value

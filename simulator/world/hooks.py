"""The points where a fault can step in, each of which passes a value through hooks.

A point has a dotted name, such as `image.record` or `store.write`. A hook receives the value and the context of the
point, and returns the value to use, which is the same value if the hook changes nothing.
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
        """Pass every value at `point` through `hook(value, **context)`. Returns the function that removes the hook."""
        self._hooks[point].append(hook)
        return lambda: self._hooks[point].remove(hook)

    def through(self, point: str, value: T, **context: Any) -> T:
        """Return the value after all hooks at this point."""
        for hook in list(self._hooks[point]):
            value = hook(value, **context)
        return value

"""Services and commands that accept requests but never answer, like a process stopped by SIGSTOP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Silence:
    """The silent kinds (`image`, `compute`, `ssh`, `rbd`, …), each with the name of the silent site or node."""

    def __init__(self) -> None:
        self._silent: dict[tuple[str, str], asyncio.Event] = {}

    def __repr__(self) -> str:
        return f"<silent: {sorted(self._silent)}>"

    @contextmanager
    def of(self, kind: str, place: str) -> Iterator[None]:
        """Keep a kind silent while the context is open; afterwards, all waiting requests are answered."""
        ended = self._silent[kind, place] = asyncio.Event()
        try:
            yield
        finally:
            ended.set()
            self._silent.pop((kind, place), None)

    async def over(self, kind: str, *places: str) -> None:
        """Wait until this kind is no longer silent at any of these places."""
        for place in places:
            if ended := self._silent.get((kind, place)):
                await ended.wait()

"""What accepts a request or a command and never answers, as a process that is stopped by SIGSTOP does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Silence:
    """Who is silent: a kind (`image`, `compute`, `ssh`, `rbd`, …) at a place, a site's or a node's name."""

    def __init__(self) -> None:
        self._silent: dict[tuple[str, str], asyncio.Event] = {}

    def __repr__(self) -> str:
        return f"<silent: {sorted(self._silent)}>"

    @contextmanager
    def of(self, kind: str, place: str) -> Iterator[None]:
        """Silent as long as the context is open; then all is answered that was asked meanwhile."""
        ended = self._silent[kind, place] = asyncio.Event()
        try:
            yield
        finally:
            ended.set()
            self._silent.pop((kind, place), None)

    async def over(self, kind: str, *places: str) -> None:
        """Wait until none of these is silent."""
        for place in places:
            if ended := self._silent.get((kind, place)):
                await ended.wait()

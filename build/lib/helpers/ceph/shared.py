"""Answers that many want at the same moment, each asked for once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from helpers.wait import wait_for_moment

T = TypeVar("T")


class Shared(Generic[T]):
    """Asks for something one time after the other, each time for all who wanted it before it was asked.

    An answer is so never older than the wish for it: it tells of a moment after that.

    :param ask: asks and waits for the answer; what it raises goes to all who share the answer
    :param pace: seconds at least from one asking to the next; whoever comes meanwhile shares the next
    """

    def __init__(self, ask: Callable[[], T], pace: float = 0.0) -> None:
        self._ask, self._pace = ask, pace
        self._lock = threading.Lock()
        self._coming: Future[T] | None = None
        self._earliest = 0.0
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shared")

    def next(self) -> Future[T]:
        """The answer to the next asking, which has not begun yet."""
        with self._lock:
            if self._coming is None:
                self._coming = self._worker.submit(self._ask_in_turn)
            return self._coming

    def _ask_in_turn(self) -> T:
        wait_for_moment(self._earliest)
        with self._lock:
            self._coming = None
        self._earliest = time.monotonic() + self._pace
        return self._ask()

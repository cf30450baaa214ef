"""Many questions at the same time, each in a thread of its own, so that none waits for the answer to another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

T = TypeVar("T")


def begin(asks: Iterable[Callable[[], T]], name: str) -> list[Future[T]]:
    """Ask everything at once; returns at once.

    A thread whose answer never comes is left to itself: the process can end without it, as no pool's threads let it.
    """
    return [_begun(ask, name) for ask in asks]


def begin_in_turn(asks: Iterable[Callable[[], T]], name: str, at_once: int, patience: float) -> list[Future[T]]:
    """The same, for what takes CPU time on this side; returns when everything has begun.

    :param at_once: how many are asked at the same time
    :param patience: seconds after which a question gives up its place to the next one, though it goes on
    """
    begun: list[Future[T]] = []
    places: dict[Future[T], float] = {}  # → until when it keeps its place
    for ask in asks:
        while len(places) >= at_once:
            wait(places, timeout=max(0.0, min(places.values()) - time.monotonic()), return_when=FIRST_COMPLETED)
            now = time.monotonic()
            places = {one: until for one, until in places.items() if until > now and not one.done()}
        begun.append(_begun(ask, name))
        places[begun[-1]] = time.monotonic() + patience
    return begun


def _begun(ask: Callable[[], T], name: str) -> Future[T]:
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # it goes to whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future

"""Questions that are asked side by side: one that is never answered keeps none of the others waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from helpers.nodes.side_by_side import begin, begin_in_turn


@pytest.fixture
def never() -> Iterator[Callable[[], bool]]:
    """A question without an answer, until the test is over."""
    over = threading.Event()
    yield lambda: over.wait(300)
    over.set()


def test_each_has_its_own_answer(never: Callable[[], bool]):
    silent, spoken, failed = begin([never, lambda: True, lambda: bool(1 / 0)], "test")

    assert spoken.result(60)
    assert isinstance(failed.exception(60), ZeroDivisionError)
    assert not silent.done()


def test_silent_ones_give_up_their_places(never: Callable[[], bool]):
    *silent, spoken = begin_in_turn([*[never] * 5, lambda: True], "test", at_once=2, patience=0.01)

    assert spoken.result(60)
    assert [one.done() for one in silent] == [False] * 5


def test_no_more_are_asked_at_once_than_there_are_places():
    busy, most = [], []

    def ask() -> None:
        busy.append(1)
        most.append(len(busy))
        busy.pop()

    for future in begin_in_turn([ask] * 50, "test", at_once=1, patience=60):
        future.result(60)

    assert most == [1] * 50

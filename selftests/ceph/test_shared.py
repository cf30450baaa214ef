"""Callers that ask before a question is sent share its answer. No caller receives an answer to an earlier question."""

from __future__ import annotations

import threading
import time

import pytest

from helpers.ceph.shared import Shared


class Counter:
    """Answers with the number of the question. The first answer waits for `go`."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.times: list[float] = []

    def __call__(self) -> int:
        self.times.append(time.monotonic())
        self.begun.set()
        assert self.go.wait(10)
        return len(self.times)


def test_who_comes_while_one_is_under_way_shares_the_next() -> None:
    counter = Counter()
    shared = Shared(counter)
    first = shared.next()
    assert counter.begun.wait(10)
    later = [shared.next() for _ in range(3)]
    counter.go.set()

    assert first.result(10) == 1
    assert [answer.result(10) for answer in later] == [2, 2, 2]
    assert len(counter.times) == 2


def test_an_answer_that_is_there_already_is_too_old() -> None:
    counter = Counter()
    counter.go.set()
    shared = Shared(counter)

    assert [shared.next().result(10) for _ in range(3)] == [1, 2, 3]


def test_a_failure_is_everybodys_and_the_next_is_asked_anew() -> None:
    answers = iter([ValueError("no"), 7])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shared = Shared(ask)
    with pytest.raises(ValueError, match="no"):
        shared.next().result(10)

    assert shared.next().result(10) == 7


def test_the_next_comes_no_sooner_than_its_pace() -> None:
    counter = Counter()
    counter.go.set()
    shared = Shared(counter, pace=0.2)
    shared.next().result(10)
    together = [shared.next() for _ in range(5)]

    assert {answer.result(10) for answer in together} == {2}
    assert counter.times[1] - counter.times[0] >= 0.2

"""The poller on a clock of its own: when it probes, when it gives up, and what it then says."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from helpers.wait import FailedState, TimedOut, wait_until


class Clock:
    """Time that only passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def values(*given: str) -> Iterator[str]:
    yield from given
    while True:
        yield given[-1]


def test_a_value_that_is_there_at_once_costs_no_pause(clock: Clock) -> None:
    assert wait_until(lambda: 7, bool, timeout=0, what="x", clock=clock, sleep=clock.sleep) == 7
    assert clock.pauses == []


def test_pauses_grow_to_the_longest(clock: Clock) -> None:
    probe = values(*["queued"] * 9, "active")
    wait_until(lambda: next(probe), "active".__eq__, timeout=60, what="image", clock=clock, sleep=clock.sleep)
    assert clock.pauses == pytest.approx([0.2, 0.3, 0.45, 0.675, 1.0125, 1.51875, 2, 2, 2], abs=0.001)


def test_a_value_that_came_during_the_last_pause_counts(clock: Clock) -> None:
    value = wait_until(
        lambda: clock.now,
        lambda now: now >= 1005,
        timeout=5,
        what="x",
        interval=4,
        max_interval=4,
        clock=clock,
        sleep=clock.sleep,
    )
    assert value == 1005
    assert clock.pauses == [4.0, 1.0]


def test_the_last_value_is_quoted_when_the_time_is_over(clock: Clock) -> None:
    with pytest.raises(TimedOut, match=r"^image 8083 in dcn1: not within 5 s; last seen: 'importing'$") as caught:
        wait_until(
            lambda: "importing",
            "active".__eq__,
            timeout=5,
            what="image 8083 in dcn1",
            clock=clock,
            sleep=clock.sleep,
        )
    assert (caught.value.last, caught.value.seconds) == ("importing", 5.0)


def test_a_state_that_is_final_ends_the_waiting(clock: Clock) -> None:
    probe = values("queued", "killed")
    with pytest.raises(FailedState, match=r"^image: it was killed; last seen: 'killed'$"):
        wait_until(
            lambda: next(probe),
            "active".__eq__,
            failed=lambda value: "it was killed" if value == "killed" else None,
            timeout=60,
            what="image",
            clock=clock,
            sleep=clock.sleep,
        )
    assert clock.pauses == [0.2]


def test_what_is_done_is_not_asked_whether_it_failed(clock: Clock) -> None:
    assert wait_until(lambda: 1, bool, failed=lambda _: "no", timeout=1, what="x", clock=clock) == 1


def test_no_progress_ends_the_waiting(clock: Clock) -> None:
    probe = values("1 of 3", "2 of 3")
    with pytest.raises(TimedOut, match="no change for 10 s; last seen: '2 of 3'"):
        wait_until(
            lambda: next(probe),
            "3 of 3".__eq__,
            timeout=300,
            progress_timeout=10,
            what="copies",
            clock=clock,
            sleep=clock.sleep,
        )
    assert clock.now < 1015


def test_progress_keeps_it_waiting(clock: Clock) -> None:
    value = wait_until(
        lambda: int(clock.now),
        lambda now: now >= 1100,
        timeout=300,
        progress_timeout=10,
        what="x",
        clock=clock,
        sleep=clock.sleep,
    )
    assert value >= 1100


def test_only_changes_are_logged(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    probe = values("queued", "queued", "importing", "importing", "importing", "active")
    with caplog.at_level(logging.INFO):
        wait_until(lambda: next(probe), "active".__eq__, timeout=60, what="image", clock=clock, sleep=clock.sleep)
    assert [record.getMessage() for record in caplog.records] == [
        "image: 'importing' after 0.5 s",
        "image: 'active' after 2.6 s",
    ]


def test_what_the_probe_raises_goes_through(clock: Clock) -> None:
    with pytest.raises(ZeroDivisionError):
        wait_until(lambda: 1 / 0, bool, timeout=1, what="x", clock=clock)


def test_secrets_and_long_values_are_not_quoted(clock: Clock) -> None:
    with pytest.raises(TimedOut) as caught:
        wait_until(
            lambda: {"password": "hunter2hunter2", "rest": "x" * 9000},
            lambda _: False,
            timeout=1,
            what="x",
            clock=clock,
            sleep=clock.sleep,
        )
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value)) < 2200

"""What a boot reads from a pool is told from what others read there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.actions.reads import TooBusy, read_meanwhile

LIMIT = 50.0


def seen(*windows: int) -> tuple[int, int]:
    """The bytes that are told, and how many windows it took; windows are in turn with a boot, and without."""
    left = list(windows)

    def measure(act: Callable[[], None]) -> tuple[int, float]:
        act()
        return left.pop(0), 7.0

    idle = list[float]()
    read = read_meanwhile(lambda: None, idle.append, LIMIT, measure)
    assert idle == [7.0] * ((len(windows) - len(left)) // 2)
    return read, len(windows) - len(left)


def test_few_bytes_are_enough_to_tell() -> None:
    assert seen(0) == (0, 1)
    assert seen(49) == (49, 1)


def test_many_bytes_count_where_nobody_else_reads() -> None:
    assert seen(100, 0) == (100, 2)
    assert seen(100, 25) == (100, 2)


def test_a_burst_of_others_is_not_held_against_the_boot() -> None:
    assert seen(100, 90, 3) == (3, 3)
    assert seen(100, 26, 100, 70, 20) == (20, 5)


def test_a_pool_that_is_read_all_the_time_is_too_busy() -> None:
    with pytest.raises(TooBusy, match="100 bytes in 7 s, and 90 bytes in as long without; 100 bytes"):
        seen(100, 90, 100, 90, 100, 90)

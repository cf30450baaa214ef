"""What is read from a pool while something is done, told from what others read there."""

from __future__ import annotations

from collections.abc import Callable

#: How often it is done again before it is too busy to tell.
_ATTEMPTS = 3

#: Bytes that are read while its argument is done, and the seconds that this takes.
Measure = Callable[[Callable[[], None]], tuple[int, float]]


class TooBusy(Exception):
    """Others read so much that nobody can tell what the run itself reads; the message has the figures."""


def read_meanwhile(act: Callable[[], None], idle: Callable[[float], None], limit: float, measure: Measure) -> int:
    """Bytes that were read while `act` was done: fewer than `limit`, or more than others can have read.

    Fewer prove at once that it has not read so much. More count only if others read little in the same time without it;
    otherwise, it is done again.

    :param idle: does nothing for so many seconds
    :raises TooBusy: others have read too much each time
    """
    seen = list[str]()
    for _ in range(_ATTEMPTS):
        read, seconds = measure(act)
        if read < limit:
            return read
        others, _ = measure(lambda seconds=seconds: idle(seconds))  # type: ignore[misc]
        if read - 2 * others >= limit:
            return read
        seen.append(f"{read} bytes in {seconds:.0f} s, and {others} bytes in as long without")
    raise TooBusy("; ".join(seen))

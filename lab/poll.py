"""Wait for a service with the project's one poller; a refused connection means "not yet"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from helpers.wait import TimedOut
from helpers.wait import wait_until as poll

Value = TypeVar("Value")


class NotReadyError(RuntimeError):
    """A condition was not met in time."""


@dataclass(frozen=True)
class _Attempt(Generic[Value]):
    value: Value | None
    said: str = ""


def wait_until(
    what: str, probe: Callable[[], Value | None], *, seconds: float, first: float = 0.05, longest: float = 0.5
) -> Value:
    """Call `probe` until it returns a true value, and return that value.

    A probe reports "not yet" by returning a false value or raising OSError (the service does not listen yet). Any other
    exception ends the wait at once. The last OSError is quoted when time is up.
    """

    def attempt() -> _Attempt[Value]:
        try:
            return _Attempt(probe())
        except OSError as error:
            return _Attempt(None, f" (last: {error})")

    def done(one: _Attempt[Value]) -> bool:
        return bool(one.value)

    try:
        ended = poll(attempt, done, timeout=seconds, what=what, interval=first, max_interval=longest)
    except TimedOut as error:
        said = error.last.said if isinstance(error.last, _Attempt) else ""
        raise NotReadyError(f"{what}: not so after {seconds:g} s{said}") from error
    return cast(Value, ended.value)

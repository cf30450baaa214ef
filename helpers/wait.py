"""The only module that polls and sleeps."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from helpers.outcomes import Unknown
from helpers.redact import redact

log = logging.getLogger(__name__)

T = TypeVar("T")


class WaitFailed(Exception):
    """The wait for `what` failed; `last` is the last value seen, `seconds` the time waited."""

    def __init__(self, what: str, reason: str, last: object, seconds: float) -> None:
        self.what, self.reason, self.last, self.seconds = what, reason, last, seconds
        super().__init__(f"{what}: {reason}; last seen: {_quoted(last)}")


class TimedOut(WaitFailed):
    """The time limit was reached, or nothing had changed for too long."""


class FailedState(WaitFailed):
    """A state was reached from which the expected one cannot follow."""


def _never(value: object) -> str | None:
    return None


def wait_until(
    probe: Callable[[], T],
    done: Callable[[T], bool],
    *,
    timeout: float,
    what: str,
    failed: Callable[[T], str | None] = _never,
    interval: float = 0.2,
    max_interval: float = 2.0,
    progress_timeout: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Wait for the first value of `probe` that is `done`, and return it.

    Probes at once, then after `interval` seconds. Each pause is half as long again as the one before, up to
    `max_interval`. The last probe comes after `timeout` seconds, so that a value from the last pause counts.

    :param what: what is waited for, as the beginning of a message: `image 8083… in store dcn1`
    :param failed: returns why this value can never become done, or None; called after `done`
    :param progress_timeout: give up if the value has not changed (by `==`) for so many seconds
    :raises FailedState: `failed` returned a reason
    :raises TimedOut: the time limit was reached, or there was no progress; both quote the last value
    Exceptions of `probe` are passed on.
    """
    start = changed = clock()
    value = probe()
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s: %s", what, _quoted(value))
    while not done(value):
        now = clock()
        if reason := failed(value):
            raise FailedState(what, reason, value, now - start)
        if now - start >= timeout:
            raise TimedOut(what, f"not within {timeout:g} s", value, now - start)
        if progress_timeout is not None and now - changed >= progress_timeout:
            raise TimedOut(what, f"no change for {progress_timeout:g} s", value, now - start)
        sleep(max(0.0, min(interval, start + timeout - now)))
        interval = min(interval * 1.5, max_interval)
        before, value = value, probe()
        if _differ(value, before):
            changed = clock()
            if log.isEnabledFor(logging.INFO):
                log.info("%s: %s after %.1f s", what, _quoted(value), changed - start)
    return value


def wait_for_resource(
    probe: Callable[[], T | None],
    done: Callable[[T], bool],
    *,
    failed: Callable[[T], str | None],
    failure: Callable[[str, T | None], Exception],
    timeout: float,
    what: str,
    interval: float,
) -> T:
    """Wait for the first record of a resource that is `done`. `probe` returns None if the resource is gone.

    :param failure: makes the exception from a reason and the last record
    :raises Exception: from `failure`: the resource is gone, `failed` returned a reason, or the time limit was reached
    """

    def reason(seen: T | None) -> str | None:
        return "it is gone" if seen is None else failed(seen)

    try:
        seen = wait_until(
            probe,
            lambda seen: seen is not None and done(seen),
            timeout=timeout,
            what=what,
            failed=reason,
            interval=interval,
        )
    except FailedState as error:
        raise failure(error.reason, probe()) from error
    except WaitFailed as error:
        raise failure(str(error), probe()) from error
    if seen is None:  # ruled out by the wait
        raise failure("it is gone", None)
    return seen


def wait_for_moment(
    moment: float, *, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Return when `clock` shows this moment, or at once if it is past."""
    if (left := moment - clock()) > 0:
        sleep(left)


def _differ(value: object, before: object) -> bool:
    try:
        return value != before
    except Unknown:  # as far as is known, unchanged
        return False


def _quoted(value: object) -> str:
    text = redact(repr(value) if isinstance(value, str) else str(value))
    return text if len(text) <= 2000 else f"{text[:2000]}… ({len(text)} characters)"

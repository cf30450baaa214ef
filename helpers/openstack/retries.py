"""Decides which requests to the cloud are repeated when an answer is lost.

Requests that only read or delete are repeated as they are. Before it repeats a request that creates or changes
something, `once` looks for its effect. keystoneauth's own retries cannot be used: they repeat a POST whose answer was
lost, take silence for a lost connection, and wait as long as `Retry-After` says.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import keystoneauth1.exceptions as ksa
import openstack.exceptions
import requests
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from helpers.openstack.answers import in_words
from helpers.wait import TimedOut, wait_for_moment, wait_until

T = TypeVar("T")

#: seconds from the first bad answer to the last attempt
PATIENCE = 7.0
#: the same if nothing listens on the port: a service without a proxy is being restarted
_NOBODY = 1.5
#: Answers of a service, or of the proxy before it, that may be better next time. A 429 was not processed at all.
_LOST, _TOO_MANY = frozenset({500, 502, 503, 504}), 429
PASSING = _LOST | {_TOO_MANY}
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
#: POST requests that only read: another token does no harm.
_LOGIN, _CONSOLE = "/auth/tokens", b'{"os-getConsoleOutput":'
#: how often a change is requested; seconds in which its effect shows, even after the timeout of a proxy
_TIMES, _SHOWS, _SHOWS_LATE = 4, 2.0, 10.0


class NobodyKnows(ksa.ClientException):
    """Neither the answer nor the present state shows whether a request was carried out."""


def answered(
    request: requests.PreparedRequest,
    send: Callable[[], requests.Response],
    deadline: float,
    *,
    is_down: bool = False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> requests.Response:
    """The answer to a request: the first good one, otherwise the last one.

    :param deadline: seconds from now within which the request is repeated
    :param is_down: the server has failed all recent requests, so that nothing is repeated
    :raises requests.RequestException: no answer came in the end; a request that times out is never repeated
    """
    end, limit = clock() + deadline, float("inf")
    for pause in _pauses():
        answer, error = _outcome(send)
        chance = None if is_down else _chance(request, answer, error)
        if chance is not None:
            pause = max(pause, chance.pause)
            limit = min(end, limit, clock() + chance.seconds)
        if chance is None or clock() + pause > limit:
            if answer is None:
                raise error or AssertionError("no outcome")
            return answer
        wait_for_moment(clock() + pause, clock=clock, sleep=sleep)
    raise AssertionError("unreachable")


def _outcome(
    send: Callable[[], requests.Response],
) -> tuple[requests.Response | None, requests.RequestException | None]:
    try:
        return send(), None
    except requests.RequestException as error:
        return None, error


@dataclass(frozen=True)
class _Chance:
    """The chance of a better answer to the same request: after a pause, and within a time limit, in seconds."""

    seconds: float = PATIENCE
    pause: float = 0.0


def _chance(
    request: requests.PreparedRequest, answer: requests.Response | None, error: requests.RequestException | None
) -> _Chance | None:
    if answer is None:
        if error is not None and _nobody_listens(error):
            return _Chance(_NOBODY)
        return _Chance() if _is_cut(error) and is_repeatable(request) else None
    asked_for = _retry_after(answer)
    if answer.status_code == _TOO_MANY:  # a service that names a time is given all of the request's time
        return _Chance(float("inf"), asked_for) if asked_for else _Chance()
    if answer.status_code in _LOST and is_repeatable(request):
        return _Chance(pause=asked_for if asked_for < PATIENCE else 0.0)
    return None


def is_repeatable(request: requests.PreparedRequest) -> bool:
    """Whether a request can be repeated without harm."""
    if request.method == "POST":
        return str(request.url).endswith(_LOGIN) or _bytes(request.body).startswith(_CONSOLE)
    return request.method in _REPEATABLE


def _bytes(body: object) -> bytes:
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""


def read_again(read: Callable[[], T], passes: Callable[[T], bool], what: str) -> T:
    """Repeat a read that another library performs: the first good answer, otherwise the last one."""
    seen: list[T] = []

    def probe() -> T:
        seen.append(read())
        return seen[-1]

    with contextlib.suppress(TimedOut):
        wait_until(probe, lambda answer: not passes(answer), timeout=PATIENCE, what=what, interval=0.25)
    return seen[-1]


def once(request: Callable[[], T], effect: Callable[[], T | None], what: str) -> T:
    """Make a request that must be carried out only once.

    If its answer is lost, the request is repeated only if its effect does not show.

    :param effect: returns the effect of the request, which is also the result; None while there is none
    :raises NobodyKnows: the answer was lost, and the effect cannot be observed
    :raises Exception: from `request`: it was refused, or its answer was lost every time
    """
    lost: Exception = AssertionError("never asked")
    for _ in range(_TIMES):
        try:
            return request()
        except (openstack.exceptions.SDKException, ksa.ClientException) as error:
            if not is_lost(error):
                raise
            lost = error
        try:
            found = wait_until(effect, lambda seen: seen is not None, timeout=_shows_within(lost), what=what)
        except TimedOut:
            continue
        except (openstack.exceptions.SDKException, ksa.ClientException) as error:
            raise NobodyKnows(
                f"{what}: the answer was lost, and what was done is not shown: {in_words(error)}"
            ) from lost
        if found is not None:
            return found
    raise lost


def the_one_named(name: str, found: Iterable[tuple[str, str]]) -> str | None:
    """The id of the resource with this unique name among these ids and names; None if there is none."""
    return next((id for id, known in found if known == name), None)


def is_lost(error: Exception) -> bool:
    """Whether a request may or may not have been carried out, because its service said neither."""
    if isinstance(error, openstack.exceptions.HttpException | ksa.HttpError):
        return _status(error) in _LOST
    return isinstance(error, ksa.ConnectFailure | ksa.UnknownConnectionError)


def _shows_within(error: Exception) -> float:
    return _SHOWS_LATE if _status(error) == HTTPStatus.GATEWAY_TIMEOUT else _SHOWS


def _status(error: Exception) -> int:
    return int(getattr(error, "status_code", None) or getattr(error, "http_status", None) or 0)


def _pauses() -> Iterator[float]:
    pause = 0.25
    while True:
        yield pause
        pause = min(2 * pause, 2.0)


def _retry_after(answer: requests.Response) -> float:
    """`Retry-After` in seconds; 0 without a usable value."""
    try:
        return Retry().parse_retry_after(answer.headers.get("Retry-After", "0"))
    except InvalidHeader:
        return 0.0


def _is_cut(error: requests.RequestException | None) -> bool:
    """Whether a connection ended before the answer did. A timeout, unknown host or bad certificate does not count."""
    if isinstance(error, requests.Timeout) or "Failed to resolve" in str(error):
        return False
    if isinstance(error, requests.exceptions.SSLError):
        return "EOF" in str(error)
    return isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError)


def _nobody_listens(error: requests.RequestException) -> bool:
    """Whether the request was never sent."""
    return "Failed to establish a new connection" in str(error)

"""What is asked again when an answer is lost, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keystoneauth1.exceptions as ksa
import pytest
import requests
from openstack.exceptions import HttpException

from fixtures.plugin.run import _explained
from helpers.openstack import retries
from helpers.openstack.retries import PATIENCE, NobodyKnows, answered, is_lost, once
from helpers.openstack.session import Session, Silent
from helpers.outcomes import Failed, Unknown

URL = "http://192.0.2.10:9292/v2/images"
CUT = requests.exceptions.ChunkedEncodingError("Connection broken")
RESET = requests.ConnectionError("Connection aborted.")
NOBODY = requests.ConnectionError("Failed to establish a new connection: [Errno 111] Connection refused")
UNKNOWN_HOST = requests.ConnectionError("Failed to resolve 'nobody.invalid'")

Given = int | requests.RequestException


class Server:
    """Answers with what it is given, one after the other, and then with the last one; its clock goes as it is asked."""

    def __init__(self, *given: Given, retry_after: str = "", seconds: float = 0.0) -> None:
        self._given, self.asked, self.now = list(given), 0, 0.0
        self._retry_after, self._seconds = retry_after, seconds

    def __call__(self) -> requests.Response:
        self.asked += 1
        self.now += self._seconds
        given = self._given.pop(0) if len(self._given) > 1 else self._given[0]
        if isinstance(given, requests.RequestException):
            raise given
        answer = requests.Response()
        answer.status_code = given
        if self._retry_after:
            answer.headers["Retry-After"] = self._retry_after
        return answer

    def answers(self, method: str, url: str = URL, deadline: float = 60, body: str = "", **more: bool) -> int | str:
        request = requests.Request(method, url, data=body).prepare()
        try:
            return answered(request, self, deadline, clock=lambda: self.now, sleep=self._sleep, **more).status_code
        except requests.RequestException as error:
            return type(error).__name__

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize("bad", [500, 502, 503, 504, 429, CUT, RESET, NOBODY])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_what_reads_or_deletes_is_asked_again(method: str, bad: Given):
    server = Server(bad, bad, 200)

    assert (server.answers(method), server.asked) == (200, 3)


def test_a_token_is_asked_for_again():
    server = Server(503, RESET, 201)

    assert server.answers("POST", "http://192.0.2.10:5000/v3/auth/tokens") == 201


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("bad", [500, 502, 503, 504, CUT, RESET])
def test_what_changes_something_is_not_asked_again_as_it_is(method: str, bad: Given):
    server = Server(bad, 200)
    server.answers(method)

    assert server.asked == 1


@pytest.mark.parametrize("bad", [429, NOBODY])
def test_what_was_not_even_looked_at_is_asked_again(bad: Given):
    assert Server(bad, 201).answers("POST") == 201


@pytest.mark.parametrize("given", [200, 300, 400, 401, 403, 404, 409, 413, 501])
def test_an_answer_is_an_answer(given: int):
    server = Server(given)

    assert (server.answers("GET"), server.asked) == (given, 1)


@pytest.mark.parametrize("given", [requests.ReadTimeout("silent"), requests.ConnectTimeout("silent"), UNKNOWN_HOST])
def test_silence_costs_its_time_once(given: Given):
    server = Server(given)
    server.answers("GET")

    assert server.asked == 1


@pytest.mark.parametrize("given", [503, 500, RESET, NOBODY])
def test_what_is_down_is_given_up_in_time(given: Given):
    server = Server(given)

    assert server.answers("GET") == (given if isinstance(given, int) else "ConnectionError")
    assert server.asked > 2
    assert server.now <= PATIENCE


def test_who_is_asked_too_often_is_asked_when_it_says_so():
    server = Server(429, 200, retry_after="30")

    assert (server.answers("POST"), server.now) == (200, 30.0)
    assert Server(429, 200, retry_after="90").answers("GET") == 429


def test_a_retry_after_does_not_make_a_service_that_is_down_cost_more():
    server = Server(503, retry_after="30")

    assert server.answers("GET") == 503
    assert server.now <= PATIENCE


def test_a_proxy_that_has_waited_in_vain_is_asked_once_more():
    """One gateway timeout is weather; a service that hangs behind a proxy costs no more than a request's own limit."""
    assert Server(504, 200, seconds=50).answers("GET") == 200
    server = Server(504, seconds=50)
    assert (server.answers("GET"), server.asked) == (504, 2)
    assert Server(504, 200, seconds=60).answers("GET") == 504


def test_what_was_down_of_late_is_asked_once():
    server = Server(503)

    assert (server.answers("GET", is_down=True), server.asked) == (503, 1)


def test_a_console_is_read_again():
    assert Server(504, 200).answers("POST", f"{URL}/action", body='{"os-getConsoleOutput": {}}') == 200
    assert Server(504, 200).answers("POST", f"{URL}/action", body='{"os-stop": null}') == 504


def lost(status: int = 502) -> HttpException:
    return HttpException("Bad Gateway", http_status=status)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "_SHOWS", 0.0)


def asking(*given: object) -> Callable[[], object]:
    answers: Iterator[object] = iter(given)

    def ask() -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def test_what_was_made_although_the_answer_was_lost_is_not_made_twice():
    assert once(asking(lost()), lambda: "found", "server a") == "found"


@pytest.mark.usefixtures("at_once")
def test_what_was_not_made_is_asked_for_again():
    assert once(asking(lost(), ksa.ConnectFailure("cut"), "made"), lambda: None, "server a") == "made"


@pytest.mark.usefixtures("at_once")
def test_an_error_that_stays_is_the_service_s_own_answer():
    with pytest.raises(HttpException, match="Bad Gateway"):
        once(asking(*[lost(500)] * 4), lambda: None, "server a")


@pytest.mark.parametrize("error", [HttpException("Conflict", http_status=409), Silent("no answer within 60 s")])
def test_a_refusal_and_silence_end_it_at_once(error: Exception):
    with pytest.raises(type(error)):
        once(asking(error), lambda: "not to be looked for", "server a")


def test_where_nobody_can_look_whether_it_was_made_is_unknown():
    with pytest.raises(
        NobodyKnows, match="server a: the answer was lost, and what was done is not shown: cut"
    ) as caught:
        once(asking(lost()), asking(ksa.ConnectFailure("cut")), "server a")

    outcome = _explained(caught.value, str)
    assert isinstance(outcome, Unknown)
    assert str(outcome).startswith("expected: an answer\nseen:     server a: the answer was lost")


def test_a_service_s_own_error_is_a_failure_and_no_answer_is_unknown():
    errors = [lost(500), ksa.InternalServerError("x"), ksa.ConnectFailure("cut"), Silent("silent")]

    assert [type(_explained(error, str)) for error in errors] == [Failed, Failed, Unknown, Unknown]


def test_what_is_lost():
    errors = [
        lost(503),
        ksa.InternalServerError("x"),
        ksa.UnknownConnectionError("x", CUT),
        lost(404),
        ksa.Unauthorized(),
    ]

    assert [is_lost(error) for error in errors] == [True, True, True, False, False]


def test_a_token_that_another_thread_has_given_up_is_given_up_all_the_same():
    assert Session().invalidate(_NoToken()) is True


class _NoToken:
    def invalidate(self) -> bool:
        return False

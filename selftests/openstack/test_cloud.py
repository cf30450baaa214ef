"""The session behind all requests to the cloud."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from keystoneauth1.plugin import BaseAuthPlugin
from requests.adapters import BaseAdapter

from helpers.openstack import retries
from helpers.openstack.session import Session, _Transport

URL = "http://192.0.2.10:9292/v2/images"
ASKED = ({}, None, None, None)


def test_a_session_heeds_the_environment_as_requests_does(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/lab.pem")

    assert _Transport().merge_environment_settings(URL, *ASKED) == requests.Session().merge_environment_settings(
        URL, *ASKED
    )


def test_a_session_reads_the_environment_once_for_each_server(monkeypatch: pytest.MonkeyPatch):
    session = _Transport()
    monkeypatch.delenv("http_proxy", raising=False)
    before = session.merge_environment_settings(URL, *ASKED)
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")

    assert session.merge_environment_settings(f"{URL}/8083", *ASKED) == before
    assert session.merge_environment_settings("http://192.0.2.20:9292", *ASKED)["proxies"] == {
        "http": "http://192.0.2.1:3128"
    }


def test_what_a_request_asks_for_itself_counts_apart(monkeypatch: pytest.MonkeyPatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    session = _Transport()

    assert session.merge_environment_settings(URL, {}, None, False, None)["verify"] is False
    assert session.merge_environment_settings(URL, {}, None, True, None)["verify"] is True


class Answers(BaseAdapter):
    """Answers each request with the next of these status codes, and notes the tokens that came."""

    def __init__(self, *statuses: int) -> None:
        super().__init__()
        self._statuses, self.tokens = list(statuses), list[str]()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = self._statuses.pop(0), request, str(request.url)
        self.tokens.append(request.headers.get("X-Auth-Token", ""))
        return answer

    def close(self) -> None:
        """Nothing is open."""


class Tokens(BaseAuthPlugin):
    """One token after the other."""

    number = 0

    def get_token(self, session: Any) -> str:
        self.number += 1
        return str(self.number)


@pytest.mark.parametrize(
    ("statuses", "expected"), [([401, 401, 401, 200], 200), ([401, 403], 403), ([401] * 8, 401)], ids=str
)
def test_a_request_is_made_with_a_new_token_a_few_times(statuses: list[int], expected: int):
    """Tokens that are revoked while many threads ask for new ones may not be accepted twice in a row."""
    session, there = Session(auth=Tokens()), Answers(*statuses)
    session.session.mount("http://", there)

    assert session.request(URL, "POST", raise_exc=False).status_code == expected
    assert len(set(there.tokens)) == len(there.tokens) == len(statuses)


def test_a_server_that_is_down_is_given_its_time_once(monkeypatch: pytest.MonkeyPatch):
    """Once it answers well again, it is trusted again; another server is another one."""
    known, transport, statuses = list[bool](), _Transport(), iter([503, 503, 200, 500, 200])

    def answered(*_: object, is_down: bool) -> requests.Response:
        known.append(is_down)
        answer = requests.Response()
        answer.status_code = next(statuses)
        return answer

    monkeypatch.setattr(retries, "answered", answered)
    for url in (URL, URL, URL, URL, "http://192.0.2.20:9292"):
        transport.get(url)

    assert known == [False, True, True, False, False]

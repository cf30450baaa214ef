"""The session behind all requests to the cloud."""

from __future__ import annotations

import pytest
import requests

from helpers.openstack.session import _Transport

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

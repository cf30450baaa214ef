"""The session behind all requests to the cloud: for many threads, and one time limit for a service that is silent."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlsplit

import keystoneauth1.session
import requests
from keystoneauth1.exceptions import ClientException, ConnectTimeout
from requests.adapters import HTTPAdapter


class Silent(ClientException):
    """A service has not answered within its time limit.

    No ConnectTimeout: keystoneauth takes that for a document that is not there, and goes on to ask for the next one.
    """


class Session(keystoneauth1.session.Session):
    """keystoneauth's session, for which silence is an answer: it raises Silent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(session=_transport(), **options)

    def request(self, *args: Any, **options: Any) -> requests.Response:
        seconds = options.get("timeout") or self.timeout
        try:
            return super().request(*args, **options)
        except ConnectTimeout as error:
            raise Silent(f"{error}: no answer within {seconds:g} s") from error


class _Transport(requests.Session):
    """A session for many threads, which reads proxies and certificates from os.environ once for each server.

    requests does so before every request; it takes its time, and pytest changes os.environ meanwhile, for every test.
    """

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[object, Any] = {}

    def merge_environment_settings(self, url: Any, *args: Any, **kwargs: Any) -> Any:
        server = (urlsplit(url)[:2], repr((args, kwargs)))
        for _ in range(100):
            with contextlib.suppress(KeyError):  # a variable that went while all were gone through
                if server not in self._settings:
                    self._settings[server] = super().merge_environment_settings(url, *args, **kwargs)
                return dict(self._settings[server])
        return super().merge_environment_settings(url, *args, **kwargs)


def _nothing_more(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _transport() -> requests.Session:
    session = _Transport()
    # the token is the only authentication: without this, requests looks for a netrc file before every request
    session.auth = _nothing_more
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=64))
    return session

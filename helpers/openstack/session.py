"""The session of all requests to the cloud: for many threads, with retries, and with a time limit for silence."""

from __future__ import annotations

import contextlib
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import keystoneauth1.session
import requests
from keystoneauth1.exceptions import ClientException, ConnectTimeout, from_response
from keystoneauth1.plugin import BaseAuthPlugin
from requests.adapters import HTTPAdapter

from helpers.openstack import retries
from helpers.redact import register

#: how many new tokens a request is tried with if they are refused: each may have been revoked meanwhile
_NEW_TOKENS = 3


class Silent(ClientException):
    """A service has not answered within its time limit.

    This is not a ConnectTimeout, which keystoneauth takes for a missing document, so that it requests the next one.
    """


class Session(keystoneauth1.session.Session):
    """keystoneauth's session, which raises Silent if a service does not answer in time."""

    def __init__(self, **options: Any) -> None:
        super().__init__(session=_transport(), **options)

    def request(self, url: str, method: str, *args: Any, **options: Any) -> requests.Response:
        seconds, raises = options.get("timeout") or self.timeout, options.pop("raise_exc", True)
        # the transport below decides about retries
        options |= {"connect_retries": 0, "status_code_retries": 0, "raise_exc": False}
        try:
            answer = super().request(url, method, *args, **options)
            for _ in range(_NEW_TOKENS):
                if answer.status_code != HTTPStatus.UNAUTHORIZED or options.get("authenticated") is False:
                    break
                answer = super().request(url, method, *args, **options)
        except ConnectTimeout as error:
            raise Silent(f"{error}: no answer within {seconds:g} s") from error
        if raises and answer.status_code >= HTTPStatus.BAD_REQUEST:
            raise from_response(answer, method, url)
        return answer

    def invalidate(self, auth: BaseAuthPlugin | None = None) -> bool:
        """Discard a token that is no longer accepted, from any number of threads.

        keystoneauth gives up a request if another thread has just discarded its token.
        """
        super().invalidate(auth)
        return True


class _Transport(requests.Session):
    """A session for many threads that reads proxies and certificates from os.environ once for each server.

    The requests library does so before every request, which takes time, and pytest changes os.environ for every test.
    A server that is permanently down uses up its time limit once, not for every request.
    """

    def __init__(self) -> None:
        super().__init__()
        self._settings: dict[object, Any] = {}
        self._down: set[object] = set()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        register(str(request.headers.get("X-Auth-Token") or ""))
        server, seconds, bad = urlsplit(str(request.url))[:2], options.get("timeout"), True
        deadline = float(seconds) if isinstance(seconds, int | float) else retries.PATIENCE
        send, is_down = partial(super().send, request, **options), server in self._down
        try:
            answer = retries.answered(request, send, deadline, is_down=is_down)
            bad = answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        finally:
            if retries.is_repeatable(request):
                (self._down.add if bad else self._down.discard)(server)
        return answer

    def merge_environment_settings(self, url: Any, *args: Any, **kwargs: Any) -> Any:
        server = (urlsplit(url)[:2], repr((args, kwargs)))
        for _ in range(100):
            with contextlib.suppress(KeyError):  # a variable was removed during the iteration
                if server not in self._settings:
                    self._settings[server] = super().merge_environment_settings(url, *args, **kwargs)
                return dict(self._settings[server])
        return super().merge_environment_settings(url, *args, **kwargs)


def _nothing_more(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _transport() -> requests.Session:
    session = _Transport()
    # the token is the only authentication: otherwise, requests looks for a netrc file before every request
    session.auth = _nothing_more
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=64))
    return session

"""Error answers of the services' APIs: in words, and with the command that shows them."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import keystoneauth1.exceptions
import openstack.exceptions
import requests

from helpers.openstack.command_line import command_line

#: All exceptions of openstacksdk for a service that does not answer, or answers with an error.
API_ERRORS = (keystoneauth1.exceptions.ClientException, openstack.exceptions.SDKException, requests.RequestException)
_LAYER = re.compile(r"""\w+\(["']\w+\(host='([^']+)', port=(\d+)\): (.+)["']\)""")
_URL = re.compile(r"https?://[^\s:/]+(?::\d+)?[^\s:,]*")


@dataclass(frozen=True)
class Refusal:
    """An HTTP error: the status code and the service's own message."""

    status: int
    message: str

    def __str__(self) -> str:
        words = " ".join(self.message.replace("<br />", " ").split()).removeprefix(f"{self.status} ")
        return f"HTTP {self.status} {words}".rstrip()


def refusal(error: openstack.exceptions.HttpException) -> Refusal:
    """The service's answer, from the SDK's exception.

    Services that use webob write `&#x27;` for `'`, even in JSON. It is decoded here, and escaped again on the page.
    """
    return Refusal(int(error.status_code or 0), html.unescape(str(error.details or error.message or error)))


def body_of(response: requests.Response) -> Mapping[str, Any] | None:
    """The unchanged body of an answer about one resource; None if there is no such resource.

    Polling uses this, because the SDK's objects need several times the CPU time of the request itself.

    :raises openstack.exceptions.HttpException: any error but 404
    """
    if response.status_code == HTTPStatus.NOT_FOUND:
        return None
    openstack.exceptions.raise_from_response(response)
    body: Mapping[str, Any] = response.json()
    return body


def in_words(error: Exception) -> str:
    """One line: `GET http://192.0.2.10:9696/v2.0/networks: HTTP 500 Internal Server Error`, or why nothing answered."""
    if isinstance(error, openstack.exceptions.HttpException) and error.status_code and error.url:
        return f"{error.method!s} {error.url!s}: {refusal(error)}"
    # requests wraps the reason in the messages of the layers above
    _, wrapped, reason = str(error).rpartition("(Caused by ")
    words = " ".join((reason.removesuffix(")") if wrapped else reason).split())
    layer = _LAYER.fullmatch(words)
    return f"{layer[1]}:{layer[2]}: {layer[3]}" if layer else words


def error_commands(error: Exception, command_for: Callable[[str], str]) -> tuple[str, ...]:
    """The command that requests the resource that the error is about; empty if the error names none.

    :param command_for: URL → the command line that requests it
    """
    found = _URL.search(str(getattr(error, "url", None) or error))
    return (command_for(found.group().removesuffix("/action")),) if found else ()


def curl(cloud: str, url: str, method: str = "GET", body: str = "", options: str = "") -> str:
    """The curl command line that makes a request to a service with a new token.

    :param options: more options of curl, quoted as a shell needs them
    """
    issued = command_line(cloud, "token", "issue", "-f", "value", "-c", "id")
    token = f'-H "X-Auth-Token: $({issued})"'
    data = f" -H 'Content-Type: application/json' -d {shlex.quote(body)}" if body else ""
    verb = "" if method == "GET" else f" -X {method}"
    return " ".join(filter(None, (f"curl -s {token}{verb}{data}", options, shlex.quote(url))))

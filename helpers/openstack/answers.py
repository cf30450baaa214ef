"""What a service's API answers when it does not do what it is asked: in words, and the command that shows it."""

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

#: Everything that openstacksdk raises for a service that does not answer, or answers with an error.
API_ERRORS = (keystoneauth1.exceptions.ClientException, openstack.exceptions.SDKException, requests.RequestException)
_LAYER = re.compile(r"""\w+\(["']\w+\(host='([^']+)', port=(\d+)\): (.+)["']\)""")
_URL = re.compile(r"https?://[^\s:/]+(?::\d+)?[^\s:,]*")


@dataclass(frozen=True)
class Refusal:
    """An HTTP error answer: status code and the service's own words."""

    status: int
    message: str

    def __str__(self) -> str:
        words = " ".join(self.message.replace("<br />", " ").split()).removeprefix(f"{self.status} ")
        return f"HTTP {self.status} {words}".rstrip()


def refusal(error: openstack.exceptions.HttpException) -> Refusal:
    """What the service answered, from the SDK's exception.

    Services that answer by webob write `&#x27;` for `'`, in JSON too; who shows the words on a page does so again.
    """
    return Refusal(int(error.status_code or 0), html.unescape(str(error.details or error.message or error)))


def body_of(response: requests.Response) -> Mapping[str, Any] | None:
    """The body of an answer about one resource, as it came; None when there is no such resource.

    What is polled is read so: the SDK's own objects take several times the CPU of the request itself.

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
    # requests wraps the reason into those of the layers above it
    _, wrapped, reason = str(error).rpartition("(Caused by ")
    words = " ".join((reason.removesuffix(")") if wrapped else reason).split())
    layer = _LAYER.fullmatch(words)
    return f"{layer[1]}:{layer[2]}: {layer[3]}" if layer else words


def error_commands(error: Exception, by_hand: Callable[[str], str]) -> tuple[str, ...]:
    """The command that asks for the resource which the error is about; nothing where it names none.

    :param by_hand: URL → the command line that requests it
    """
    found = _URL.search(str(getattr(error, "url", None) or error))
    return (by_hand(found.group().removesuffix("/action")),) if found else ()


def curl(cloud: str, url: str, method: str = "GET", body: str = "", options: str = "") -> str:
    """The command line that makes a request to a service by hand, with a token of its own.

    :param options: more options of curl, quoted as a shell needs them
    """
    issued = command_line(cloud, "token", "issue", "-f", "value", "-c", "id")
    token = f'-H "X-Auth-Token: $({issued})"'
    data = f" -H 'Content-Type: application/json' -d {shlex.quote(body)}" if body else ""
    verb = "" if method == "GET" else f" -X {method}"
    return " ".join(filter(None, (f"curl -s {token}{verb}{data}", options, shlex.quote(url))))

"""Plain HTTP calls to the lab's own services."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


class WebError(RuntimeError):
    """A service returned an error; `status` is 0 if it is unknown."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


def call(
    method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None, timeout: float = 10
) -> Answer:
    """Send `body` as JSON and return the answer, whatever its status. Raises OSError if the service does not answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    sent = {"Content-Type": "application/json", **(headers or {})}
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        response = connection.getresponse()
        return Answer(response.status, response.read(), dict(response.getheaders()))
    except http.client.HTTPException as error:
        raise ConnectionError(f"{url}: {type(error).__name__} {error}") from error
    finally:
        connection.close()


def answers(url: str, method: str = "GET") -> bool:
    """Return whether the service answers with success. Raises OSError if the connection is refused."""
    return 200 <= call(method, url, timeout=5).status < 400

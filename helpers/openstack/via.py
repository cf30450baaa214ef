"""HTTP to an endpoint that only a node reaches: each connection is one that the node opens.

The URL stays what it is, so that the server's certificate is checked against it.
"""

from __future__ import annotations

import socket
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

_PORTS = {"http": 80, "https": 443}
#: Seconds to open a connection where the request has no time limit.
_PATIENCE = 30.0
#: What is added to a port that only root may listen on.
_UNPRIVILEGED = 20000


class Way(Protocol):
    """A node, as far as it leads to others."""

    @property
    def name(self) -> str: ...

    def dial(self, host: str, port: int, seconds: float) -> socket.socket: ...

    def forwarding(self, host: str, port: int, local: int) -> str: ...


class Through(HTTPAdapter):
    """Sends requests by way of a node. A proxy of this machine's leads elsewhere, and is not used."""

    def __init__(self, way: Way) -> None:
        self._way = way
        super().__init__(pool_maxsize=64)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._way)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        return super().send(request, *args, **{**options, "proxies": None})


def _pools(way: Way) -> dict[str, type[HTTPConnectionPool]]:
    def opened(connection: HTTPConnection) -> socket.socket:
        seconds = connection.timeout
        try:
            patience = float(seconds) if isinstance(seconds, int | float) else _PATIENCE
            found = way.dial(connection.host, int(connection.port or 0), patience)
        except OSError as error:  # not Unreachable: whether this Glance answers is unknown then
            raise NewConnectionError(connection, f"by way of {way.name}: {error}") from error
        found.settimeout(patience)
        return found

    class Plain(HTTPConnection):
        _new_conn = opened

    class Secure(HTTPSConnection):
        _new_conn = opened

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def around_curl(way: Way, url: str) -> tuple[str, str]:
    """What a person types before a command of curl's for this URL, and the command's further options."""
    parts = urlsplit(url)
    port = parts.port or _PORTS[parts.scheme]
    local = port if port >= 1024 else port + _UNPRIVILEGED
    return f"{way.forwarding(parts.hostname or '', port, local)}; ", f"--connect-to ::localhost:{local}"

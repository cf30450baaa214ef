"""Bad weather between a service and who asks it: what a proxy, or the network, makes of an answer."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.world.weather import HTTP
from simulator.world.world import World

_LOST = (500, 502, 503, 504)
#: seconds; short against any time limit, as it would be with a real one
_LATE = 1.5


async def through(world: World, what: str, service: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Have the service answer, and make of its answer what the weather does.

    :param what: who is asked for what, such as `image of dcn0 GET`
    """
    fate = world.weather.becomes(what, HTTP)
    if fate is None:
        await service(scope, receive, send)
        return
    kind, drawn = fate
    if kind == "tokens":
        world.identity.tokens.clear()
    if kind in {"tokens", "late"}:
        await asyncio.sleep(_LATE * drawn.random() if kind == "late" else 0)
        await service(scope, receive, send)
    elif kind == "errors":
        await _error(drawn.choice((*_LOST, HTTPStatus.TOO_MANY_REQUESTS)))(scope, receive, send)
    elif kind == "lost":
        await service(scope, receive, _nowhere)
        await _error(drawn.choice(_LOST))(scope, receive, send)
    elif kind == "resets":
        await _end(receive, send)
    else:
        await _cut(service, scope, receive, send)


def _error(status: int) -> Response:
    """As a HAProxy says it."""
    name = HTTPStatus(status).phrase
    headers = {"Retry-After": "1"} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return Response(f"<html><body><h1>{status} {name}</h1>\n</body></html>\n", status, headers, "text/html")


async def _nowhere(message: Message) -> None:
    """An answer that nobody gets."""


async def _cut(service: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Half of the answer; nothing where it has no body."""
    said: list[Message] = []

    async def keep(message: Message) -> None:
        said.append(message)

    await service(scope, receive, keep)
    body = b"".join(message.get("body", b"") for message in said)
    if body:
        await send(said[0])
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await _end(receive, send)


async def _end(receive: Receive, send: Send) -> None:
    """End the connection: uvicorn's own, which knows no other way to do so."""
    cycle: Any = send.__self__  # type: ignore[attr-defined]
    cycle.transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass

"""The common parts of all APIs: authentication, routing to handlers, and rendering of refusals."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.world.identity import User
from simulator.world.refusal import Refusal
from simulator.world.sites import Site
from simulator.world.world import World

_LOG = logging.getLogger("simulator")
Renderer = Callable[[Request, Refusal], Response]


@dataclass
class Ask:
    """A request in progress: its user, the site of its endpoint, and its path and body."""

    request: Request
    site: Site
    identity: User | None

    @property
    def user(self) -> User:
        """The user who is logged in. Raises Refusal if there is none."""
        if self.identity is None:
            raise Refusal(401, "The request you have made requires authentication.")
        return self.identity

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        return str(self.request.query_params.get(name, default))

    async def body(self) -> dict[str, Any]:
        """Return the JSON object in the body. Raises Refusal if the body is not a JSON object."""
        try:
            found = json.loads(await self.request.body())
        except ValueError:
            raise Refusal(400, "Malformed JSON in request body.") from None
        if not isinstance(found, dict):
            raise Refusal(400, "Malformed request body")
        return found

    def admin_only(self, message: str) -> None:
        if not self.user.is_admin:
            raise Refusal(403, message)


Handler = Callable[[Ask], Awaitable[Response]]
Table = Sequence[tuple[str, str, Handler]]


def application(
    world: World,
    service: str,
    table: Table,
    render: Renderer,
    opened: Sequence[str] = (),
    unauthorized: Callable[[Request], Response] | None = None,
) -> Starlette:
    """Return an ASGI application for (method, path, handler) rows; paths in `opened` need no token.

    A service with its own `unauthorized` answer sends it, and the documents in `opened`, before the request has an ID.
    """
    # Nova also sends its own older header with the request ID
    names = ("x-openstack-request-id", *(("x-compute-request-id",) if service == "compute" else ()))

    def refused(request: Request) -> Response:
        response = unauthorized(request) if unauthorized else _unauthorized()
        response.headers["WWW-Authenticate"] = f'Keystone uri="{world.urls["identity"]}"'
        return response

    def route(method: str, path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            site: Site = request.scope["site"]
            request_id = f"req-{uuid.uuid4()}"
            request.scope["request_id"] = request_id
            await world.silence.over(service, site.name)
            try:
                user = world.identity.user_of(request.headers.get("x-auth-token"))
                if user is None and path not in opened:
                    response = refused(request)
                else:
                    world.hooks.through("request", None, service=service, request=request, site=site)
                    response = await handler(Ask(request, site, user))
            except Refusal as error:
                response = refused(request) if error.status == 401 else render(request, error)
            except Exception:
                _LOG.exception("%s %s %s", service, method, request.url.path)
                response = render(request, Refusal(500, "Unexpected API Error."))
            without_id = unauthorized and (response.status_code == 401 or path in opened)
            for name in () if without_id else names:
                response.headers[name] = request_id
            return response

        return Route(path, endpoint, methods=[method])

    async def unknown(request: Request, error: Exception) -> Response:
        await world.silence.over(service, request.scope["site"].name)
        response = render(request, Refusal(404, "The resource could not be found."))
        for name in names:
            response.headers[name] = f"req-{uuid.uuid4()}"
        return response

    app = Starlette(routes=[route(*row) for row in table], exception_handlers={404: unknown})
    app.router.redirect_slashes = False
    return app


def _unauthorized() -> Response:
    message = "The request you have made requires authentication."
    return JSONResponse({"error": {"code": 401, "title": "Unauthorized", "message": message}}, 401)


async def to_folder(ask: Ask) -> Response:
    """Redirect the path of a version without its final slash to the path with the slash."""
    there = ask.request.url.replace(path=f"{ask.request.url.path}/")
    return Response(status_code=302, headers={"Location": str(there), "Content-Type": "text/plain; charset=UTF-8"})

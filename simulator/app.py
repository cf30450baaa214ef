"""One process: a socket for every service and every node, and what answers there."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator import tls
from simulator.api import weather
from simulator.api.admin import Admin
from simulator.api.cinder import Cinder
from simulator.api.glance import Glance
from simulator.api.keystone import Keystone
from simulator.api.neutron import Neutron
from simulator.api.nova import Nova
from simulator.api.placement import Placement
from simulator.api.service import Ask, application
from simulator.faults import Injector
from simulator.world.build import UNDERCLOUD_ADDRESS, address, port
from simulator.world.refusal import Refusal
from simulator.world.world import World

CENTRAL_SERVICES = ("identity", "volume", "compute", "placement", "network", "files", "admin")
_FIRST_BASE, _LAST_BASE, _STEP = 20000, 30000, 10


class NoFreePorts(Exception):
    """The wanted ports are in use; the message says which."""


@dataclass
class Sockets:
    """Everything that is listened on, before anybody answers."""

    base: int
    http: list[socket.socket] = field(default_factory=list)
    #: those of the Glances, by address
    images: dict[str, list[socket.socket]] = field(default_factory=dict)
    ssh: dict[str, socket.socket] = field(default_factory=dict)

    def close(self) -> None:
        images = (listener for listeners in self.images.values() for listener in listeners)
        for listener in (*self.http, *self.ssh.values(), *images):
            listener.close()


def open_sockets(dcn: int, nodes: int, base: int | None) -> Sockets:
    """Take all ports at once, of the given base or of the first free one. Raises NoFreePorts."""
    for candidate in [base] if base else range(_FIRST_BASE, _LAST_BASE, _STEP):
        try:
            return _open(dcn, nodes, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise NoFreePorts(f"ports from {candidate} on loopback: {error.strerror}") from error
    raise NoFreePorts(f"ports from {base} on are in use" if base else f"no ten free ports from {_FIRST_BASE} on")


def _open(dcn: int, nodes: int, base: int) -> Sockets:
    with ExitStack() as opened:
        sockets = Sockets(base)
        opened.callback(sockets.close)
        for service in CENTRAL_SERVICES:
            sockets.http.append(_listen(address(0, 0), port(base, service)))
        for site in range(dcn + 1):
            for node in range(nodes):
                here = address(site, node)
                sockets.images[here] = [_listen(here, port(base, name)) for name in ("image", "image-internal")]
                sockets.ssh[here] = _listen(here, port(base, "ssh"))
        sockets.ssh[UNDERCLOUD_ADDRESS] = _listen(UNDERCLOUD_ADDRESS, port(base, "ssh"))
        opened.pop_all()
        return sockets


def _listen(host: str, number: int) -> socket.socket:
    # with its protocol named, asyncio sends what it is given at once (TCP_NODELAY), and not 40 ms later
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, number))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


class Dispatcher:
    """The ASGI application: the port says which service is asked, the address at which site."""

    def __init__(self, world: World, base: int, injector: Injector) -> None:
        services: dict[str, Callable[[], Starlette]] = {
            "identity": Keystone(world).application,
            "image": Glance(world).application,
            "image-internal": Glance(world, internal=True).application,
            "volume": Cinder(world).application,
            "compute": Nova(world).application,
            "placement": Placement(world).application,
            "network": Neutron(world).application,
            "admin": Admin(world, injector).application,
            "files": lambda: _files(world),
        }
        self._world = world
        self._names, self._clock = {port(base, name): name for name in services}, world.clock
        self._services: dict[int, ASGIApp] = {port(base, name): build() for name, build in services.items()}
        self._sites, self._nodes = world.sites, {node.address: node for node in world.nodes}
        self._image_ports = {port(base, "image"): "glance", port(base, "image-internal"): "internal_glance"}
        # as a HAProxy says it
        self._nobody = Response("No server is available to handle this request.", 503, media_type="text/plain")
        self._nothing = JSONResponse({"error": "nothing is served here"}, 404)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        host, number = scope["server"]
        node, service = self._nodes[host], self._services.get(number, self._nothing)
        site = self._sites[node.site]
        if number in self._image_ports:
            site = self._sites.get(node.images_from or "", site)
            if node.images_from is None:
                service = self._nobody
            elif getattr(site, self._image_ports[number]) is None:
                service = self._nothing
        what = f"{self._names.get(number)} of {site.name} {scope['method']}"
        await self._clock.answers(what)
        if self._names.get(number) == "admin":
            await service({**scope, "site": site}, receive, send)
        else:
            await weather.through(self._world, what, service, {**scope, "site": site}, receive, send)


def _files(world: World) -> Starlette:
    """The HTTP server that the guest image is downloaded from."""

    async def get(ask: Ask) -> Response:
        data = world.internet.get(f"{world.urls['files']}/{ask.path('name')}")
        if data is None:
            raise Refusal(404, "File not found")
        return Response(data, media_type="application/octet-stream")

    def render(request: Request, error: Refusal) -> Response:
        return Response(error.message, error.status, media_type="text/plain")

    return application(world, "files", [("GET", "/{name}", get)], render, ("/{name}",))


def servers(world: World, sockets: Sockets, injector: Injector, folder: Path) -> list[tuple[uvicorn.Server, list[Any]]]:
    """The HTTP servers and the sockets that each is to serve on; the first one ends at a signal.

    :param folder: the CA for those that have TLS
    """
    dispatcher = Dispatcher(world, sockets.base, injector)
    if "--tls" not in world.options:
        images = [listener for listeners in sockets.images.values() for listener in listeners]
        return [(uvicorn.Server(_config(dispatcher)), [*sockets.http, *images])]
    found: list[tuple[uvicorn.Server, list[Any]]] = [(uvicorn.Server(_config(dispatcher)), sockets.http)]
    for site in world.sites.values():
        if site.glance:
            certificate, key = tls.server_files(folder, site)
            config = _config(dispatcher, ssl_certfile=certificate, ssl_keyfile=key)
            listeners = [listener for node in site.nodes for listener in sockets.images[node.address]]
            found.append((tls.Beside(config), listeners))
    return found


def _config(dispatcher: Dispatcher, **secured: Any) -> uvicorn.Config:
    return uvicorn.Config(
        dispatcher,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
        server_header=False,
        **secured,
    )

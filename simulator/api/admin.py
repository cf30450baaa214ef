"""The simulator's own endpoint: which faults there are and are in force; inject and heal them while it runs.

Beside the catalogue's faults, any service, node or command can be made silent: `POST /silent/KIND/PLACE`.
"""

from __future__ import annotations

from contextlib import ExitStack

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.api.service import Ask, Table, application
from simulator.faults import CHANGES, Injector, UnknownFault
from simulator.world.refusal import Refusal
from simulator.world.weather import Weather
from simulator.world.world import World


def _render(request: Request, error: Refusal) -> Response:
    return JSONResponse({"error": error.message}, error.status)


class Admin:
    """Faults by HTTP; it listens on loopback and asks for no token."""

    def __init__(self, world: World, injector: Injector) -> None:
        self._world, self._injector = world, injector
        self._silent = ExitStack()

    def application(self) -> Starlette:
        table: Table = [
            ("GET", "/faults", self.index),
            ("POST", "/faults", self.inject),
            ("DELETE", "/faults", self.heal),
            ("DELETE", "/faults/{name}", self.heal),
            ("POST", "/silent/{kind}/{place}", self.silence),
            ("DELETE", "/silent", self.speak),
            ("DELETE", "/weather", self.clear),
        ]
        opened = ("/faults", "/faults/{name}", "/silent/{kind}/{place}", "/silent", "/weather")
        return application(self._world, "admin", table, _render, opened)

    async def index(self, ask: Ask) -> Response:
        """The catalogue, and what of it is in force as NAME:SITE."""
        return JSONResponse(
            {"faults": [each.shown() for each in CHANGES.values()], "active": list(self._injector.active)}
        )

    async def inject(self, ask: Ask) -> Response:
        """`{"fault": "NAME"}` or `{"fault": "NAME:SITE"}`."""
        try:
            found = self._injector.inject(str((await ask.body()).get("fault", "")))
        except UnknownFault as error:
            raise Refusal(404, str(error)) from error
        return JSONResponse({"fault": found.shown(), "active": list(self._injector.active)}, 201)

    async def heal(self, ask: Ask) -> Response:
        """Undo one fault, or all of them."""
        return JSONResponse({"healed": self._injector.heal(str(ask.request.path_params.get("name", "")))})

    async def silence(self, ask: Ask) -> Response:
        """A service of a site, a node's `ssh`, or a command on the nodes of a site, is not answered any more."""
        self._silent.enter_context(self._world.silence.of(ask.path("kind"), ask.path("place")))
        return JSONResponse({}, 201)

    async def speak(self, ask: Ask) -> Response:
        """Everything that was made silent answers again."""
        self._silent.close()
        return JSONResponse({})

    async def clear(self, ask: Ask) -> Response:
        """The weather is good again; how often what has happened, and what the deployment holds now."""
        happened, self._world.weather = self._world.weather.happened, Weather()
        return JSONResponse({"happened": happened, "holds": self._world.holds})

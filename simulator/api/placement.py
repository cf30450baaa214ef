"""Placement: the resource providers, one per compute node."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.api.service import Ask, Table, application
from simulator.world.nodes import Node
from simulator.world.refusal import Refusal
from simulator.world.world import World

_VERSION = {
    "id": "v1.0",
    "status": "CURRENT",
    "min_version": "1.0",
    "max_version": "1.39",
    "links": [{"rel": "self", "href": ""}],
}


def _render(request: Request, error: Refusal) -> Response:
    title = HTTPStatus(error.status).phrase
    body = {"errors": [{"status": error.status, "title": title, "detail": error.message}]}
    return JSONResponse(body, error.status)


class Placement:
    """The placement service."""

    def __init__(self, world: World) -> None:
        self._world = world

    def application(self) -> Starlette:
        table: Table = [
            ("GET", "/", self.versions),
            ("GET", "/resource_providers", self.providers),
            ("GET", "/resource_providers/{id}", self.provider),
            ("GET", "/resource_providers/{id}/inventories", self.inventories),
            ("GET", "/allocations/{id}", self.allocations),
        ]
        return application(self._world, "placement", table, _render, ("/",))

    async def versions(self, ask: Ask) -> Response:
        return JSONResponse({"versions": [_VERSION]})

    def _identifier(self, node: Node) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, node.name))

    def _provider(self, node: Node) -> dict[str, Any]:
        identifier = self._identifier(node)
        return {
            "uuid": identifier,
            "name": node.name,
            "generation": 1,
            "root_provider_uuid": identifier,
            "parent_provider_uuid": None,
            "links": [{"rel": "self", "href": f"/resource_providers/{identifier}"}],
        }

    def _computes(self) -> list[Node]:
        return [node for node in self._world.nodes if "compute" in node.roles]

    async def providers(self, ask: Ask) -> Response:
        return JSONResponse({"resource_providers": [self._provider(node) for node in self._computes()]})

    def _node(self, ask: Ask) -> Node:
        for node in self._computes():
            if self._identifier(node) == ask.path("id"):
                return node
        raise Refusal(404, f"No resource provider with uuid {ask.path('id')} found")

    async def provider(self, ask: Ask) -> Response:
        return JSONResponse(self._provider(self._node(ask)))

    async def inventories(self, ask: Ask) -> Response:
        self._node(ask)
        inventory = {"reserved": 0, "min_unit": 1, "step_size": 1, "allocation_ratio": 1.0}
        found = {
            name: inventory | {"total": total, "max_unit": total}
            for name, total in (("VCPU", 64), ("MEMORY_MB", 65536))
        }
        return JSONResponse({"resource_provider_generation": 1, "inventories": found})

    async def allocations(self, ask: Ask) -> Response:
        return JSONResponse({"allocations": {}})

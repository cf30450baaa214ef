"""Keystone v3: tokens, the catalog, and the projects and users that clients look up."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.api.service import Ask, application
from simulator.world.identity import DOMAIN, REGION, Project, Token, User
from simulator.world.refusal import Refusal
from simulator.world.world import World

_INTERFACES = ("admin", "internal", "public")
_NAMESPACE = uuid.UUID("6f1c2a52-3a0e-4a84-9d5d-6d2f3f0a0c11")


def _render(request: Request, error: Refusal) -> Response:
    title = HTTPStatus(error.status).phrase
    return JSONResponse({"error": {"code": error.status, "message": error.message, "title": title}}, error.status)


def _identifier(*parts: str) -> str:
    """Return an ID that is the same in every run of the simulator."""
    return uuid.uuid5(_NAMESPACE, "/".join(parts)).hex


def catalog(world: World, project: Project) -> list[dict[str, Any]]:
    """Return the endpoints of the services, all at central."""
    urls = world.urls
    services = [
        ("identity", "keystone", urls["identity"]),
        ("image", "glance", urls["image"]),
        ("compute", "nova", f"{urls['compute']}/v2.1"),
        ("volumev3", "cinderv3", f"{urls['volume']}/v3/{project.id}"),
        ("placement", "placement", urls["placement"]),
        ("network", "neutron", urls["network"]),
    ]
    found = [
        {
            "id": _identifier(kind),
            "type": kind,
            "name": name,
            "endpoints": [
                {
                    "id": _identifier(kind, interface),
                    "interface": interface,
                    "region": REGION,
                    "region_id": REGION,
                    "url": url,
                }
                for interface in _INTERFACES
            ],
        }
        for kind, name, url in services
    ]
    return world.hooks.through("catalog", found)


class Keystone:
    """The identity service."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._url = f"{world.urls['identity']}/v3"

    def application(self) -> Starlette:
        table = [
            ("GET", "/", self.versions),
            ("GET", "/v3", self.version),
            ("GET", "/v3/", self.version),
            ("POST", "/v3/auth/tokens", self.login),
            ("GET", "/v3/auth/tokens", self.validate),
            ("GET", "/v3/auth/catalog", self.catalog),
            ("GET", "/v3/auth/projects", self.projects),
            ("GET", "/v3/projects", self.projects),
            ("GET", "/v3/projects/{id}", self.project),
            ("GET", "/v3/users", self.users),
            ("GET", "/v3/users/{id}", self.user),
            ("GET", "/v3/users/{id}/projects", self.projects),
            ("GET", "/v3/domains", self.domains),
            ("GET", "/v3/domains/{id}", self.domain),
            ("GET", "/v3/regions", self.regions),
            ("GET", "/v3/services", self.services),
            ("GET", "/v3/endpoints", self.endpoints),
        ]
        opened = ("/", "/v3", "/v3/", "/v3/auth/tokens")
        return application(self._world, "identity", table, _render, opened)

    def _described(self) -> dict[str, Any]:
        return {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": f"{self._url}/"}],
            "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
        }

    async def versions(self, ask: Ask) -> Response:
        return JSONResponse({"versions": {"values": [self._described()]}}, 300)

    async def version(self, ask: Ask) -> Response:
        return JSONResponse({"version": self._described()})

    async def login(self, ask: Ask) -> Response:
        auth = (await ask.body()).get("auth", {})
        identity = auth.get("identity", {})
        methods: list[str] = identity.get("methods", [])
        token = None
        if "password" in methods:
            user = identity.get("password", {}).get("user", {})
            token = self._world.identity.login(user.get("id") or user.get("name", ""), user.get("password", ""))
        elif "token" in methods:
            token = self._world.identity.tokens.get(identity.get("token", {}).get("id", ""))
        if token is None:
            raise Refusal(401, "")
        scope = auth.get("scope", {})
        project = scope.get("project") if isinstance(scope, dict) else None
        own = token.user.project
        if project and own.id != project.get("id") and own.name != project.get("name"):
            raise Refusal(401, "")
        return JSONResponse(
            {"token": self._shown(token, methods, bool(project))},
            201,
            {"X-Subject-Token": token.id, "Vary": "X-Auth-Token"},
        )

    async def validate(self, ask: Ask) -> Response:
        token = self._world.identity.tokens.get(ask.request.headers.get("x-subject-token", ""))
        if ask.user is None or token is None:
            raise Refusal(404, "Failed to validate token")
        return JSONResponse({"token": self._shown(token, ["password"], True)}, headers={"X-Subject-Token": token.id})

    def _shown(self, token: Token, methods: list[str], scoped: bool) -> dict[str, Any]:
        user = token.user
        found: dict[str, Any] = {
            "methods": methods,
            "user": {"id": user.id, "name": user.name, "domain": DOMAIN, "password_expires_at": None},
            "audit_ids": [token.id[:22]],
            "expires_at": token.expires.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "issued_at": token.issued.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        }
        if scoped:
            found |= {
                "project": {"id": user.project.id, "name": user.project.name, "domain": DOMAIN},
                "is_domain": False,
                "roles": [{"id": _identifier("role", role), "name": role} for role in user.roles],
                "catalog": catalog(self._world, user.project),
            }
        return found

    async def catalog(self, ask: Ask) -> Response:
        return JSONResponse({"catalog": catalog(self._world, ask.user.project), "links": {}})

    def _list(self, name: str, found: list[dict[str, Any]], ask: Ask) -> Response:
        wanted = ask.query("name")
        found = [each for each in found if wanted in ("", each.get("name"))]
        links = {"self": f"{self._url}/{name}", "next": None, "previous": None}
        return JSONResponse({name: found, "links": links})

    def _project(self, project: Project) -> dict[str, Any]:
        return {
            "id": project.id,
            "name": project.name,
            "domain_id": DOMAIN["id"],
            "parent_id": DOMAIN["id"],
            "description": "",
            "enabled": True,
            "is_domain": False,
            "tags": [],
            "options": {},
            "links": {"self": f"{self._url}/projects/{project.id}"},
        }

    def _user(self, user: User) -> dict[str, Any]:
        return {
            "id": user.id,
            "name": user.name,
            "domain_id": DOMAIN["id"],
            "enabled": True,
            "default_project_id": user.project.id,
            "password_expires_at": None,
            "options": {},
            "links": {"self": f"{self._url}/users/{user.id}"},
        }

    async def projects(self, ask: Ask) -> Response:
        return self._list("projects", [self._project(each) for each in self._world.identity.projects.values()], ask)

    async def project(self, ask: Ask) -> Response:
        for project in self._world.identity.projects.values():
            if project.id == ask.path("id"):
                return JSONResponse({"project": self._project(project)})
        raise Refusal(404, f"Could not find project: {ask.path('id')}.")

    async def users(self, ask: Ask) -> Response:
        return self._list("users", [self._user(each) for each in self._world.identity.users.values()], ask)

    async def user(self, ask: Ask) -> Response:
        for user in self._world.identity.users.values():
            if user.id == ask.path("id"):
                return JSONResponse({"user": self._user(user)})
        raise Refusal(404, f"Could not find user: {ask.path('id')}.")

    async def domains(self, ask: Ask) -> Response:
        return self._list("domains", [DOMAIN | {"enabled": True}], ask)

    async def domain(self, ask: Ask) -> Response:
        if ask.path("id") != DOMAIN["id"]:
            raise Refusal(404, f"Could not find domain: {ask.path('id')}.")
        return JSONResponse({"domain": DOMAIN | {"enabled": True}})

    async def regions(self, ask: Ask) -> Response:
        return self._list("regions", [{"id": REGION, "description": "", "parent_region_id": None}], ask)

    async def services(self, ask: Ask) -> Response:
        ask.admin_only("You are not authorized to perform the requested action: identity:list_services.")
        found = catalog(self._world, ask.user.project)
        return self._list(
            "services", [{k: s[k] for k in ("id", "type", "name")} | {"enabled": True} for s in found], ask
        )

    async def endpoints(self, ask: Ask) -> Response:
        ask.admin_only("You are not authorized to perform the requested action: identity:list_endpoints.")
        found = [
            endpoint | {"service_id": service["id"], "enabled": True}
            for service in catalog(self._world, ask.user.project)
            for endpoint in service["endpoints"]
        ]
        return self._list("endpoints", found, ask)

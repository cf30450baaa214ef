"""Calls to the lab's OpenStack APIs for the resources that `up` creates and waits for.

The SDK is not used because it takes longer to import.
"""

from __future__ import annotations

from typing import Any

from lab import cinder, heat, keystone, neutron, nova, placement, web
from lab.plan import Plan
from lab.state import State

_NOVA_VERSION = "compute 2.90"
_CINDER_VERSION = "volume 3.70"
#: From version 3.49, listing the services also asks the scheduler; without a scheduler it returns 500 after a minute.
_CINDER_SERVICES_VERSION = "volume 3.48"
_PLACEMENT_VERSION = "placement 1.39"
_SECONDS = 60.0


class Cloud:
    """A connection to the APIs as one user in one project."""

    def __init__(self, plan: Plan, state: State, user: str = "admin", project: str = "admin") -> None:
        self._plan = plan
        domain = {"id": "default"}
        identity = {"name": user, "domain": domain, "password": keystone.user_password(state, user)}
        scope = {"project": {"name": project, "domain": domain}}
        asked = {"auth": {"identity": {"methods": ["password"], "password": {"user": identity}}, "scope": scope}}
        answer = web.call("POST", f"{plan.keystone_url}/auth/tokens", asked, timeout=30)
        if answer.status >= 400:
            raise web.WebError(f"Keystone does not let {user} in: {answer.status}")
        self._token = answer.headers["X-Subject-Token"]
        self.project_id = str(answer.json()["token"]["project"]["id"])

    def nova(self, method: str, path: str, body: Any = None) -> Any:
        return self._call("Nova", method, f"{nova.url(self._plan)}/{path}", body, _NOVA_VERSION)

    def cinder(self, method: str, path: str, body: Any = None) -> Any:
        url = cinder.url(self._plan) % {"project_id": self.project_id}
        version = _CINDER_SERVICES_VERSION if path.startswith("os-services") else _CINDER_VERSION
        return self._call("Cinder", method, f"{url}/{path}", body, version)

    def neutron(self, method: str, path: str, body: Any = None) -> Any:
        return self._call("Neutron", method, f"{neutron.url(self._plan)}/v2.0/{path}", body)

    def placement(self, method: str, path: str, body: Any = None) -> Any:
        return self._call("Placement", method, f"{placement.url(self._plan)}/{path}", body, _PLACEMENT_VERSION)

    def heat(self, method: str, path: str, body: Any = None, timeout: float = _SECONDS) -> Any:
        url = heat.url(self._plan) % {"project_id": self.project_id}
        return self._call("Heat", method, f"{url}/{path}", body, timeout=timeout)

    def _call(self, name: str, method: str, url: str, body: Any, version: str = "", timeout: float = _SECONDS) -> Any:
        headers = {"X-Auth-Token": self._token, "OpenStack-API-Version": version, "Accept": "application/json"}
        answer = web.call(method, url, body, headers, timeout)
        if answer.status >= 400:
            said = answer.body.decode(errors="replace")[:300]
            raise web.WebError(f"{name}: {method} {url} answered {answer.status}: {said}", answer.status)
        return answer.json()

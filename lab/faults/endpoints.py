"""Read and change the public endpoints of the catalog through Keystone's API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab import keystone, web
from lab.faults.lab import FaultError, Lab
from lab.plan import REGION


def public(lab: Lab, service: str) -> list[str]:
    """Return the URLs of a service's public endpoints; `service` is its type, for example `image` or `identity`."""
    _, rows = _public_rows(lab, token(lab), service)
    return [str(row["url"]) for row in rows]


def set_public(lab: Lab, service: str, urls: Sequence[str]) -> None:
    """Make these the only public endpoints of a service; endpoints that already match are kept."""
    admin = token(lab)
    service_id, rows = _public_rows(lab, admin, service)
    missing = list(urls)
    for row in rows:
        if row["url"] in missing:
            missing.remove(row["url"])
        else:
            _call(lab, admin, "DELETE", f"endpoints/{row['id']}")
    for url in missing:
        endpoint = {"service_id": service_id, "interface": "public", "url": url, "region_id": REGION}
        _call(lab, admin, "POST", "endpoints", {"endpoint": endpoint})


def token(lab: Lab) -> str:
    """Return a token of the admin user."""
    user = {"name": "admin", "domain": {"id": "default"}, "password": keystone.user_password(lab.state, "admin")}
    scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    answer = web.call("POST", f"{lab.plan.keystone_url}/auth/tokens", {"auth": auth}, timeout=30)
    if answer.status >= 400:
        raise FaultError(f"Keystone gives no token: HTTP {answer.status}")
    return answer.headers["X-Subject-Token"]


def _public_rows(lab: Lab, admin: str, service: str) -> tuple[str, list[dict[str, Any]]]:
    service_id = str(_call(lab, admin, "GET", f"services?type={service}")["services"][0]["id"])
    rows = _call(lab, admin, "GET", f"endpoints?service_id={service_id}&interface=public")["endpoints"]
    return service_id, rows


def _call(lab: Lab, admin: str, method: str, path: str, body: Any = None) -> Any:
    answer = web.call(method, f"{lab.plan.keystone_url}/{path}", body, {"X-Auth-Token": admin}, timeout=30)
    if answer.status >= 400:
        raise FaultError(f"Keystone: {method} {path} answered HTTP {answer.status}")
    return answer.json()

"""Keystone at central, one for all sites: users, projects and the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import database, hosts, supervise, web
from lab.messaging import MEMCACHED_PORT
from lab.plan import CINDER_PORT, HEAT_PORT, KEYSTONE_PORT, NEUTRON_PORT, NOVA_PORT, PLACEMENT_PORT, REGION, Plan
from lab.render import render
from lab.state import State, write
from lab.supervise import Service

_SETUP_SCRIPT = Path(__file__).parent / "inside" / "keystone_setup.py"
SERVICE_PROJECT = "service"
DEMO = "demo"


@dataclass(frozen=True)
class CatalogEntry:
    """A service in the catalog; `name` is also the user with which it calls other services."""

    name: str
    type: str
    url: str
    description: str


def catalog(plan: Plan) -> tuple[CatalogEntry, ...]:
    """Return all services but Keystone itself.

    Only central's Glance is listed; those of DCN sites are in no catalog.
    """
    address = plan.controller.address
    heat = f"http://{plan.undercloud.address}:{HEAT_PORT}/v1/%(project_id)s"
    always = (
        CatalogEntry("glance", "image", plan.central.glance_url, "OpenStack Image Service"),
        CatalogEntry("heat", "orchestration", heat, "OpenStack Orchestration Service"),
    )
    if not plan.instances:
        return always
    return (
        *always,
        CatalogEntry("placement", "placement", f"http://{address}:{PLACEMENT_PORT}", "OpenStack Placement Service"),
        CatalogEntry("nova", "compute", f"http://{address}:{NOVA_PORT}/v2.1", "OpenStack Compute Service"),
        CatalogEntry("cinder", "volumev3", f"http://{address}:{CINDER_PORT}/v3/%(project_id)s", "OpenStack Volumes"),
        CatalogEntry("neutron", "network", f"http://{address}:{NEUTRON_PORT}", "OpenStack Networking Service"),
    )


def user_password(state: State, user: str) -> str:
    return state.secret(f"keystone-{user}")


def write_files(plan: Plan, state: State) -> str:
    """Write the configuration, and return all the text that the service reads."""
    host = plan.controller
    folder = state.host(host)
    keystone = hosts.owner("keystone")
    conf = render(
        "keystone.conf",
        database_url=database.url(plan, state, "keystone"),
        memcached=f"{host.address}:{MEMCACHED_PORT}",
    )
    write(folder / "etc" / "keystone" / "keystone.conf", conf, 0o600, keystone)
    for kind in ("fernet", "credential"):
        keys = hosts.own_folder(folder / "etc" / "keystone" / f"{kind}-keys", "keystone", 0o700)
        for number in ("0", "1"):
            write(keys / number, state.fernet_key(f"{kind}-key-{number}"), 0o600, keystone)
    uwsgi = render(
        "uwsgi.ini",
        name="keystone",
        address=host.address,
        port=KEYSTONE_PORT,
        processes=2,
        threads=4,
        lazy="false",
        wsgi_file="/usr/bin/keystone-wsgi-public",
        extra="",
    )
    write(folder / "etc" / "keystone" / "uwsgi.ini", uwsgi, 0o644)
    for path in ("lib", "log"):
        hosts.own_folder(folder / "var" / path / "keystone", "keystone", 0o750)
    return conf + uwsgi


def make_database(plan: Plan, state: State, log: Path) -> None:
    """Create the tables and the admin user if they do not exist."""
    write_files(plan, state)
    shell = hosts.shell_in(plan, plan.controller, log)
    as_keystone = ("setpriv", "--reuid=keystone", "--regid=keystone", "--init-groups")
    done = state.host(plan.controller) / "var" / "lib" / "keystone" / "bootstrapped"
    if done.exists():
        return
    database.empty(shell, "keystone")
    # The password is passed in the environment, because all users of the machine can read arguments.
    secret = {"OS_BOOTSTRAP_PASSWORD": user_password(state, "admin")}
    script = _SETUP_SCRIPT.read_text(encoding="utf-8")
    python = (*as_keystone, "/usr/bin/python3", "-")
    shell.run(*python, REGION, plan.keystone_url, stdin=script, timeout=400, env=secret)
    write(done, "")


def start(plan: Plan, state: State, log: Path) -> None:
    settings = write_files(plan, state)
    command = "/usr/bin/uwsgi_python3 --ini /etc/keystone/uwsgi.ini"
    service = Service("keystone", command, "keystone", settings=settings)
    supervise.start_and_wait(plan, plan.controller, state, service, lambda: answers(plan))


def answers(plan: Plan) -> bool:
    return web.answers(plan.keystone_url)


def fill(plan: Plan, state: State, log: Path) -> None:
    """Create the users, roles, demo project and catalog through Keystone's API."""
    api = _Api(plan, user_password(state, "admin"))
    roles = {role["name"]: role["id"] for role in api.get("roles")}
    projects = {name: api.ensure("project", {"name": name, "domain_id": "default"}) for name in (SERVICE_PROJECT, DEMO)}
    for entry in catalog(plan):
        user = api.ensure_user(entry.name, user_password(state, entry.name))
        for role in ("admin", "service"):
            if role not in roles:
                roles[role] = api.ensure("role", {"name": role})
            api.put(f"projects/{projects[SERVICE_PROJECT]}/users/{user}/roles/{roles[role]}")
        described = {"name": entry.name, "type": entry.type, "description": entry.description}
        service = api.ensure("service", described)
        existing = {one["interface"]: one for one in api.get(f"endpoints?service_id={service}")}
        for interface in ("public", "internal", "admin"):
            endpoint = {"service_id": service, "interface": interface, "url": entry.url, "region_id": REGION}
            if interface not in existing:
                api.post("endpoint", endpoint)
    demo = api.ensure_user(DEMO, user_password(state, DEMO))
    api.put(f"projects/{projects[DEMO]}/users/{demo}/roles/{roles['member']}")


class _Api:
    """The few calls that `fill` needs.

    The SDK is not used, because importing it takes longer than all of these calls.
    """

    def __init__(self, plan: Plan, password: str) -> None:
        self._url = plan.keystone_url
        self._token = ""
        user = {"name": "admin", "domain": {"id": "default"}, "password": password}
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": user}}
        self._token, _ = self._call("POST", "auth/tokens", {"auth": {"identity": identity, "scope": scope}})

    def get(self, path: str) -> list[dict[str, Any]]:
        _, body = self._call("GET", path)
        collection = path.partition("?")[0]
        return list(body[collection])

    def post(self, kind: str, values: dict[str, Any]) -> str:
        _, body = self._call("POST", f"{kind}s", {kind: values})
        return str(body[kind]["id"])

    def put(self, path: str) -> None:
        self._call("PUT", path)

    def ensure(self, kind: str, values: dict[str, Any]) -> str:
        """Return the ID of the resource with this name; create it if it does not exist."""
        found = self.get(f"{kind}s?name={values['name']}")
        return str(found[0]["id"]) if found else self.post(kind, values)

    def ensure_user(self, name: str, password: str) -> str:
        found = self.get(f"users?name={name}")
        if found:
            return str(found[0]["id"])
        return self.post("user", {"name": name, "domain_id": "default", "password": password})

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[str, Any]:
        headers = {"X-Auth-Token": self._token} if self._token else {}
        answer = web.call(method, f"{self._url}/{path}", body, headers, timeout=60)
        if answer.status >= 400:
            said = answer.body.decode(errors="replace")[:300]
            raise web.WebError(f"Keystone: {method} {path} answered {answer.status}: {said}")
        return answer.headers.get("X-Subject-Token", ""), answer.json()

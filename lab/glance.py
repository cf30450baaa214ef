"""Glance in containers at every site, all with one database at central."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab import containers, database, hosts, keystone, web
from lab.containers import Container
from lab.messaging import MEMCACHED_PORT
from lab.plan import CENTRAL_STORE, GLANCE_PORT, GUEST_IMAGE_PORT, REGION, Host, Plan, Site
from lab.render import render
from lab.state import State, write

CONTAINER = "glance_api"
_APPLICATION = Path(__file__).parent / "inside" / "glance_wsgi.py"
# Under uwsgi, an import runs in its own thread, so an unreachable store blocks that thread but not the server.
_PROCESSES = 2
_THREADS = 8
_UWSGI_EXTRA = """
socket-timeout = 30
http-auto-chunked = true
http-chunked-input = true
http-raw-body = true
wsgi-manage-chunked-input = true
"""


@dataclass(frozen=True)
class Store:
    """An RBD store in the configuration of a Glance."""

    id: str
    cluster: str
    user: str

    @property
    def description(self) -> str:
        return f"{self.cluster} rbd glance store"


def stores(plan: Plan, site: Site) -> tuple[Store, ...]:
    """Return the RBD stores of the site's Glance, the default store first."""
    if site.central:
        others = tuple(Store(other.name, other.cluster, "external") for other in plan.dcn_storage)
        return (Store(CENTRAL_STORE, site.cluster, "openstack"), *others)
    # The store has the site's own name. All sites share the store IDs, and default_backend is central's own store.
    central = plan.central
    return (Store(site.name, site.cluster, "openstack"), Store(central.name, central.cluster, "external"))


def configuration(plan: Plan, site: Site, host: Host, state: State) -> str:
    of_site = stores(plan, site)
    backends = [f"{of_site[0].id}:rbd", "http:http", *(f"{store.id}:rbd" for store in of_site[1:])]
    text = render(
        "glance-api.conf",
        enabled_backends=",".join(backends),
        default_backend=of_site[0].id,
        url=host.glance_url,
        database_url=database.url(plan, state, "glance"),
        keystone_url=plan.keystone_url,
        password=keystone.user_password(state, "glance"),
        region=REGION,
        memcached=f"{plan.controller.address}:{MEMCACHED_PORT}",
        image_port=GUEST_IMAGE_PORT,
    )
    sections = [
        render("glance-store.conf", store=one.id, description=one.description, cluster=one.cluster, user=one.user)
        for one in of_site
    ]
    return text + "".join(sections)


def write_files(plan: Plan, site: Site, host: Host, state: State) -> str:
    """Write the configuration, and return all the text that the container reads only when it starts."""
    folder = state.host(host)
    glance = hosts.owner("glance")
    conf = configuration(plan, site, host, state)
    policy = render("glance-policy.yaml")
    uwsgi = render(
        "uwsgi.ini",
        name="glance",
        address=host.address,
        port=GLANCE_PORT,
        processes=_PROCESSES,
        threads=_THREADS,
        lazy="false",
        wsgi_file="/etc/glance/wsgi.py",
        extra=_UWSGI_EXTRA,
    )
    write(folder / "etc" / "glance" / "glance-api.conf", conf, 0o600, glance)
    write(folder / "etc" / "glance" / "policy.yaml", policy, 0o644)
    application = _APPLICATION.read_text(encoding="utf-8")
    write(folder / "etc" / "glance" / "uwsgi.ini", uwsgi, 0o644)
    write(folder / "etc" / "glance" / "wsgi.py", application, 0o644)
    hosts.own_folder(folder / "var" / "log" / "containers" / "glance", "glance", 0o750)
    for name in ("", "staging", "tasks"):
        hosts.own_folder(folder / "var" / "lib" / "glance" / name, "glance", 0o750)
    return conf + policy + uwsgi + application


def make_database(plan: Plan, state: State, log: Path) -> None:
    done = state.host(plan.controller) / "var" / "lib" / "glance-database-is-made"
    if done.exists():
        return
    write_files(plan, plan.central, plan.controller, state)
    shell = hosts.shell_in(plan, plan.controller, log)
    database.empty(shell, "glance")
    as_glance = ("setpriv", "--reuid=glance", "--regid=glance", "--init-groups")
    manage = (
        "glance-manage",
        "--config-file",
        "/etc/glance/glance-api.conf",
        "--log-file",
        "/var/log/containers/glance/manage.log",
    )
    shell.run(*as_glance, *manage, "db_sync", timeout=400)
    write(done, "")


def start(plan: Plan, site: Site, state: State, log: Path) -> None:
    for host in site.glances:
        settings = write_files(plan, site, host, state)
        containers.start(host, state, hosts.shell_in(plan, host, log), container(), settings)
    for host in site.glances:
        containers.wait_for(hosts.shell_in(plan, host, log), CONTAINER, partial(answers, host))


def container() -> Container:
    return Container(
        name=CONTAINER,
        command=("uwsgi-core", "--ini", "/etc/glance/uwsgi.ini"),
        user="glance",
        volumes=(
            "/etc/glance:/etc/glance:ro",
            "/etc/ceph:/etc/ceph:ro",
            "/etc/ssl:/etc/ssl:ro",
            "/etc/hosts:/etc/hosts:ro",
            "/var/lib/glance:/var/lib/glance",
            "/var/log/containers/glance:/var/log/glance",
        ),
    )


def answers(host: Host) -> bool:
    """Return whether a worker that has loaded its application answers the health check.

    HAProxy forwards it if the host has one.
    """
    return web.answers(f"{host.glance_url}/healthcheck")

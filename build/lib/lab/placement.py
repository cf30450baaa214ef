"""Placement at central."""

from __future__ import annotations

from pathlib import Path

from lab import config_data, containers, database, hosts, service_auth, web
from lab.containers import Container
from lab.plan import PLACEMENT_PORT, Host, Plan
from lab.render import render
from lab.state import State, write

CONTAINER = "placement_api"


def url(plan: Plan) -> str:
    return f"http://{plan.controller.address}:{PLACEMENT_PORT}"


def configuration(plan: Plan, state: State) -> str:
    text = render("placement.conf", database_url=database.url(plan, state, "placement"))
    return text + service_auth.accepting(plan, state, "placement")


def start(plan: Plan, state: State, log: Path) -> None:
    host = plan.controller
    settings = _write_files(plan, host, state)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, container(), settings)
    containers.wait_for(shell, CONTAINER, lambda: answers(plan))


def _write_files(plan: Plan, host: Host, state: State) -> str:
    folder = config_data.folder(state, host, "placement", "placement")
    owner = hosts.owner("placement")
    conf = configuration(plan, state)
    uwsgi = render(
        "uwsgi.ini",
        name="placement",
        address=host.address,
        port=PLACEMENT_PORT,
        processes=1,
        threads=4,
        lazy="false",
        wsgi_file="/usr/bin/placement-api",
        extra="",
    )
    write(folder / "placement.conf", conf, 0o600, owner)
    write(folder / "uwsgi.ini", uwsgi, 0o644)
    config_data.make_folders(state, host, "placement", "placement")
    return conf + uwsgi


def container() -> Container:
    return Container(
        name=CONTAINER,
        command=("uwsgi-core", "--ini", "/etc/placement/uwsgi.ini"),
        user="placement",
        volumes=(
            config_data.volume("placement", "placement"),
            "/etc/hosts:/etc/hosts:ro",
            "/etc/ssl:/etc/ssl:ro",
            config_data.log_volume("placement"),
        ),
    )


def answers(plan: Plan) -> bool:
    return web.answers(f"{url(plan)}/")

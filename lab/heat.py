"""Heat on the undercloud: API and engine in one process, run as `heat-all` from Debian's heat-common.

The lab's undercloud has no database, message queue or Keystone of its own and uses those of central.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import config_data, containers, database, hosts, keystone, messaging, service_auth, web
from lab.containers import Container
from lab.plan import HEAT_PORT, REGION, Host, Plan
from lab.render import render
from lab.state import State, write

CONTAINER = "heat_all"
_PASTE = Path("/etc/heat/api-paste.ini")


def url(plan: Plan) -> str:
    return f"http://{plan.undercloud.address}:{HEAT_PORT}/v1/%(project_id)s"


def configuration(plan: Plan, state: State) -> str:
    host = plan.undercloud
    text = render(
        "heat.conf",
        host=host.name,
        address=host.address,
        port=HEAT_PORT,
        transport_url=messaging.transport_url(plan, state),
        database_url=database.url(plan, state, "heat"),
        keystone_url=plan.keystone_url,
        password=keystone.user_password(state, "heat"),
        region=REGION,
        # Heat requires exactly 32 characters.
        encryption_key=state.uuid("heat-encryption-key").replace("-", ""),
    )
    return text + service_auth.accepting(plan, state, "heat")


def _write_files(plan: Plan, host: Host, state: State) -> str:
    """Write the configuration, and return all the text that the container reads."""
    folder = config_data.folder(state, host, "heat", "heat")
    conf = configuration(plan, state)
    write(folder / "heat.conf", conf, 0o600, hosts.owner("heat"))
    shutil.copy(_PASTE, folder / _PASTE.name)
    config_data.make_folders(state, host, "heat", "heat")
    return conf


def make_database(plan: Plan, state: State, log: Path) -> None:
    host = plan.undercloud
    done = state.host(host) / "var" / "lib" / "heat-database-is-made"
    if done.exists():
        return
    _write_files(plan, host, state)
    database.empty(hosts.shell_in(plan, plan.controller, log), "heat")
    as_heat = ("setpriv", "--reuid=heat", "--regid=heat", "--init-groups")
    conf, manage = f"{config_data.BASE}/heat/etc/heat/heat.conf", f"{config_data.LOGS}/heat/heat-manage.log"
    command = ("heat-manage", "--config-file", conf, "--log-file", manage, "db_sync")
    hosts.shell_in(plan, host, log).run(*as_heat, *command, timeout=180)
    write(done, "")


def start(plan: Plan, state: State, log: Path) -> None:
    host = plan.undercloud
    settings = _write_files(plan, host, state)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, container(), settings)
    containers.wait_for(shell, CONTAINER, lambda: answers(plan))


def container() -> Container:
    return Container(
        name=CONTAINER,
        command=("heat-all", "--log-file=/var/log/heat/heat-all.log"),
        user="heat",
        init=True,  # heat-all does not end on the stop signal when it runs as process 1
        volumes=(
            config_data.volume("heat", "heat"),
            "/etc/hosts:/etc/hosts:ro",
            "/etc/ssl:/etc/ssl:ro",
            "/var/lib/heat:/var/lib/heat",
            config_data.log_volume("heat"),
        ),
    )


def answers(plan: Plan) -> bool:
    return web.answers(f"http://{plan.undercloud.address}:{HEAT_PORT}/healthcheck")

"""Nova's control plane at central: API, conductor, scheduler."""

from __future__ import annotations

from pathlib import Path

from lab import config_data, containers, database, hosts, messaging, service_auth, web
from lab.containers import Container
from lab.plan import CENTRAL, NOVA_PORT, REGION, Plan
from lab.render import render
from lab.state import State, write

SERVICES = ("api", "conductor", "scheduler")
_MANAGE = Path(__file__).parent / "inside" / "nova_database.py"


def url(plan: Plan) -> str:
    return f"http://{plan.controller.address}:{NOVA_PORT}/v2.1"


def container_name(service: str) -> str:
    return f"nova_{service}"


def configuration(plan: Plan, state: State) -> str:
    host = plan.controller
    text = render(
        "nova.conf",
        host=host.name,
        address=host.address,
        port=NOVA_PORT,
        transport_url=messaging.transport_url(plan, state),
        api_database_url=database.url(plan, state, "nova_api", "nova"),
        database_url=database.url(plan, state, "nova"),
        zone=CENTRAL,
        glance_url=plan.central.glance_url,
    )
    return text + service_auth.accepting(plan, state, "nova") + credentials(plan, state)


def credentials(plan: Plan, state: State, *of_cinder: str) -> str:
    """Return the settings with which Nova's services, including the compute nodes, call other services."""
    cinder = ("catalog_info = volumev3::publicURL", f"os_region_name = {REGION}", *of_cinder)
    return (
        service_auth.calling(plan, state, "cinder", "nova", *cinder)
        + service_auth.calling(plan, state, "neutron", "nova")
        + service_auth.calling(plan, state, "placement", "nova")
        + service_auth.calling(plan, state, "service_user", "nova", "send_service_user_token = true")
    )


def write_files(plan: Plan, state: State) -> str:
    """Write the configuration, and return all the text that the containers read."""
    host = plan.controller
    conf = configuration(plan, state)
    write(config_data.folder(state, host, "nova", "nova") / "nova.conf", conf, 0o600, hosts.owner("nova"))
    config_data.make_folders(state, host, "nova", "nova", "tmp", "instances")
    return conf


def make_database(plan: Plan, state: State, log: Path) -> None:
    host = plan.controller
    done = state.host(host) / "var" / "lib" / "nova-database-is-made"
    if done.exists():
        return
    write_files(plan, state)
    shell = hosts.shell_in(plan, host, log)
    for name in ("nova_api", "nova_cell0", "nova"):
        database.empty(shell, name)
    as_nova = ("setpriv", "--reuid=nova", "--regid=nova", "--init-groups")
    conf = f"{config_data.BASE}/nova/etc/nova/nova.conf"
    manage = f"{config_data.LOGS}/nova/nova-manage.log"
    options = ("--config-file", conf, "--log-file", manage)
    script = _MANAGE.read_text(encoding="utf-8")
    shell.run(*as_nova, "/usr/bin/python3", "-", *options, stdin=script, timeout=180)
    write(done, "")


def start(plan: Plan, service: str, state: State, log: Path) -> None:
    """Start one of SERVICES. Only the API can be asked whether it answers; the API lists the others."""
    host = plan.controller
    settings = write_files(plan, state)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, container(service), settings + config_data.start_script(state, host))
    if service == "api":
        containers.wait_for(shell, container_name(service), lambda: answers(plan))


def container(service: str) -> Container:
    return Container(
        name=container_name(service),
        command=config_data.command(f"nova-{service}", f"--log-file=/var/log/nova/nova-{service}.log"),
        user="nova",
        volumes=(
            config_data.volume("nova", "nova"),
            config_data.START_VOLUME,
            "/etc/hosts:/etc/hosts:ro",
            "/etc/ssl:/etc/ssl:ro",
            "/var/lib/nova:/var/lib/nova",
            config_data.log_volume("nova"),
        ),
    )


def answers(plan: Plan) -> bool:
    return web.answers(f"http://{plan.controller.address}:{NOVA_PORT}/")

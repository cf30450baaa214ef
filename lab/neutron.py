"""Neutron: the server at central, and on every host an agent that connects guests to the site's own network."""

from __future__ import annotations

from pathlib import Path

from lab import config_data, containers, database, hosts, messaging, service_auth, web
from lab.command import Shell
from lab.containers import Container
from lab.plan import NEUTRON_PORT, Host, Plan, Site
from lab.render import render
from lab.state import State, write

CONTAINER = "neutron_api"
AGENT_CONTAINER = "neutron_linuxbridge_agent"
# One end of a link whose other end is in the same host: a site's network reaches the guests of one host only.
_INTERFACE = "provider0"


def url(plan: Plan) -> str:
    return f"http://{plan.controller.address}:{NEUTRON_PORT}"


def physical_network(site: Site) -> str:
    return site.name


def configuration(plan: Plan, state: State) -> str:
    host = plan.controller
    text = render(
        "neutron.conf",
        host=host.name,
        address=host.address,
        port=NEUTRON_PORT,
        transport_url=messaging.transport_url(plan, state),
        database_url=database.url(plan, state, "neutron"),
    )
    return text + service_auth.accepting(plan, state, "neutron") + service_auth.calling(plan, state, "nova", "neutron")


def write_files(plan: Plan, state: State) -> str:
    host = plan.controller
    folder = config_data.folder(state, host, "neutron", "neutron")
    conf = configuration(plan, state)
    ml2 = render("neutron-ml2.conf", networks=",".join(physical_network(site) for site in plan.sites))
    write(folder / "neutron.conf", conf, 0o600, hosts.owner("neutron"))
    write(folder / "plugins" / "ml2" / "ml2_conf.ini", ml2, 0o644)
    config_data.make_folders(state, host, "neutron", "neutron", "tmp")
    return conf + ml2


def make_database(plan: Plan, state: State, log: Path) -> None:
    host = plan.controller
    done = state.host(host) / "var" / "lib" / "neutron-database-is-made"
    if done.exists():
        return
    write_files(plan, state)
    shell = hosts.shell_in(plan, host, log)
    database.empty(shell, "neutron")
    as_neutron = ("setpriv", "--reuid=neutron", "--regid=neutron", "--init-groups")
    folder = f"{config_data.BASE}/neutron/etc/neutron"
    files = ("--config-file", f"{folder}/neutron.conf", "--config-file", f"{folder}/plugins/ml2/ml2_conf.ini")
    shell.run(*as_neutron, "neutron-db-manage", *files, "upgrade", "heads", timeout=180)
    write(done, "")


def start(plan: Plan, state: State, log: Path) -> None:
    host = plan.controller
    settings = write_files(plan, state) + config_data.start_script(state, host)
    files = ("--config-file=/etc/neutron/neutron.conf", "--config-file=/etc/neutron/plugins/ml2/ml2_conf.ini")
    wanted = Container(
        name=CONTAINER,
        command=config_data.command("neutron-server", "--log-file=/var/log/neutron/server.log", *files),
        user="neutron",
        volumes=_volumes("neutron"),
    )
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, wanted, settings)
    containers.wait_for(shell, CONTAINER, lambda: answers(plan))


def start_agent(plan: Plan, site: Site, host: Host, state: State, log: Path) -> None:
    """Start the agent on a host.

    This does not wait for its first report, which Neutron's API lists.
    """
    shell = hosts.shell_in(plan, host, log)
    _make_interface(plan, host, shell)
    conf = render(
        "neutron-linuxbridge.conf",
        host=host.name,
        transport_url=messaging.transport_url(plan, state),
        network=physical_network(site),
        interface=_INTERFACE,
    )
    folder = config_data.folder(state, host, "neutron_agent", "neutron")
    write(folder / "linuxbridge_agent.ini", conf, 0o600, hosts.owner("neutron"))
    config_data.make_folders(state, host, "neutron", "neutron", "tmp")
    settings = conf + config_data.start_script(state, host)
    wanted = Container(
        name=AGENT_CONTAINER,
        command=config_data.command(
            "neutron-linuxbridge-agent",
            "--log-file=/var/log/neutron/linuxbridge-agent.log",
            "--config-file=/etc/neutron/linuxbridge_agent.ini",
        ),
        privileged=True,
        volumes=_volumes("neutron_agent"),
    )
    containers.start(host, state, shell, wanted, settings)


def _volumes(config: str) -> tuple[str, ...]:
    return (
        config_data.volume(config, "neutron"),
        config_data.START_VOLUME,
        "/etc/hosts:/etc/hosts:ro",
        "/etc/ssl:/etc/ssl:ro",
        "/var/lib/neutron:/var/lib/neutron",
        config_data.log_volume("neutron"),
    )


def _make_interface(plan: Plan, host: Host, shell: Shell) -> None:
    known = shell.run("ip", "-oneline", "link", "show")
    if f" {_INTERFACE}@" not in known:
        shell.run("ip", "link", "add", _INTERFACE, "type", "veth", "peer", "name", f"{_INTERFACE}-end")
        for name in (_INTERFACE, f"{_INTERFACE}-end"):
            shell.run("ip", "link", "set", name, "up")


def answers(plan: Plan) -> bool:
    return web.answers(f"{url(plan)}/")

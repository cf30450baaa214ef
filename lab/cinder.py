"""Cinder: API and scheduler at central, a volume service at every site with storage."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import ceph, config_data, containers, database, hosts, messaging, service_auth, web
from lab.containers import Container
from lab.plan import CENTRAL, CINDER_PORT, Host, Plan, Site
from lab.render import render
from lab.state import State, write

SERVICES = ("api", "scheduler")
VOLUME_CONTAINER = "cinder_volume"
BACKEND = "tripleo_ceph"
_FILTERS = Path("/etc/cinder/resource_filters.json")


def url(plan: Plan) -> str:
    return f"http://{plan.controller.address}:{CINDER_PORT}/v3/%(project_id)s"


def container_name(service: str) -> str:
    return f"cinder_{service}"


def backend_host(site: Site, host: Host) -> str:
    """Return the name under which the volume service is known, without the `@` part.

    All hosts of central share one name.
    """
    return "hostgroup" if site.central else host.name


def pool(site: Site) -> str:
    """Return the name under which the scheduler knows a site's backend, which contains the Cinder cluster, if any."""
    return f"{'hostgroup' if site.central else site.name}@{BACKEND}#{BACKEND}"


def configuration(plan: Plan, site: Site, host: Host, state: State) -> str:
    """Return cinder.conf: active/active in a cluster named after the site at a DCN site, active/passive at central."""
    text = render(
        "cinder.conf",
        host=host.name,
        address=host.address,
        port=CINDER_PORT,
        transport_url=messaging.transport_url(plan, state),
        database_url=database.url(plan, state, "cinder"),
        glance_url=host.glance_url,
        zone=site.name,
        default_zone=CENTRAL,
        cluster="" if site.central else f"cluster = {site.name}",
        coordination=_coordination(plan, site, state),
        backend_host=backend_host(site, host),
        ceph_cluster=site.cluster,
        fsid=ceph.fsid(site, state),
    )
    return (
        text
        + service_auth.accepting(plan, state, "cinder")
        + service_auth.calling(plan, state, "nova", "cinder")
        + service_auth.calling(plan, state, "service_user", "cinder", "send_service_user_token = true")
    )


def _coordination(plan: Plan, site: Site, state: State) -> str:
    """Return the URL of the lock store: a folder for a single host, the shared database for several hosts.

    TripleO uses etcd instead, which does not work with the client of Debian 12.
    """
    if len(site.mons) == 1:
        return "file:///var/lib/cinder/coordination"
    return f"mysql://cinder:{database.password(state, 'cinder')}@{plan.controller.address}:{database.PORT}/cinder"


def write_files(plan: Plan, site: Site, host: Host, state: State) -> str:
    folder = config_data.folder(state, host, "cinder", "cinder")
    conf = configuration(plan, site, host, state)
    write(folder / "cinder.conf", conf, 0o600, hosts.owner("cinder"))
    shutil.copy(_FILTERS, folder / _FILTERS.name)
    config_data.make_folders(state, host, "cinder", "cinder", "coordination", "conversion", "tmp")
    return conf + config_data.start_script(state, host)


def make_database(plan: Plan, state: State, log: Path) -> None:
    host = plan.controller
    done = state.host(host) / "var" / "lib" / "cinder-database-is-made"
    if done.exists():
        return
    write_files(plan, plan.central, host, state)
    shell = hosts.shell_in(plan, host, log)
    database.empty(shell, "cinder")
    as_cinder = ("setpriv", "--reuid=cinder", "--regid=cinder", "--init-groups")
    conf, manage = manage_files()
    shell.run(*as_cinder, "cinder-manage", "--config-file", conf, "--log-file", manage, "db", "sync", timeout=180)
    write(done, "")


def manage_files() -> tuple[str, str]:
    """Return the configuration file and the log file of cinder-manage at central."""
    return f"{config_data.BASE}/cinder/etc/cinder/cinder.conf", f"{config_data.LOGS}/cinder/cinder-manage.log"


def start(plan: Plan, service: str, state: State, log: Path) -> None:
    """Start one of SERVICES at central."""
    host = plan.controller
    settings = write_files(plan, plan.central, host, state)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, _container(container_name(service), f"cinder-{service}", "cinder"), settings)
    if service == "api":
        containers.wait_for(shell, container_name(service), lambda: answers(plan))


def start_volume(plan: Plan, site: Site, host: Host, state: State, log: Path) -> None:
    """Start the volume service, which reads the cluster's keys as root.

    This does not wait for its first report, which Cinder's API lists.
    """
    settings = write_files(plan, site, host, state)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, _container(VOLUME_CONTAINER, "cinder-volume", "root"), settings)


def _container(name: str, program: str, user: str) -> Container:
    return Container(
        name=name,
        command=config_data.command(program, f"--log-file=/var/log/cinder/{program}.log"),
        user=user,
        volumes=(
            config_data.volume("cinder", "cinder"),
            config_data.START_VOLUME,
            "/etc/ceph:/etc/ceph:ro",
            "/etc/hosts:/etc/hosts:ro",
            "/etc/ssl:/etc/ssl:ro",
            "/var/lib/cinder:/var/lib/cinder",
            config_data.log_volume("cinder"),
        ),
    )


def answers(plan: Plan) -> bool:
    return web.answers(f"http://{plan.controller.address}:{CINDER_PORT}/")

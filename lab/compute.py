"""nova-compute on every host, which uses the site's own Ceph cluster and the Glance or HAProxy on the host itself."""

from __future__ import annotations

from pathlib import Path

from lab import config_data, containers, hosts, libvirt, messaging, nova, virtualization
from lab.containers import Container
from lab.plan import CENTRAL, Host, Plan, Site
from lab.render import render
from lab.state import State, write

CONTAINER = "nova_compute"
_CONFIG = "nova_libvirt"


def configuration(plan: Plan, site: Site, host: Host, state: State) -> str:
    virt_type = virtualization.decided(state)
    text = render(
        "nova-compute.conf",
        host=host.name,
        address=host.address,
        transport_url=messaging.transport_url(plan, state),
        zone=CENTRAL,
        glance_url=plan.images_of(host),
        virt_type=virt_type,
        cpu_mode=virtualization.CPU_MODES[virt_type],
        disks=_disks(site, state),
    )
    # Central keeps the default, which is true.
    of_cinder = () if site.central else ("cross_az_attach = false",)
    return text + nova.credentials(plan, state, *of_cinder)


def _disks(site: Site, state: State) -> str:
    """Return the settings for disks.

    Without storage, disks are files on the host over a base that is downloaded once.
    """
    if not site.storage:
        return "images_type = qcow2"
    return render("nova-compute-rbd.conf", cluster=site.cluster, fsid=libvirt.secret_uuid(site, state))


def start(plan: Plan, site: Site, host: Host, state: State, log: Path, *options: str) -> None:
    """Start nova-compute; `options` are added to its usual command line.

    This does not wait for its first report, which Nova's API lists.
    """
    conf = configuration(plan, site, host, state)
    write(config_data.folder(state, host, _CONFIG, "nova") / "nova.conf", conf, 0o600, hosts.owner("nova"))
    config_data.make_folders(state, host, "nova", "nova", "tmp", "instances")
    script = config_data.start_script(state, host)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, container(*options), conf + script)


def container(*options: str) -> Container:
    return Container(
        name=CONTAINER,
        command=config_data.command("nova-compute", "--log-file=/var/log/nova/nova-compute.log", *options),
        privileged=True,
        volumes=(
            config_data.volume(_CONFIG, "nova"),
            config_data.START_VOLUME,
            "/etc/ceph:/etc/ceph:ro",
            "/etc/hosts:/etc/hosts:ro",
            "/etc/ssl:/etc/ssl:ro",
            "/dev:/dev",
            "/run/libvirt:/run/libvirt",
            "/var/lib/libvirt:/var/lib/libvirt",
            "/var/lib/nova:/var/lib/nova",
            config_data.log_volume("nova"),
        ),
    )

"""libvirtd on every host, in a container as in TripleO; the guests are its child processes."""

from __future__ import annotations

import socket
from pathlib import Path

from lab import ceph, config_data, containers, hosts
from lab.containers import Container
from lab.plan import Host, Plan, Site
from lab.render import render
from lab.state import State, write

CONTAINER = "nova_libvirt"
SOCKET = "/run/libvirt/libvirt-sock"


def secret_uuid(site: Site, state: State) -> str:
    """The UUID by which Nova and Cinder name the site's cephx key to libvirt: the cluster's FSID, as in TripleO."""
    return ceph.fsid(site, state)


def start(plan: Plan, site: Site, host: Host, state: State, log: Path) -> None:
    settings = _write_files(site, host, state)
    hosts.own_folder(state.host(host) / "etc" / "ceph", "root")
    run = hosts.path_in(plan, host, "/run/libvirt")
    run.mkdir(exist_ok=True)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, container(), settings)
    containers.wait_for(shell, CONTAINER, lambda: answers(plan, host))


def _write_files(site: Site, host: Host, state: State) -> str:
    """Write the configuration, and return all the text that libvirtd reads only when it starts."""
    folder = state.host(host) / "etc" / "libvirt"
    texts = {
        "libvirtd.conf": render("libvirtd.conf", uuid=state.uuid(f"machine-id-{host.name}")),
        "qemu.conf": render("qemu.conf"),
    }
    if site.storage:
        uuid = secret_uuid(site, state)
        texts[f"secrets/{uuid}.xml"] = render("libvirt-secret.xml", uuid=uuid)
        _write_secret(folder / "secrets", uuid, ceph.entities(site, state)["client.openstack"].key)
    for name, text in texts.items():
        write(folder / name, text, 0o600)
    config_data.make_folders(state, host, "nova", "nova", "tmp", "instances")
    for name in ("lib/libvirt", "cache/libvirt", "log/libvirt/qemu"):
        (state.host(host) / "var" / name).mkdir(parents=True, exist_ok=True)
    return "".join(texts.values())


def _write_secret(folder: Path, uuid: str, key: str) -> None:
    """Write the secret in the form that libvirtd uses itself, so that no command has to define it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    write(folder / f"{uuid}.base64", key)


def container() -> Container:
    """Return libvirtd's container, with which the guests end.

    Running the guests in the host's PID namespace would require control groups.
    """
    return Container(
        name=CONTAINER,
        command=("/usr/sbin/libvirtd",),
        privileged=True,
        init=True,
        volumes=(
            "/etc/libvirt:/etc/libvirt",
            "/etc/ceph:/etc/ceph:ro",
            "/etc/hosts:/etc/hosts:ro",
            "/dev:/dev",
            "/run/libvirt:/run/libvirt",
            "/var/lib/libvirt:/var/lib/libvirt",
            "/var/cache/libvirt:/var/cache/libvirt",
            "/var/lib/nova:/var/lib/nova",
            "/var/log/libvirt:/var/log/libvirt",
        ),
    )


def answers(plan: Plan, host: Host) -> bool:
    """Return whether libvirtd's socket accepts a connection."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(3)
        connection.connect(str(hosts.path_in(plan, host, SOCKET)))
    return True

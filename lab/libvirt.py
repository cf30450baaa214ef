"""A libvirtd on every host, in a container as TripleO's; the guests are its children."""

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
    """By which Nova and Cinder name the site's cephx key to libvirt: the cluster's FSID, as with TripleO."""
    return ceph.fsid(site, state)


def start(plan: Plan, site: Site, host: Host, state: State, log: Path) -> None:
    settings = _write_files(site, host, state)
    run = hosts.path_in(plan, host, "/run/libvirt")
    run.mkdir(exist_ok=True)
    shell = hosts.shell_in(plan, host, log)
    containers.start(host, state, shell, container(), settings)
    containers.wait_for(shell, CONTAINER, lambda: answers(plan, host))


def _write_files(site: Site, host: Host, state: State) -> str:
    """The secret is written as libvirtd itself would write it: no command has to give it one."""
    folder = state.host(host) / "etc" / "libvirt"
    secrets = folder / "secrets"
    secrets.mkdir(parents=True, exist_ok=True)
    secrets.chmod(0o700)
    uuid = secret_uuid(site, state)
    key = ceph.entities(site, state)["client.openstack"].key
    texts = [
        render("libvirtd.conf", uuid=state.uuid(f"machine-id-{host.name}")),
        render("qemu.conf"),
        render("libvirt-secret.xml", uuid=uuid),
    ]
    for name, text in zip(("libvirtd.conf", "qemu.conf", f"secrets/{uuid}.xml"), texts, strict=True):
        write(folder / name, text, 0o600)
    write(secrets / f"{uuid}.base64", key)
    config_data.make_folders(state, host, "nova", "nova", "tmp", "instances")
    for name in ("lib/libvirt", "cache/libvirt", "log/libvirt/qemu"):
        (state.host(host) / "var" / name).mkdir(parents=True, exist_ok=True)
    return "".join(texts)


def container() -> Container:
    """With its guests, which end when it does (a PID namespace of the host's needs control groups)."""
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
    """Its socket accepts a connection."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(3)
        connection.connect(str(hosts.path_in(plan, host, SOCKET)))
    return True

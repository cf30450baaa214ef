"""The secrets of libvirt on a host, through which Nova and Cinder name the keys of clusters."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab import ceph, libvirt
from lab.faults.lab import Lab
from lab.plan import Host, Site
from lab.render import render
from lab.state import new_cephx_key, write

_VIRSH = ("podman", "exec", libvirt.CONTAINER, "virsh")


def set_secrets(lab: Lab, host: Host, sites: Sequence[str]) -> None:
    """Give libvirtd the client.openstack keys of exactly these sites' clusters, without a restart."""
    shell = lab.shell(host)
    known = {line.split()[0] for line in shell.run(*_VIRSH, "secret-list").splitlines()[2:] if line.strip()}
    wanted = {libvirt.secret_uuid(lab.plan.site(name), lab.state): lab.plan.site(name) for name in sites}
    for uuid in sorted(known - wanted.keys()):
        shell.run(*_VIRSH, "secret-undefine", uuid)
    for uuid, site in wanted.items():
        _define(lab, host, uuid, site)


def set_wrong_value(lab: Lab, host: Host) -> None:
    """Replace the client.openstack key of the host's own site in libvirtd with another key."""
    site = lab.plan.site(host.site)
    _define(lab, host, libvirt.secret_uuid(site, lab.state), site, new_cephx_key())


def _define(lab: Lab, host: Host, uuid: str, site: Site, key: str = "") -> None:
    # No two secrets may have the same usage.
    text = render("libvirt-secret.xml", uuid=uuid)
    if site.name != host.site:
        text = text.replace("client.openstack", f"client.openstack of {site.name}")
    # The folder is below /etc/libvirt, which the container also mounts.
    with tempfile.TemporaryDirectory(dir=lab.file(host, "/etc/libvirt"), prefix="dcn-lab-") as made:
        inside = f"/etc/libvirt/{Path(made).name}"
        write(Path(made) / "secret.xml", text)
        write(Path(made) / "key", key or ceph.entities(site, lab.state)["client.openstack"].key)
        shell = lab.shell(host)
        shell.run(*_VIRSH, "secret-define", "--file", f"{inside}/secret.xml")
        shell.run(*_VIRSH, "secret-set-value", "--secret", uuid, "--file", f"{inside}/key")

"""The Debian packages of the lab."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from lab.command import CommandError, Shell
from lab.plan import Plan

_PACKAGES = (
    "ceph-mon",
    "ceph-osd",
    "ceph-mgr",
    "ceph-common",
    "python3-rados",
    "python3-rbd",
    "podman",
    "crun",
    "conmon",
    "openssh-server",
    "supervisor",
    "sudo",
    "iproute2",
    "nftables",
    "mariadb-server",
    "rabbitmq-server",
    "memcached",
    "keystone",
    "glance-api",
    "heat-common",
    "uwsgi-plugin-python3",
    "python3-pymysql",
    "python3-memcache",
    "qemu-utils",
    "python3-openstackclient",
    "python3-glanceclient",
    "python3-heatclient",
    "syslinux",
    "mtools",
    "dosfstools",
    "busybox-static",
    "cpio",
)
_FOR_INSTANCES = (
    "catatonit",
    "placement-api",
    "nova-api",
    "nova-conductor",
    "nova-scheduler",
    "nova-compute",
    "libvirt-daemon-system",
    "libvirt-daemon-driver-qemu",
    "libvirt-clients",
    "python3-libvirt",
    "qemu-system-x86",
    "qemu-block-extra",
    "cinder-api",
    "cinder-scheduler",
    "cinder-volume",
    "neutron-server",
    "neutron-linuxbridge-agent",
    "python3-openstackclient",
    "python3-glanceclient",
)
_FOR_SCALE_OUT = ("haproxy",)
_KERNEL = "linux-image-cloud-amd64"
# The guest's kernel is only unpacked, because its installation would make it a kernel of this machine.
GUEST_KERNEL = Path("/var/cache/dcn-lab/kernel")
# Modules in loading order, dependencies first.
GUEST_MODULES = (
    "virtio_ring",
    "virtio",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "virtio_blk",
    "failover",
    "net_failover",
    "virtio_net",
    "button",
    "evdev",
)
_POLICY = Path("/usr/sbin/policy-rc.d")
_POLICY_KEPT = Path("/usr/sbin/policy-rc.d.kept-by-dcn-lab")
_POLICY_TEXT = (
    "#!/bin/sh\n# Of the dcn-verify lab, while it installs packages: no service starts by itself.\nexit 101\n"
)


class UnfitMachineError(RuntimeError):
    """The machine cannot hold a lab; the message says why and what to do instead."""


def check_machine() -> None:
    """Raise UnfitMachineError unless this is root on Debian 12."""
    instead = (
        "bring the lab up as root on a disposable Debian 12 machine, "
        "or verify a deployment of your own with ENVIRONMENT=file.yaml"
    )
    path = Path("/etc/os-release")
    release = path.read_text(encoding="utf-8") if path.exists() else ""
    if not is_debian_12(release):
        name = re.search(r'^PRETTY_NAME="?([^"\n]*)', release, re.MULTILINE)
        this = name.group(1) if name else "another system"
        raise UnfitMachineError(f"the lab needs Debian 12, this is {this}: {instead}")
    if os.geteuid() != 0:
        raise UnfitMachineError(f"the lab needs root (namespaces, mounts, packages): {instead}")


def is_debian_12(release: str) -> bool:
    """Return whether the text of an os-release file is that of Debian 12."""
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)', release, re.MULTILINE))
    return values.get("ID") == "debian" and values.get("VERSION_ID") == "12"


def wanted(plan: Plan) -> tuple[str, ...]:
    """Return the packages that the lab needs."""
    for_instances = _FOR_INSTANCES if plan.instances else ()
    for_scale_out = _FOR_SCALE_OUT if any(host.haproxy for host in plan.hosts) else ()
    return _PACKAGES + for_instances + for_scale_out


def install(log: Path, packages: tuple[str, ...]) -> None:
    """Install missing packages, and keep their services from starting."""
    shell = Shell(log)
    _restore_policy()
    missing = missing_packages(shell, packages)
    if missing:
        _install(shell, missing)
    if not GUEST_KERNEL.exists():
        unpack_kernel(shell, GUEST_KERNEL)


def missing_packages(shell: Shell, wanted: tuple[str, ...]) -> list[str]:
    status = ("--show", "--showformat", "${Package} ${db:Status-Status}\\n")
    known = shell.run("dpkg-query", *status, *wanted, check=False, secret=True)
    installed = {line.split()[0] for line in known.splitlines() if line.endswith(" installed")}
    return [package for package in wanted if package not in installed]


def _install(shell: Shell, packages: list[str]) -> None:
    """Install packages under a policy that starts no services, and restore the machine's own policy afterwards."""
    _restore_policy()
    if _POLICY.exists():
        _POLICY.rename(_POLICY_KEPT)
    _POLICY.write_text(_POLICY_TEXT, encoding="utf-8")
    _POLICY.chmod(0o755)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        # An installation that was killed is completed first.
        shell.run("dpkg", "--configure", "--pending", timeout=900, env=quiet)
        shell.run("apt-get", "update", timeout=300, env=quiet)
        shell.run(
            *("apt-get", "install", "--yes", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confdef"),
            *("-o", "Dpkg::Options::=--force-confold", *packages),
            timeout=1800,
            env=quiet,
        )
    finally:
        _restore_policy()


def _restore_policy() -> None:
    """Restore the machine's policy, also after an `up` that was killed during an installation."""
    if _POLICY.exists() and _POLICY.read_text(encoding="utf-8") == _POLICY_TEXT:
        _POLICY.unlink()
    if _POLICY_KEPT.exists():
        _POLICY_KEPT.rename(_POLICY)


def unpack_kernel(shell: Shell, folder: Path) -> None:
    """Download the kernel package, and keep the files that a guest needs in this new folder."""
    names = _kernel_packages(shell)
    if not names:
        shell.run("apt-get", "update", timeout=300)
        names = _kernel_packages(shell)
    if not names:
        raise CommandError(f"apt knows no {_KERNEL}: are the machine's package sources Debian 12's?")
    work = folder.with_suffix(".new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    in_work = Shell(shell.log, ("env", f"--chdir={work}"))
    in_work.run("apt-get", "-o", "APT::Sandbox::User=root", "download", names[0], timeout=300)
    (package,) = work.glob("*.deb")
    shell.run("dpkg-deb", "--extract", package, work / "all")
    (kernel,) = (work / "all" / "boot").glob("vmlinuz-*")
    kernel.rename(work / "vmlinuz")
    for module in GUEST_MODULES:
        (found,) = (work / "all" / "lib" / "modules").rglob(f"{module}.ko")
        found.rename(work / found.name)
    shutil.rmtree(work / "all")
    package.unlink()
    work.rename(folder)


def _kernel_packages(shell: Shell) -> list[str]:
    return re.findall(r"Depends: (linux-image-\S+)", shell.run("apt-cache", "depends", _KERNEL))

"""Podman containers of a host, named as in TripleO.

A container mounts the machine's own /usr read-only over a skeleton root. No image is pulled or built, and
`podman exec`, `stop`, `logs` and `inspect` behave as in a real deployment.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.command import CommandError, Shell, tail
from lab.plan import Host
from lab.poll import NotReadyError, wait_until
from lab.state import State

_FOLDERS = ("dev", "etc", "proc", "root", "run", "sys", "tmp", "usr", "var/lib", "var/log", "var/tmp")
_LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64", "var/run": "/run"}
_FROM_HOST = ("group", "ld.so.cache", "localtime", "mime.types", "nsswitch.conf", "os-release", "passwd", "services")
_ENVIRONMENT = (
    "LANG=C.UTF-8",
    "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
    # By default, every thread of a service has its own heap, most of which stays unused.
    "MALLOC_ARENA_MAX=2",
    # Keeps Python services from loading a resolver and a packaging library that none of them needs here.
    "EVENTLET_NO_GREENDNS=yes",
    "SETUPTOOLS_USE_DISTUTILS=stdlib",
)
_SPEC = "dcn-lab.spec"


@dataclass(frozen=True)
class Container:
    """One container; `volumes` are podman's --volume values in addition to /usr."""

    name: str
    command: tuple[str, ...]
    volumes: tuple[str, ...]
    user: str = "root"
    privileged: bool = False
    # Adds a process 1 that reaps orphaned processes in the container.
    init: bool = False

    def options(self) -> list[str]:
        options = ["--net=host", "--restart=always", f"--user={self.user}", "--volume=/usr:/usr:ro"]
        options.append("--volume=/etc/alternatives:/etc/alternatives:ro")
        options += [f"--volume={volume}" for volume in self.volumes]
        options += [f"--env={name}" for name in _ENVIRONMENT]
        if self.privileged:
            options.append("--privileged")
        if self.init:
            options.append("--init")
        return options


def start(host: Host, state: State, shell: Shell, container: Container, settings: str = "") -> None:
    """Run the container with exactly this definition; a container that already runs with it is left alone.

    `settings` is the text of the configuration files that the container reads. When it changes, the container is
    replaced.
    """
    skeleton = f"/var/lib/containers/rootfs/{container.name}"
    arguments = [*container.options(), "--rootfs", skeleton, *container.command]
    spec = hashlib.sha256("\0".join([*arguments, settings]).encode()).hexdigest()[:16]
    question = f'{{{{.State.Running}}}} {{{{index .Config.Labels "{_SPEC}"}}}}'
    known = shell.run("podman", "container", "inspect", "--format", question, container.name, check=False)
    if known.split() == ["true", spec]:
        return
    _make_skeleton(state.host(host) / "etc", state.host(host) / skeleton.lstrip("/"))
    shell.run(
        "podman", "run", "--detach", "--replace", f"--name={container.name}", f"--label={_SPEC}={spec}", *arguments
    )


def restart(shell: Shell, name: str) -> None:
    """Restart a container, or start it if it is not running.

    A failed restart is repeated once: podman 4 fails when a container ends by itself just before podman kills it.
    """
    try:
        shell.run("podman", "restart", "--time=5", name, timeout=60)
    except CommandError:
        shell.run("podman", "restart", "--time=5", name, timeout=60)


# Signals every process in the container's PID namespace, because the lab's containers have no cgroup to freeze.
_SIGNAL = """
pid=$(podman inspect --format '{{.State.Pid}}' "$1") && space=$(readlink "/proc/$pid/ns/pid") || exit
for each in /proc/[0-9]*; do
  [ "$(readlink "$each/ns/pid")" = "$space" ] && kill -s "$2" "${each#/proc/}"
done
true
"""


def signal(shell: Shell, name: str, what: str) -> None:
    """Send a signal to every process of a container; after STOP it accepts connections but does not answer until CONT.

    `podman kill` reaches only the first process, and the processes that serve requests would continue.
    """
    shell.run("/bin/sh", "-c", _SIGNAL, "sh", name, what, timeout=60)


def wait_for(shell: Shell, name: str, answers: Callable[[], bool], *, seconds: float = 180) -> None:
    """Wait until the service in the container answers. The error quotes the last lines of its output."""
    try:
        wait_until(f"{name} answers", answers, seconds=seconds)
    except NotReadyError as error:
        shell.run("podman", "logs", "--tail=12", name, check=False)
        raise CommandError(f"{error}\n{tail(shell.log, 14)}") from error


def _make_skeleton(etc: Path, root: Path) -> None:
    for folder in _FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("tmp", "var/tmp"):
        (root / folder).chmod(0o1777)
    for name, target in _LINKS.items():
        if not (root / name).is_symlink():
            (root / name).symlink_to(target)
    for name in _FROM_HOST:
        if (etc / name).exists():
            shutil.copy(etc / name, root / "etc" / name)

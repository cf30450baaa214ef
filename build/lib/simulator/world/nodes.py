"""Machines: host names, addresses, containers, and the files that a reader over SSH finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

#: seconds since 1970: when the nodes were booted, configured, and their containers started
BOOTED = 1_699_990_000
CONFIGURED = 1_699_999_000
STARTED = 1_700_000_000
_TICKS = 100
#: what a service needs to read its configuration; only then it begins further threads
_LOADING = 3
_FIRST_PID = 100


@dataclass
class File:
    """One file. `text` may be a function, for a file that always says what is configured now.

    `changed` is when it was last written, or given another owner or mode, in seconds since 1970.
    """

    text: str | Callable[[], str]
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644
    changed: int = CONFIGURED

    def read(self) -> str:
        return self.text if isinstance(self.text, str) else self.text()


@dataclass
class Container:
    """A container: its image, whether it runs, and the files that only it has; the node's /etc/ceph is mounted in.

    `command` is what its one process was started with, as `user`. In the folders `read_only` it can put nothing.
    """

    name: str
    image: str
    state: str = "running"
    files: dict[str, File] = field(default_factory=dict)
    user: str = "root"
    command: tuple[str, ...] = ()
    started: int = STARTED
    read_only: tuple[str, ...] = ()


@dataclass
class Node:
    """One machine of a site; `ssh_port` is where its SSH server listens.

    `images_from` is the site whose Glance answers on it: by a HAProxy, where it has none of its own; None: nobody does.
    `secrets` are libvirt's: their ids and values.
    """

    name: str
    site: str
    address: str
    roles: tuple[str, ...]
    ssh_port: int = 0
    files: dict[str, File] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    reachable: bool = True
    images_from: str | None = None
    secrets: dict[str, str] = field(default_factory=dict)

    def file(self, path: str, container: str | None = None) -> File | None:
        """The file at that path, seen on the node or from within one of its containers."""
        if path.startswith("/proc/"):
            return self._processes(container).get(path)
        if container is not None and path in self.containers[container].files:
            return self.containers[container].files[path]
        if container is not None and not path.startswith("/etc/ceph/"):
            return None
        return self.files.get(path)

    def directory(self, path: str, container: str | None = None) -> list[str]:
        """The names below a directory, sorted."""
        inside = self.containers[container].files if container else {}
        prefix = path.rstrip("/") + "/"
        mounted = [name for name in self.files if container is None or name.startswith("/etc/ceph/")]
        return sorted({name[len(prefix) :].split("/")[0] for name in (*inside, *mounted) if name.startswith(prefix)})

    def paths(self, container: str | None = None) -> list[str]:
        """The paths of all files, seen on the node or from within one of its containers."""
        inside = self.containers[container].files if container else {}
        mounted = [name for name in self.files if container is None or name.startswith("/etc/ceph/")]
        return sorted({*inside, *mounted, *self._processes(container)})

    def _processes(self, container: str | None) -> dict[str, File]:
        """Below /proc, the process of the container, which is its first, or of every container."""
        mounts = ["1 0 0:1 / / rw - overlay overlay rw"]
        if container is not None:
            shown = [(1, self.containers[container])]
            mounts += [f"2 1 0:2 {place} {place} ro - ext4 /dev/vda rw" for place in shown[0][1].read_only]
        else:
            shown = list(enumerate((one for one in self.containers.values() if one.state == "running"), _FIRST_PID))
        mountinfo = File("".join(f"{line}\n" for line in mounts))
        stat = File(f"btime {BOOTED}\n")
        return {"/proc/stat": stat, "/proc/self/mountinfo": mountinfo, **dict(_below_proc(shown))}


def _below_proc(containers: list[tuple[int, Container]]) -> Iterator[tuple[str, File]]:
    for pid, container in containers:
        if not container.command:
            continue
        yield f"/proc/{pid}/cmdline", File("".join(f"{word}\0" for word in container.command))
        for tid, since in ((pid, 0), (pid + 1000, _LOADING)):
            ticks = (container.started + since - BOOTED) * _TICKS
            yield f"/proc/{pid}/task/{tid}/stat", File(f"{tid} (python3) S {'0 ' * 18}{ticks} 0 0\n")

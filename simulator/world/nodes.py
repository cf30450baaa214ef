"""Machines: host names, addresses, containers, and the files that can be read over SSH."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

#: when the nodes were booted and configured, and when their containers were started, in seconds since 1970
BOOTED = 1_699_990_000
CONFIGURED = 1_699_999_000
STARTED = 1_700_000_000
_TICKS = 100
#: the seconds in which a service reads its configuration, before it starts further threads
_LOADING = 3
_FIRST_PID = 100


@dataclass
class File:
    """One file. `text` may be a function for a file that always shows the current settings.

    `changed` is when the file was last written or given another owner or mode, in seconds since 1970.
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
    """A container: its image, its state, and its own files.

    `command` is the command of its only process, which runs as `user`. The folders in `read_only` are not writable.
    `mounts`: folder in the container → folder of the node. `ceph`: it has the programs `ceph` and `rbd`.
    """

    name: str
    image: str
    state: str = "running"
    files: dict[str, File] = field(default_factory=dict)
    user: str = "root"
    command: tuple[str, ...] = ()
    started: int = STARTED
    read_only: tuple[str, ...] = ()
    mounts: Mapping[str, str] = field(default_factory=lambda: {"/etc/ceph": "/etc/ceph"})
    ceph: bool = False

    def on_node(self, path: str) -> str | None:
        """Return the path on the node of a file or folder in the container, or None if it is not mounted."""
        found = (each for each in self.mounts if path == each or path.startswith(f"{each}/"))
        return next((self.mounts[place] + path[len(place) :] for place in found), None)

    def mounted(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the paths in the container of files on the node."""
        for place, folder in self.mounts.items():
            yield from (place + path[len(folder) :] for path in paths if path.startswith(f"{folder}/"))


@dataclass
class Node:
    """One machine of a site; `ssh_port` is the port of its SSH server.

    `images_from` is the site whose Glance answers on the node, through a HAProxy if the node has no Glance of its own;
    with None, no Glance answers. `secrets` are libvirt's secrets: their IDs and values. `cephadm`: its monitors are
    deployed by cephadm, which is installed. `engine`: podman or docker, which runs the containers.
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
    cephadm: bool = False
    engine: str = "podman"

    def file(self, path: str, container: str | None = None) -> File | None:
        """Return the file at this path, as seen on the node or in one of its containers."""
        if path.startswith("/proc/"):
            return self._processes(container).get(path)
        if container is None:
            return self.files.get(path)
        inside = self.containers[container]
        return inside.files.get(path) or self.files.get(inside.on_node(path) or "")

    def directory(self, path: str, container: str | None = None) -> list[str]:
        """Return the names in a directory, sorted."""
        prefix = path.rstrip("/") + "/"
        return sorted({name[len(prefix) :].split("/")[0] for name in self._seen(container) if name.startswith(prefix)})

    def paths(self, container: str | None = None) -> list[str]:
        """Return the paths of all files, as seen on the node or in one of its containers."""
        return sorted({*self._seen(container), *self._processes(container)})

    def _seen(self, container: str | None) -> Iterable[str]:
        if container is None:
            return self.files
        inside = self.containers[container]
        return (*inside.files, *inside.mounted(self.files))

    def _processes(self, container: str | None) -> dict[str, File]:
        """Return the files below /proc for the container's only process, or on the node for those of all containers."""
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

"""Machines: host names, addresses, containers, and the files that a reader over SSH finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class File:
    """One file. `text` may be a function, for a file that always says what is configured now."""

    text: str | Callable[[], str]
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644

    def read(self) -> str:
        return self.text if isinstance(self.text, str) else self.text()


@dataclass
class Container:
    """A container: its image, whether it runs, and the files that only it has; the node's /etc/ceph is mounted in.

    `command` is its process's command line, as `ps` shows it.
    """

    name: str
    image: str
    state: str = "running"
    command: str = ""
    files: dict[str, File] = field(default_factory=dict)


@dataclass
class Node:
    """One machine of a site; `ssh_port` is where its SSH server listens.

    `images_from` is the site whose Glance answers on it: by a HAProxy, where it has none of its own; None: nobody does.
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

    def file(self, path: str, container: str | None = None) -> File | None:
        """The file at that path, seen on the node or from within one of its containers."""
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

"""The containers of a node, and which of them a service or a monitor runs in.

Sources: the names of ceph-ansible, `ceph-mon-HOST`, and of cephadm, `ceph-FSID-mon-HOST`; podman-ps(1) and docker-ps(1)
for their JSON, and libpod's `PsContainerOutput` and `ContainerStatus` for that of podman 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from helpers.environment import Ceph, Service
from helpers.environment.values import UUID, short
from helpers.nodes.node import CommandFailed, Completed, Runner

Engine = Literal["podman", "docker"]

_LIST: dict[Engine, tuple[str, ...]] = {
    "podman": ("podman", "ps", "--all", "--format", "json"),
    "docker": ("docker", "ps", "--all", "--no-trunc", "--format", "{{json .}}"),
}

#: Other names of a service's container: where OSSN-0090 is heeded, a DCN site has the internal Glance alone.
ALSO_CALLED = {"glance_api": ("glance_api_internal",)}
#: `ContainerStatus` of podman 1, by its number.
_STATES = ("unknown", "configured", "created", "running", "stopped", "paused", "exited", "removing", "stopping")


class NoContainer(CommandFailed):
    """The container that was looked for does not run on the node; the message says which containers there are."""


@dataclass(frozen=True)
class Container:
    """One container, running or not; `state` is the engine's word (`running`, `exited`, …).

    `started` is when it was started last, in seconds since the epoch by its node's clock; None where that is not told.
    """

    name: str
    state: str
    engine: Engine
    started: int | None = field(default=None, compare=False)

    @property
    def running(self) -> bool:
        return self.state == "running"

    def __str__(self) -> str:
        return self.name if self.running else f"{self.name} ({self.state})"


@dataclass(frozen=True)
class Running:
    """The running containers of a node, by one engine or both. Its text is what each engine has, stopped ones too."""

    containers: tuple[Container, ...]
    completed: Completed
    text: str

    def __str__(self) -> str:
        return self.text


def running_on(node: Runner, runtime: str = "detect") -> Running:
    """The running containers of podman and docker, or of the one that the environment file names."""
    engines: tuple[Engine, ...] = tuple(engine for engine in _LIST if runtime not in _LIST or engine == runtime)
    listings = [_listed(node, engine) for engine in engines]
    running = tuple(one for _, containers in listings for one in containers if one.running)
    return Running(running, listings[0][0], _what_there_was(listings))


def service_prefix(node: Runner, service: Service) -> tuple[str, ...]:
    """What stands before a command that is to run where the service does; nothing on the host itself.

    Raises NoContainer, which says which containers there are.
    """
    if service.container is None:
        return ()
    container = find_container(node, service.container)
    return (container.engine, "exec", container.name)


def find_container(node: Runner, name: str) -> Container:
    """The running container of that name, or of another name of its service. Raises NoContainer.

    `glance_api_internal` is another name of `glance_api`, and pacemaker's `openstack-cinder-volume-podman-0` one of
    `cinder_volume`.
    """
    there = running_on(node)
    found = _service_container(there.containers, name)
    if found:
        return found
    raise NoContainer(there.completed, f"no running container {name}; {there}")


def containers_on(node: Runner) -> tuple[Container, ...]:
    """Every container of the node, running or not, of both engines; an engine that is not there has none.

    Raises CommandFailed where an engine's answer cannot be read.
    """
    return tuple(container for engine in _LIST for container in _listed(node, engine)[1])


def _service_container(containers: Iterable[Container], name: str) -> Container | None:
    bundle = re.compile(rf"(?:openstack-)?{re.escape(name.replace('_', '-'))}-(?:podman|docker)-\d+")
    running = [container for container in containers if container.running]
    others = ALSO_CALLED.get(name, ())
    tests: tuple[Callable[[str], object], ...] = (name.__eq__, bundle.fullmatch, others.__contains__)
    return next((container for test in tests for container in running if test(container.name)), None)


@dataclass(frozen=True)
class Listing:
    """The containers of one node, running or not, as one look has shown them."""

    containers: tuple[Container, ...]
    reproduce: str

    def service(self, name: str) -> Container | None:
        """The service's running container, by its name or as pacemaker's bundle."""
        return _service_container(self.containers, name)

    def has_service(self, name: str) -> bool:
        """Whether the service's container runs, by one of its names."""
        return self.service(name) is not None

    def has_mon(self, ceph: Ceph, hostname: str) -> bool:
        """Whether the cluster's monitor runs in one of them, named as the environment file or the runtime has it."""
        patterns = [pattern for pattern in mon_patterns(ceph, hostname) if pattern]
        running = [container.name for container in self.containers if container.running]
        return any(re.fullmatch(pattern, name) for pattern in patterns for name in running)

    def __str__(self) -> str:
        return ", ".join(sorted(map(str, self.containers))) or "no containers"


def list_containers(node: Runner, deadline: float | None = None) -> Listing:
    """The containers of a node, by the first engine that answers there. Raises NoContainer where none does."""
    unanswered = []
    for engine in _LIST:
        completed, containers = _listed(node, engine, deadline)
        if completed.exit_status == 0:
            return Listing(containers, completed.reproduce)
        unanswered.append((completed, containers))
    raise NoContainer(unanswered[0][0], _what_there_was(unanswered))


def mon_name(ceph: Ceph, hostname: str) -> str:
    """What a node's mon container is called, in words: `FSID` stands for the cluster's."""
    names = [ceph.mon_container] if ceph.mon_container else _usual_names(ceph)
    return " or ".join(name.replace("{hostname}", hostname).replace("{fsid}", "FSID") for name in names)


#: Where Kolla's containers find a folder that they copy to /etc/ceph when they start.
_KOLLA_COPIES = "/var/lib/kolla/config_files/src-ceph"


@dataclass(frozen=True)
class Mounts:
    """The folders of the node that are in a container: its own path → the node's."""

    folders: Mapping[str, str]

    def on_node(self, path: str) -> str | None:
        """Where the node itself has a file of the container; None where it has none."""
        places = [place for place in self.folders if PurePosixPath(path).is_relative_to(place)]
        if not places:
            return None
        place = max(places, key=len)
        return str(PurePosixPath(self.folders[place]) / PurePosixPath(path).relative_to(place))


def mounts_of(node: Runner, prefix: tuple[str, ...]) -> Mounts:
    """What is mounted where this prefix leads to; without one that is the node itself. Raises CommandFailed."""
    if not prefix:
        return Mounts({"/": "/"})
    engine, *_, container = prefix
    shown = node.run_checked(engine, "inspect", "--format", "{{json .Mounts}}", container)
    try:
        found = {str(one["Destination"]): str(one["Source"]) for one in json.loads(shown.stdout)}
    except (ValueError, TypeError, KeyError) as error:
        raise CommandFailed(shown, f"{engine} inspect printed {shown.stdout[:80]!r}, no mounts") from error
    if _KOLLA_COPIES in found:
        found.setdefault("/etc/ceph", found[_KOLLA_COPIES])
    return Mounts(found)


def is_container_trouble(completed: Completed) -> bool:
    """Whether it was `podman exec` or `docker exec` that failed, and not the command in the container."""
    if completed.argv[:2] not in {("podman", "exec"), ("docker", "exec")} or completed.exit_status == 0:
        return False
    last = (completed.stderr.strip().splitlines() or [""])[-1]
    return bool(
        re.match(
            r"(?:Error: (?:no container|No such container|can only create exec sessions|unable to exec)"
            r"|Error response from daemon: (?:No such container|[Cc]ontainer \S+ is not running)"
            r"|Error: .*container state improper)",
            last,
        )
    )


def parse_podman_ps(text: str) -> tuple[Container, ...]:
    """The containers of `podman ps --all --format json`. ValueError: not that JSON."""
    return _containers(json.loads(text or "[]") or [], "podman")


def parse_docker_ps(text: str) -> tuple[Container, ...]:
    """The containers of `docker ps --all --format '{{json .}}'`, one object a line. ValueError: not that JSON."""
    return _containers([json.loads(line) for line in text.splitlines() if line.strip()], "docker")


def _moment(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _containers(entries: Iterable[dict[str, Any]], engine: Engine) -> tuple[Container, ...]:
    return tuple(
        Container(name, _state(entry), engine, _moment(entry.get("StartedAt")))
        for entry in entries
        for name in _names(entry)
    )


def _names(entry: dict[str, Any]) -> list[str]:
    """A list, or one text as in docker and podman 1; a `docker` that is podman's prints as podman does."""
    given = entry.get("Names") or ()
    return [name for name in (given.split(",") if isinstance(given, str) else given) if name]


def _state(entry: dict[str, Any]) -> str:
    """The engine's word; podman 1 has a number instead, and docker before 20.10 `Up 3 hours` only."""
    given = entry.get("State")
    if isinstance(given, int) and given in range(len(_STATES)):
        return _STATES[given]
    if isinstance(given, str) and given:
        return given.lower()
    return "running" if str(entry.get("Status", "")).startswith("Up") else "exited"


def _listed(node: Runner, engine: Engine, deadline: float | None = None) -> tuple[Completed, tuple[Container, ...]]:
    completed = node.run(*_LIST[engine], deadline=deadline)
    if completed.exit_status != 0:
        return completed, ()
    try:
        parse = parse_podman_ps if engine == "podman" else parse_docker_ps
        return completed, parse(completed.stdout)
    except (ValueError, AttributeError) as error:
        raise CommandFailed(completed, f"{engine} ps printed {completed.stdout[:80]!r}, no JSON") from error


def _what_there_was(listings: Iterable[tuple[Completed, tuple[Container, ...]]]) -> str:
    said = []
    for completed, containers in listings:
        engine = completed.argv[0]
        if completed.exit_status != 0:
            said.append(f"{engine} does not answer")
        else:
            said.append(f"{engine} has {', '.join(sorted(map(str, containers))) or 'no containers'}")
    return "; ".join(said)


def _usual_names(ceph: Ceph) -> tuple[str, ...]:
    cephadm = ("ceph-{fsid}-mon-{hostname}",)
    return cephadm if ceph.runtime == "cephadm" else ("ceph-mon-{hostname}", *cephadm)


def mon_patterns(ceph: Ceph, hostname: str) -> tuple[str | None, str | None]:
    """Regular expressions for ceph-ansible's name of the mon container, and for cephadm's."""
    hosts = "|".join(sorted({re.escape(name) for name in (hostname, hostname.replace(".", "-"), short(hostname))}))
    if ceph.mon_container:
        given = re.escape(ceph.mon_container)
        given = given.replace(re.escape("{hostname}"), f"(?:{hosts})").replace(re.escape("{fsid}"), UUID)
        has_fsid = "{fsid}" in ceph.mon_container or ceph.runtime == "cephadm"
        return (None, given) if has_fsid else (given, None)
    cephadm = rf"ceph-{UUID}-mon[-.](?:{hosts})"
    return (None if ceph.runtime == "cephadm" else rf"ceph-mon-(?:{hosts})", cephadm)

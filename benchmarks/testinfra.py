"""Asking nodes in the project's way beside testinfra's modules: `python -m benchmarks.testinfra`.

Both ask the nodes of a simulated deployment the same questions, by the same connections, one after the other: how many
commands that takes on a node, and how long at a site. Answers that differ are an error. The simulator answers at once,
so that what a command costs is CPU time; to a real node each takes two round trips more, for its channel and itself.
"""

from __future__ import annotations

import argparse
import math
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.environment import load_environment
from helpers.nodes.containers import list_containers
from helpers.nodes.files import read_file
from helpers.nodes.keyrings import FOLDERS, exposed_keys
from helpers.nodes.modules import Modules
from helpers.nodes.node import Completed, Node
from simulator.process import running

CONF = "/etc/ceph/central.conf"
KEY = "^[[:space:]]*key[[:space:]]*="


class Counted:
    """A node that counts its commands, and testinfra's modules over it."""

    def __init__(self, node: Node) -> None:
        self._node, self.commands = node, 0
        self.name, self.hostname = node.name, node.hostname
        self.host = Modules(self)
        _ = self.host.system_info.type  # testinfra asks for this once

    def close(self) -> None:
        self._node.close()

    def command(self, *argv: str, sudo: bool = True) -> str:
        return self._node.command(*argv, sudo=sudo)

    def run(self, *argv: str, deadline: float | None = None, sudo: bool = True) -> Completed:
        self.commands += 1
        return self._node.run(*argv, deadline=deadline, sudo=sudo)

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        return self.run(*argv, deadline=deadline)


def a_file(node: Counted) -> object:
    seen = read_file(node, CONF)
    return seen.exists, seen.owner, seen.group, int(seen.mode, 8), seen.size, seen.content


def a_file_by_modules(node: Counted) -> object:
    file = node.host.file(CONF)
    if not file.exists:
        return False, "", "", 0, 0, None
    content = file.content_string if file.is_file else None
    return True, file.user, file.group, file.mode, file.size, content


def containers(node: Counted) -> object:
    return {(one.name, one.running) for one in list_containers(node).containers}


def containers_by_modules(node: Counted) -> object:
    looked_at = [one.inspect() for one in node.host.podman.get_containers()]
    return {(one["Name"], one["State"]["Running"]) for one in looked_at}


def keys(node: Counted) -> object:
    return {one.path for one in exposed_keys(node, FOLDERS)}


def keys_by_modules(node: Counted) -> object:
    """The files with a key that everybody may read or write, in folders that everybody may enter."""
    found: set[str] = set()
    for folder in map(node.host.file, FOLDERS):
        if folder.is_directory and folder.mode & stat.S_IXOTH:
            files = [node.host.file(f"{folder.path}/{name}") for name in folder.listdir()]
            exposed = [file for file in files if file.mode & (stat.S_IROTH | stat.S_IWOTH)]
            found |= {file.path for file in exposed if file.contains(KEY)}
    return found


QUESTIONS: dict[str, tuple[Callable[[Counted], object], Callable[[Counted], object]]] = {
    "a file: owner, mode, content": (a_file, a_file_by_modules),
    "which containers run": (containers, containers_by_modules),
    "keys that everybody may read": (keys, keys_by_modules),
}


@dataclass
class Measured:
    """A way to ask a site's nodes: the answers, the commands of one node, and the least milliseconds of the site."""

    answers: object
    commands: float
    wall: float = math.inf


def asked(ways: Sequence[Callable[[Counted], object]], nodes: Sequence[Counted], times: int) -> list[Measured]:
    """Ask in all ways in turn, so many times: what else this machine does meanwhile meets them alike."""
    found = [Measured(None, 0) for _ in ways]
    for way, seen in list(zip(ways, found, strict=True)) * times:
        before, begun = sum(node.commands for node in nodes), time.monotonic()
        seen.answers = [way(node) for node in nodes]
        seen.wall = min(seen.wall, 1000 * (time.monotonic() - begun))
        seen.commands = (sum(node.commands for node in nodes) - before) / len(nodes)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """0 when both ways have the same answers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.testinfra", description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="how often each question is asked (default 20)")
    options = parser.parse_args(argv)
    sys.stdout.write(f"{'':32}{'commands a node':>18}{'ms a site':>16}{'ratio':>8}\n")
    agreed = True
    with tempfile.TemporaryDirectory(prefix="dcn-verify-testinfra-") as folder, running(Path(folder)) as file:
        environment = load_environment(file)
        site = environment.central
        nodes = [Counted(Node(one, environment.ssh)) for one in site.nodes]
        for what, ways in QUESTIONS.items():
            ours, theirs = asked(ways, nodes, options.times)
            agreed = agreed and ours.answers == theirs.answers
            commands, wall = f"{ours.commands:.0f}, {theirs.commands:.0f}", f"{ours.wall:.1f}, {theirs.wall:.1f}"
            sys.stdout.write(f"{what:32}{commands:>18}{wall:>16}{theirs.wall / ours.wall:8.1f}\n")
        for node in nodes:
            node.close()
    if not agreed:
        sys.stdout.write("THE ANSWERS DIFFER\n")
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())

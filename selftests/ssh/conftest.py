"""Servers on loopback, and nodes that are reached by an ssh_config of one's own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.environment import NodeSpec, Ssh
from helpers.nodes.node import Node, Unreachable
from selftests.ssh.server import Server

NAME = "dcn0-hci-0"


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def make(**options: Any) -> Server:
        servers.append(Server(tmp_path, **options))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    return make_server()


@pytest.fixture
def reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Node]]:
    """Makes the node `dcn0-hci-0` from an ssh_config; no agent of this machine's has a part in it."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    nodes: list[Node] = []

    def make(config: str, **ssh: Any) -> Node:
        path = tmp_path / f"ssh_config-{len(nodes)}"
        path.write_text(config)
        settings = {"config": path, "sudo": False, "connect_timeout": 60, **ssh}
        nodes.append(Node(NodeSpec(NAME, "192.0.2.20", (), "dcn0"), Ssh().model_copy(update=settings)))
        return nodes[-1]

    yield make
    for node in nodes:
        node.close()


def block(server: Server, known_hosts: Path, name: str = NAME) -> str:
    """The Host block that leads to a server, with what it needs for a login; options may come behind it."""
    with known_hosts.open("a") as file:
        file.write(server.known_hosts_line)
    return (
        f"Host {name}\n HostName 127.0.0.1\n Port {server.port}\n User heat-admin\n UserKnownHostsFile {known_hosts}\n"
        f" IdentityFile {server.user_key}\n IdentitiesOnly yes\n"
    )


def says(node: Node) -> str:
    """What a command on the node prints: the login works."""
    return node.run("echo", "here").stdout


def reproduce(node: Node) -> str | None:
    """What OpenSSH's client prints for the same command by the line to reproduce it; None where it is not installed."""
    if shutil.which("ssh") is None:
        return None
    program, *words = shlex.split(node._connection.command("echo here"))
    ended = subprocess.run([program, "-o", "BatchMode=yes", *words], capture_output=True, text=True, timeout=60)  # noqa: S603
    return ended.stdout


def refusal(node: Node) -> str:
    """Why the login fails, in one line that has the node's name."""
    with pytest.raises(Unreachable) as caught:
        node.connect()
    line = str(caught.value)
    assert (line.startswith(f"{NAME} ("), "\n" in line) == (True, False), line
    return line.partition("): ")[2]

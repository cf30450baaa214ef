"""Commands over SSH, against servers in this process on loopback: what works, what is refused, and how it is said."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncssh
import pytest

import helpers.nodes.node
from helpers.environment import NodeSpec, Ssh
from helpers.nodes.node import CommandFailed, Completed, DeadlinePassed, Node, Unreachable
from helpers.outcomes import Unknown
from helpers.wait import wait_until
from selftests.ssh.server import Server

#: What a new connection asks first.
GREETING = "true"
CEPHX = "AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q=="


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    servers: list[Server] = []

    def make() -> Server:
        servers.append(Server(tmp_path))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def server(make_server: Callable[[], Server]) -> Server:
    return make_server()


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    nodes: list[Node] = []

    def make(server: Server, *, name: str = "dcn0-hci-0", extra: str = "", **ssh: Any) -> Node:
        config = tmp_path / f"ssh_config-{len(nodes)}"
        config.write_text(
            f"Host {name}\n HostName 127.0.0.1\n Port {server.port}\n User heat-admin\n"
            f" IdentityFile {server.user_key}\n IdentitiesOnly yes\n{extra}"
        )
        known_hosts = tmp_path / f"known_hosts-{len(nodes)}"
        known_hosts.write_text(server.known_hosts_line)
        settings = {"config": config, "known_hosts": known_hosts, "sudo": False, "connect_timeout": 60, **ssh}
        # as load_environment leaves it: paths in place, nothing to validate any more
        nodes.append(Node(NodeSpec(name, "192.0.2.20", (), "dcn0"), Ssh().model_copy(update=settings)))
        return nodes[-1]

    yield make
    for node in nodes:
        node.close()


@pytest.fixture
def node(server: Server, make_node: Callable[..., Node]) -> Node:
    return make_node(server)


def test_a_command_and_its_answer(node: Node) -> None:
    completed = node.run("sh", "-c", "echo out; echo err >&2; exit 3")
    assert (completed.exit_status, completed.stdout, completed.stderr) == (3, "out\n", "err\n")
    assert completed.node == "dcn0-hci-0"


@pytest.mark.parametrize("argument", ["a b", "$(id)", "`id`", "'", '"', "; false", "*", "\\", "", "a\nb", "ö€"])
def test_arguments_are_never_read_by_a_shell(argument: str, node: Node) -> None:
    assert node.run("printf", "%s", argument).stdout == argument


def test_both_outputs_may_be_large(node: Node) -> None:
    script = "head -c 1048576 /dev/zero | tr '\\0' e >&2; head -c 3000000 /dev/zero | tr '\\0' o"
    completed = node.run("sh", "-c", script)
    assert (len(completed.stderr), len(completed.stdout)) == (1_048_576, 3_000_000)


def test_output_that_is_no_text_does_not_break(node: Node) -> None:
    assert node.run("printf", "\\377a").stdout == "\N{REPLACEMENT CHARACTER}a"


def test_text_that_a_shell_prints_by_itself_is_taken_for_no_answer(
    server: Server, make_node: Callable[..., Node]
) -> None:
    server.text = b"Site EDGE-7: authorised use only\nkey = AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q==\n"
    node = make_node(server)

    for _ in range(2):
        with pytest.raises(Unreachable, match="prints 'Site EDGE-7: authorised use only' before every answer"):
            node.run("cat", "/etc/ceph/central.conf")

    assert set(server.commands) == {GREETING}


def test_sudo_and_the_deadline_stand_before_the_command(server: Server, make_node: Callable[..., Node]) -> None:
    node = make_node(server, sudo=True, deadline=60)
    completed = node.run("podman", "ps", deadline=7)
    assert server.commands == [GREETING, "sudo -n timeout -k 5 7 podman ps"]
    assert completed.command == "sudo podman ps"


def test_the_deadline_holds_in_the_container_too(server: Server, make_node: Callable[..., Node]) -> None:
    node = make_node(server, sudo=True)
    completed = node.run("podman", "exec", "ceph-mon-a", "rbd", "ls", deadline=7)
    assert server.commands == [GREETING, "sudo -n timeout -k 5 10 podman exec ceph-mon-a timeout -k 5 7 rbd ls"]
    assert completed.command == "sudo podman exec ceph-mon-a rbd ls"
    assert completed.reproduce.endswith("'sudo podman exec ceph-mon-a rbd ls'")


def test_nothing_goes_on_in_a_container_after_the_deadline(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as podman does: what it starts is a session of its own, and no signal is passed on
    podman = tmp_path / "podman"
    podman.write_text('#!/bin/bash\nshift 2\nsetsid "$@" &\nwait $!\n')
    podman.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    pid_file = tmp_path / "pid"
    with pytest.raises(DeadlinePassed, match=r"not done within 3 s: ssh .* 'podman exec ceph-mon-a sh "):
        node.run("podman", "exec", "ceph-mon-a", "sh", "-c", f"echo $$ > {pid_file}; exec sleep 300", deadline=3)
    process = Path("/proc") / pid_file.read_text().strip()
    wait_until(process.exists, lambda exists: not exists, timeout=60, what="the end of the command", interval=0.05)


def test_the_line_by_hand_can_be_pasted(node: Node) -> None:
    completed = node.run("echo", "it's")
    assert completed.reproduce == (
        f"ssh -F {node._ssh.config} -o UserKnownHostsFile={node._ssh.known_hosts} "
        "dcn0-hci-0 'echo '\"'\"'it'\"'\"'\"'\"'\"'\"'\"'\"'s'\"'\"''"
    )


def test_a_slow_command_is_ended_on_the_node(server: Server, node: Node) -> None:
    with pytest.raises(DeadlinePassed, match=r"dcn0-hci-0: not done within 0.3 s: ssh .* 'sleep 300'"):
        node.run("sleep", "300", deadline=0.3)
    wait_until(lambda: server.running, (0).__eq__, timeout=60, what="commands on the node", interval=0.01)


def test_a_node_that_says_nothing_is_left(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers.nodes.node, "GRACE", 0.2)
    started = time.monotonic()
    with pytest.raises(DeadlinePassed) as caught:
        node.run("hang", deadline=0.3)
    assert caught.value.deadline == 0.3
    assert time.monotonic() - started < 60
    assert node.run("true").exit_status == 0, "the connection still serves"


def test_exit_status_124_of_the_command_itself_is_no_deadline(node: Node) -> None:
    assert node.run("sh", "-c", "exit 124").exit_status == 124


def test_many_threads_share_one_connection(server: Server, node: Node) -> None:
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda number: node.run("sh", "-c", f"sleep 0.1; echo {number}"), range(24)))
    assert [answer.stdout.strip() for answer in answers] == [str(number) for number in range(24)]
    assert len(server.connections) == 1
    assert 1 < server.most_running <= 8


def test_a_lost_connection_is_made_anew(server: Server, node: Node) -> None:
    assert node.run("true").exit_status == 0
    server.drop_connections()
    assert node.run("true").exit_status == 0
    assert len(server.connections) == 2


def test_a_connection_lost_in_the_middle_is_made_anew_a_few_times(server: Server, node: Node) -> None:
    with pytest.raises(Unreachable, match="the connection failed: it was lost while a command ran"):
        node.run("lose", deadline=60)
    assert len(server.connections) == 10


def test_connecting_is_asked_for_or_comes_by_itself(server: Server, node: Node) -> None:
    assert server.connections == []
    node.connect()
    assert len(server.connections) == 1
    node.close()
    assert node.run("true").exit_status == 0


def test_a_failed_command_says_where_which_and_what(node: Node) -> None:
    with pytest.raises(CommandFailed) as caught:
        node.run_checked("sh", "-c", f"echo 'rbd: no key {CEPHX}' >&2; exit 2")
    message = str(caught.value)
    assert message.startswith("dcn0-hci-0: exit status 2: ssh -F ")
    assert message.endswith("\n| rbd: no key ***")
    assert CEPHX not in message + repr(caught.value.completed)
    assert caught.value.reproduce == (caught.value.completed.reproduce,)


def unreachable(node: Node) -> str:
    with pytest.raises(Unreachable) as caught:
        node.connect()
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.reproduce[0].startswith("ssh ")
    assert line.startswith("dcn0-hci-0 (")
    return line.partition("): ")[2]


def test_nothing_listens(server: Server, make_node: Callable[..., Node]) -> None:
    server.close()
    assert unreachable(make_node(server)) == f"refused: nothing listens on port {server.port}"


def test_another_host_key(server: Server, make_server: Callable[[], Server], make_node: Callable[..., Node]) -> None:
    node = make_node(server)
    other = make_server().known_hosts_line.partition(" ")[2]
    node._ssh.known_hosts.write_text(f"[127.0.0.1]:{server.port} {other}")
    reason = unreachable(node)
    assert reason.startswith("host key mismatch: the node shows SHA256:")
    assert f"and {node._ssh.known_hosts} line 1 has SHA256:" in reason


def test_a_host_key_that_nobody_knows(server: Server, make_node: Callable[..., Node]) -> None:
    node = make_node(server)
    node._ssh.known_hosts.write_text("")
    assert unreachable(node) == (
        f"unknown host key: [127.0.0.1]:{server.port} is not in {node._ssh.known_hosts}; "
        f"add it with ssh-keyscan -p {server.port} 127.0.0.1, or set ssh.check_host_keys to false"
    )
    accepting = make_node(server, check_host_keys=False, known_hosts=None)
    assert accepting.run("true").exit_status == 0


def test_the_host_key_is_looked_up_by_its_alias(server: Server, make_node: Callable[..., Node]) -> None:
    node = make_node(server, extra=" HostKeyAlias the-node\n")
    node._ssh.known_hosts.write_text(server.known_hosts_line.replace(f"[127.0.0.1]:{server.port}", "the-node"))
    assert node.run("true").exit_status == 0


def test_a_key_that_the_node_refuses(server: Server, make_node: Callable[..., Node]) -> None:
    node = make_node(server)
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(server.user_key)
    assert unreachable(node) == f"authentication refused for user heat-admin with key {server.user_key}"


def test_a_key_with_a_passphrase(server: Server, make_node: Callable[..., Node]) -> None:
    node = make_node(server)
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(server.user_key, passphrase="a passphrase", rounds=16, ignore_few_rounds=True)
    assert unreachable(node) == (
        "no key to log in with as user heat-admin; passed over: "
        f"{server.user_key} is encrypted; add it to an agent: ssh-add {server.user_key}"
    )


def test_a_name_without_address(server: Server, make_node: Callable[..., Node]) -> None:
    node = make_node(server)
    config = node._ssh.config
    config.write_text(config.read_text().replace("HostName 127.0.0.1", "HostName no-such-host.invalid"))
    assert unreachable(node) == "unknown host: no-such-host.invalid has no address"


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_what_listens_is_no_ssh_server(greeting: bytes, server: Server, make_node: Callable[..., Node]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    accepted.append(listener.accept()[0])
                    accepted[-1].sendall(greeting)
                    if greeting:
                        accepted[-1].close()

        thread = threading.Thread(target=accept)
        thread.start()
        node = make_node(server, connect_timeout=60 if greeting else 1)
        config = node._ssh.config
        config.write_text(config.read_text().replace(str(server.port), str(listener.getsockname()[1])))
        reason = unreachable(node)
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in accepted:
            connection.close()
    assert reason.startswith("what listens on port " if greeting else "timed out: no answer within 1 s")


def test_a_jump_host_is_shared_by_the_nodes_behind_it(
    make_server: Callable[[], Server], make_node: Callable[..., Node]
) -> None:
    jump, server = make_server(), make_server()
    extra = (
        " ProxyJump undercloud\n"
        f"Host undercloud\n HostName 127.0.0.1\n Port {jump.port}\n IdentityFile {jump.user_key}\n"
    )
    nodes = [make_node(server, extra=extra) for _ in range(4)]
    for node in nodes:
        node._ssh.known_hosts.write_text(server.known_hosts_line + jump.known_hosts_line)
    # one environment has one ssh section
    for node in nodes[1:]:
        node._connection._ssh = nodes[0]._ssh
    with ThreadPoolExecutor(4) as pool:
        assert [answer.stdout for answer in pool.map(lambda node: node.run("echo", "a"), nodes)] == ["a\n"] * 4
    assert len(server.connections) == 4
    assert len(jump.connections) == 1
    assert jump.commands == []

    for node in nodes:
        node.close()
    jump.close()
    reason = unreachable(nodes[0])
    assert (
        reason == f"behind jump host undercloud (127.0.0.1:{jump.port}): refused: nothing listens on port {jump.port}"
    )


def test_a_jump_host_that_does_not_get_there(make_server: Callable[[], Server], make_node: Callable[..., Node]) -> None:
    jump, server = make_server(), make_server()
    extra = (
        " ProxyJump undercloud\n"
        f"Host undercloud\n HostName 127.0.0.1\n Port {jump.port}\n IdentityFile {jump.user_key}\n"
    )
    node = make_node(server, extra=extra)
    node._ssh.known_hosts.write_text(server.known_hosts_line + jump.known_hosts_line)
    server.close()
    assert unreachable(node).startswith("jump host undercloud does not get there: ")


def test_a_proxy_command(server: Server, make_node: Callable[..., Node], tmp_path: Path) -> None:
    relay = tmp_path / "relay.py"
    relay.write_text(
        "import os, socket, sys, threading\n"
        "there = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def back():\n"
        "    while data := there.recv(65536): os.write(1, data)\n"
        "threading.Thread(target=back, daemon=True).start()\n"
        "while data := os.read(0, 65536): there.sendall(data)\n"
    )
    node = make_node(server, extra=f" ProxyCommand python3 {relay} %h %p\n")
    assert node.run("echo", "a").stdout == "a\n"


def test_a_file_is_read_with_its_facts(node: Node, tmp_path: Path) -> None:
    path = tmp_path / "central.client.external.keyring"
    path.write_text(f"[client.external]\n\tkey = {CEPHX}\n")
    path.chmod(0o640)
    facts = node.read_file(str(path))
    assert (facts.exists, facts.mode, facts.size, facts.content) == (True, "0640", 66, path.read_text())
    assert facts.owner == path.owner()
    assert facts.changed == int(path.stat().st_ctime)
    assert CEPHX not in repr(facts)
    assert facts.reproduce.endswith(f"'cat -- {path}'")


def test_what_is_no_file(node: Node, tmp_path: Path) -> None:
    missing = node.read_file(f"{tmp_path}/none")
    assert (missing.exists, missing.content) == (False, None)
    assert repr(missing) == f"<no file {tmp_path}/none>"
    assert not node.read_file("/etc/passwd/none").exists
    assert node.read_file(str(tmp_path)).content is None
    empty = tmp_path / "empty"
    empty.touch()
    assert node.read_file(str(empty)).content == ""
    large = tmp_path / "large"
    large.write_bytes(b"x" * 1_100_000)
    with pytest.raises(CommandFailed, match="has 1100000 bytes and is no configuration file"):
        node.read_file(str(large))


def test_testinfras_modules_work_over_the_same_connection(
    server: Server, node: Node, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What they read is not logged: it may be a key."""
    caplog.set_level(logging.DEBUG)
    (tmp_path / "a file").write_text(f"{CEPHX}\n")

    assert node.host.file(f"{tmp_path}/a file").content_string == f"{CEPHX}\n"
    assert not node.host.file(f"{tmp_path}/none").exists
    assert len(server.connections) == 1
    assert CEPHX not in caplog.text


def test_what_testinfra_cannot_look_at_is_no_failed_claim(node: Node, tmp_path: Path) -> None:
    with pytest.raises(Unknown, match=r"exit status 1: ssh .*stat -Lc %a "):
        _ = node.host.file(f"{tmp_path}/none").mode


def test_the_nodes_own_name_is_asked_once(server: Server, node: Node) -> None:
    assert node.hostname == socket.gethostname() == node.hostname
    assert server.commands[0] == GREETING
    assert len(server.commands) == 2


def test_a_completed_command_prints_without_secrets() -> None:
    completed = Completed("n", ("a",), "a", 0, f"key = {CEPHX}", "", "ssh n a")
    assert repr(completed) == "<ssh n a → exit status 0, stdout 'key = ***', stderr ''>"


@contextlib.contextmanager
def relay(port: int, ends_after: list[int]) -> Iterator[int]:
    """The port of what stands before a server, and ends each of the first connections after so many of its bytes."""
    with contextlib.ExitStack() as opened, ThreadPoolExecutor(16) as threads:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))

        def pump(source: socket.socket, sink: socket.socket, most: float) -> None:
            with contextlib.suppress(OSError):
                while most > 0 and (data := source.recv(int(min(most, 65536)))):
                    sink.sendall(data)
                    most -= len(data)
            for end in (source, sink):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    here = opened.enter_context(listener.accept()[0])
                    there = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
                    threads.submit(pump, here, there, float("inf"))
                    threads.submit(pump, there, here, ends_after.pop(0) if ends_after else float("inf"))

        threads.submit(accept)
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("most", [0, 10, 100, 1000, 1300, 1500, 1800, 2000, 2200])
def test_a_login_that_ended_early_is_tried_again(most: int, server: Server, make_node: Callable[..., Node]) -> None:
    """A busy sshd drops connections (MaxStartups), and what stands between ends them at any time."""
    node = make_node(server, check_host_keys=False, known_hosts=None)
    with relay(server.port, [most, most]) as port:
        config = node._ssh.config
        config.write_text(config.read_text().replace(str(server.port), str(port)))
        assert node.run("true").exit_status == 0
        node.close()

"""Ways to a node: ProxyCommand, ProxyJump, addresses, and the line that reproduces the login by hand."""

from __future__ import annotations

import shutil
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from helpers.nodes.node import Node
from helpers.wait import wait_until
from selftests.ssh.conftest import block, refusal, reproduce, says
from selftests.ssh.server import Server

Reach = Callable[..., Node]
NC = Path(__file__).parents[1] / "inputs" / "ssh-proxycommand-shell" / "nc"


@pytest.fixture
def login(server: Server, tmp_path: Path) -> str:
    return block(server, tmp_path / "known_hosts")


@pytest.mark.parametrize(
    "command",
    [
        f"{sys.executable} {NC} %h %p",
        f"{sys.executable} {NC} %h %p 2>/dev/null",
        f"'{sys.executable}' \"$NC\" %h %p",
        f"{sys.executable} {NC} $(echo %h) %p | cat",
    ],
)
def test_the_users_shell_runs_a_proxy_command(
    command: str, login: str, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NC", str(NC))
    monkeypatch.setenv("SHELL", "/bin/sh")
    node = reach(f"{login} ProxyCommand {command}\n")

    assert says(node) == "here\n"
    assert reproduce(node) in (None, "here\n")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nowhere/nc %h", "'/nowhere/nc 127.0.0.1' does not get there: it ended with exit status 127: "),
        ("sh -c 'echo a; echo closed >&2; exit 3'", "it ended with exit status 3: closed"),
        ("true", "ProxyCommand 'true' does not get there: it ended with exit status 0"),
        ("sh -c 'echo waiting >&2; sleep 9'", "does not get there: no answer within 1 s: waiting"),
        ("echo HTTP/1.1 403 Forbidden", "it ended with exit status 0: HTTP/1.1 403 Forbidden"),
    ],
)
def test_a_proxy_command_that_leads_nowhere_is_named(
    command: str, said: str, login: str, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what it says itself."""
    monkeypatch.setenv("SHELL", "/bin/sh")

    assert said in refusal(reach(f"{login} ProxyCommand {command}\n", connect_timeout=1 if "sleep" in command else 60))


def test_a_shell_that_is_not_there(login: str, reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/nowhere/zsh")

    assert refusal(reach(f"{login} ProxyCommand cat\n")) == "no such file or directory: /nowhere/zsh"


def test_a_proxy_command_ends_with_the_connection(
    login: str, reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so does all that it has started."""
    monkeypatch.setenv("SHELL", "/bin/sh")
    script = tmp_path / "proxy"
    script.write_text(f"echo $$ > $3/pid\nsleep 300 &\necho $! > $3/other\n{sys.executable} {NC} $1 $2\n")
    node = reach(f"{login} ProxyCommand sh {script} %h %p {tmp_path}\n")
    assert says(node) == "here\n"

    node.close()

    for name in ("pid", "other"):
        process = int((tmp_path / name).read_text())
        wait_until(lambda process=process: runs(process), (False).__eq__, timeout=60, what=f"the end of {name}")


def runs(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_chain_of_jump_hosts(make_server: Callable[..., Server], reach: Reach, tmp_path: Path) -> None:
    """By ProxyJump of the node, and of a jump host."""
    first, second, last = (make_server() for _ in range(3))
    known_hosts = tmp_path / "known_hosts"
    hops = block(first, known_hosts, "one") + block(second, known_hosts, "two") + " ProxyJump one\n"

    for way in ("two", "one,two", f"one,heat-admin@two:{second.port}"):
        node = reach(f"{block(last, known_hosts)} ProxyJump {way}\n{hops}")
        assert says(node) == "here\n", way
        assert reproduce(node) in (None, "here\n"), way


@pytest.mark.skipif(shutil.which("ssh") is None, reason="OpenSSH's client is not installed")
def test_a_proxy_command_that_is_ssh_itself(
    make_server: Callable[..., Server], reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is written since before there was ProxyJump."""
    monkeypatch.setenv("SHELL", "/bin/sh")
    jump, last = make_server(), make_server()
    known_hosts = tmp_path / "known_hosts"
    node = reach(f"{block(last, known_hosts)} ProxyCommand ssh -F {tmp_path}/jump -W %h:%p one\n")
    (tmp_path / "jump").write_text(block(jump, known_hosts, "one"))

    assert says(node) == "here\n"
    node.close()
    jump.close()
    assert "does not get there: it ended with exit status 255: " in refusal(node)


def test_a_circle_of_jump_hosts(login: str, reach: Reach) -> None:
    """It is one line, and does not wait for itself."""
    config = f"{login} ProxyJump one\nHost one\n ProxyJump two\nHost two\n ProxyJump one\n"

    assert "ProxyJump leads to one by way of one itself; `ProxyJump none` in its Host block" in refusal(reach(config))


def test_a_jump_host_by_a_proxy_command(
    make_server: Callable[..., Server], reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/bin/sh")
    jump, last = make_server(), make_server()
    known_hosts = tmp_path / "known_hosts"
    hop = block(jump, known_hosts, "one") + f" ProxyCommand {sys.executable} {NC} %h %p\n"
    node = reach(f"{block(last, known_hosts)} ProxyJump one\n{hop}")

    assert says(node) == "here\n"
    assert reproduce(node) in (None, "here\n")


@pytest.mark.parametrize("checked", [True, False])
def test_what_the_environment_file_adds_holds_on_the_way_too(
    checked: bool, make_server: Callable[..., Server], reach: Reach, tmp_path: Path
) -> None:
    """known_hosts, or that no host key is checked: the line by hand has it for the jump hosts as well."""
    first, second, last = (make_server() for _ in range(3))
    known_hosts = tmp_path / "known hosts"
    hops = block(first, known_hosts, "one") + block(second, known_hosts, "two") + " ProxyJump one\n"
    config = f"{block(last, known_hosts)} ProxyJump two\n{hops}".replace(str(known_hosts), "/dev/null")
    node = reach(config, **({"known_hosts": known_hosts} if checked else {"check_host_keys": False}))

    assert says(node) == "here\n"
    assert reproduce(node) in (None, "here\n")


def test_another_user_than_the_files(login: str, reach: Reach) -> None:
    node = reach(
        login.replace("heat-admin", "stack") + "Match user heat-admin\n PermitLocalCommand no\n", user="heat-admin"
    )

    assert says(node) == "here\n"
    assert " heat-admin@dcn0-hci-0 " in node._connection.command("true")
    assert reproduce(node) in (None, "here\n")


def test_the_family_of_addresses(login: str, reach: Reach) -> None:
    """The servers here have no address of the other one."""
    assert says(reach(f"{login} AddressFamily inet\n")) == "here\n"
    assert refusal(reach(f"{login} AddressFamily inet6\n")) == "unknown host: 127.0.0.1 has no address"


def test_the_address_on_this_side(server: Server, login: str, reach: Reach) -> None:
    assert says(reach(f"{login} BindAddress 127.0.0.5\n")) == "here\n"
    assert server.connections[-1].get_extra_info("peername")[0] == "127.0.0.5"
    assert "cannot assign requested address" in refusal(reach(f"{login} BindAddress 192.0.2.1\n"))


@contextmanager
def answering(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """A port where every connection is answered so and then closed."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        pool.submit(serve)
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (
            b"",
            "the connection to port {port} was closed without a greeting: too many logins at once, or none from this",
        ),
        (b"Exceeded MaxStartups\r\n", "what listens on port {port} does not speak SSH; it says 'Exceeded MaxStartups'"),
    ],
)
def test_a_connection_that_is_closed_at_once(
    greeting: bytes, said: str, server: Server, login: str, reach: Reach
) -> None:
    """What was said before is shown."""
    with answering(lambda connection: connection.sendall(greeting)) as port:
        assert said.format(port=port) in refusal(reach(login.replace(str(server.port), str(port))))


def test_a_connection_that_is_closed_behind_a_jump_host(server: Server, login: str, reach: Reach) -> None:
    """What was said before is shown there, too."""
    with answering(lambda connection: None) as port:
        last = login.replace(str(server.port), str(port)) + " ProxyJump one\n"
        seen = refusal(reach(last + login.replace("dcn0-hci-0", "one")))

    assert f"the connection to port {port} was closed without a greeting" in seen


def test_a_connection_that_is_reset(server: Server, login: str, reach: Reach) -> None:
    """It does not count as one to something that speaks another protocol."""

    def reset(connection: socket.socket) -> None:
        connection.recv(1)  # a connection that is reset before cannot be opened
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with answering(reset) as port:
        seen = refusal(reach(login.replace(str(server.port), str(port))))

    assert f"the connection to port {port} was closed without a greeting" in seen


def test_seconds_to_connect(login: str, reach: Reach) -> None:
    """ConnectTimeout holds where the environment file says nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = login.replace("127.0.0.1\n Port ", f"127.0.0.1\n Port {listener.getsockname()[1]}\n #")
        node = reach(f"{silent} ConnectTimeout 1\n")
        node._connection._ssh = type(node._ssh)(config=node._ssh.config)
        seen = refusal(node)

    assert seen == "timed out: no answer within 1 s"

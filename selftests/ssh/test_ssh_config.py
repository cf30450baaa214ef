"""What ssh_config says about a node, as OpenSSH's client has it and as it is read where that is not installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.ssh import answer as ssh_answer
from helpers.ssh import config as ssh_config
from helpers.ssh.config import BadSshConfig, Hop, SshConfig

HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)
MYSELF = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture(params=["ssh -G", "own reading"])
def config(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SshConfig]:
    """Makes a configuration from a file's text."""
    if request.param == "own reading":
        monkeypatch.setattr(ssh_config, "openssh", lambda: None)
    elif shutil.which("ssh") is None:
        pytest.skip("OpenSSH's client is not installed")

    def make(text: str | bytes) -> SshConfig:
        path = tmp_path / "ssh_config"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return SshConfig(path)

    return make


def test_a_block_of_the_nodes_name_goes_before_its_address(config: Callable[..., SshConfig]) -> None:
    target = config("Host a\n HostName 192.0.2.7\n Port 2222\n User heat-admin\n").target("a", "192.0.2.20")
    assert (target.alias, target.host, target.port, target.user) == ("a", "192.0.2.7", 2222, "heat-admin")
    assert target.host_key_name == "[192.0.2.7]:2222"


def test_else_what_is_said_about_the_address_holds(config: Callable[..., SshConfig]) -> None:
    target = config("Host 192.0.2.*\n ProxyJump undercloud\n User stack\n").target("a", "192.0.2.20")
    assert (target.alias, target.host, target.jumps) == ("192.0.2.20", "192.0.2.20", (Hop(None, "undercloud", None),))
    assert target.configured_user == "stack"


def test_a_name_in_capitals_has_no_host_name_either(config: Callable[..., SshConfig]) -> None:
    assert config("User stack\n").target("DCN0-HCI-0", "192.0.2.20").host == "192.0.2.20"


def test_without_a_file_the_address_and_oneself() -> None:
    target = SshConfig.read(None).target("a", "192.0.2.20")
    assert (target.alias, target.host, target.port) == ("192.0.2.20", "192.0.2.20", 22)
    assert (target.user, target.configured_user) == (MYSELF, MYSELF)
    assert target.known_hosts_files[0] == HOME / ".ssh/known_hosts"
    assert HOME / ".ssh/id_ed25519" in target.identity_files


def test_the_environments_user_goes_first(config: Callable[..., SshConfig]) -> None:
    made = config("User stack\nMatch user heat-admin\n Port 2222\n")
    target = made.target("a", user="heat-admin")
    assert (target.user, target.configured_user, target.port) == ("heat-admin", "stack", 2222)
    assert made.target("a").port == 22


def test_a_user_before_the_name(config: Callable[..., SshConfig]) -> None:
    made = config("Host a\n HostName 192.0.2.7\n User stack\n")
    assert made.target("root@a", "192.0.2.20").place == ("192.0.2.7", 22, "root")
    assert made.target("root@a", user="heat-admin").place == ("192.0.2.7", 22, "heat-admin")


def test_files_aliases_and_nothing(config: Callable[..., SshConfig], tmp_path: Path) -> None:
    (tmp_path / "a b").touch()
    target = config(
        f"Host a\n IdentityFile ~/k-%h\n IdentityFile '/k 2'\n UserKnownHostsFile /h1 \"{tmp_path}/a b\" ~/%n\n"
        " HostKeyAlias B\n ProxyJump none\n IdentitiesOnly yes\n GlobalKnownHostsFile none\n HostName 192.0.2.7\n"
    ).target("a")
    assert target.identity_files == (HOME / "k-192.0.2.7", Path("/k 2"))
    assert target.known_hosts_files == (Path("/h1"), tmp_path / "a b", HOME / "a")
    assert target.global_known_hosts_files == ()
    assert (target.host_key_name, target.jumps, target.proxy_command) == ("b", (), None)
    assert target.identities_only


def test_what_is_none_of_the_files_business_is_the_default(config: Callable[..., SshConfig]) -> None:
    target = config("").target("a")
    assert (target.accept_unknown_key, target.accept_changed_key, target.trust_localhost) == (False, False, False)
    assert (target.address_family, target.bind_address, target.connect_timeout) == (socket.AF_UNSPEC, None, None)
    assert not target.identities_only


@pytest.mark.parametrize(
    ("value", "accepted"),
    [("yes", (False, False)), ("ask", (False, False)), ("accept-new", (True, False)), ("no", (True, True))],
)
def test_strict_host_key_checking(value: str, accepted: tuple[bool, bool], config: Callable[..., SshConfig]) -> None:
    target = config(f"StrictHostKeyChecking {value}\n").target("a")
    assert (target.accept_unknown_key, target.accept_changed_key) == accepted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("none", None),
        ("SSH_AUTH_SOCK", "/run/of-the-environment"),
        ("$OTHER", "/run/other"),
        ("${OTHER}", "/run/other"),
        ("~/agent-%r", f"{HOME}/agent-{MYSELF}"),
    ],
)
def test_identity_agent(
    value: str, expected: str | None, config: Callable[..., SshConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/of-the-environment")
    monkeypatch.setenv("OTHER", "/run/other")
    found = config(f"IdentityAgent {value}\n").target("a").identity_agent
    assert found == (Path(expected) if expected else None)


def test_tokens_of_a_proxy_command(config: Callable[..., SshConfig]) -> None:
    text = "Host a\n HostName 192.0.2.7\n ProxyCommand nc -X 5 '%h' %p %r@%n 100%% 2>/dev/null # no comment\n"
    expected = f"nc -X 5 '192.0.2.7' 22 {MYSELF}@a 100% 2>/dev/null # no comment"
    assert config(text).target("a").proxy_command == expected


@pytest.mark.parametrize(
    ("hop", "expected"),
    [
        ("undercloud", ("192.0.2.1", 2200, "stack")),
        ("root@undercloud:22", ("192.0.2.1", 22, "root")),
        ("ssh://root@other:2022", ("other", 2022, "root")),
        ("[2001:db8::1]:2022", ("2001:db8::1", 2022, MYSELF)),
    ],
)
def test_a_hop_has_its_own_block(hop: str, expected: tuple[str, int, str], config: Callable[..., SshConfig]) -> None:
    text = f"Host undercloud\n HostName 192.0.2.1\n Port 2200\n User stack\nHost a\n ProxyJump {hop}\n"
    made = config(text)
    assert [each.place for each in made.route(made.target("a"))] == [expected]


def test_the_way_through_several_hops(config: Callable[..., SshConfig]) -> None:
    """What is written before a hop goes before its own ProxyJump; the first has its own."""
    made = config("Host a\n ProxyJump b,c\nHost b\n ProxyJump d\nHost c\n ProxyCommand false\n")
    way = made.route(made.target("a"))
    assert [hop.host for hop in way] == ["d", "b", "c"]
    assert way[-1].proxy_command is None


@pytest.mark.parametrize("text", ["ProxyJump b\n", "Host a\n ProxyJump b\nHost b\n ProxyJump a\n"])
def test_a_way_in_a_circle(text: str, config: Callable[..., SshConfig], tmp_path: Path) -> None:
    made = config(text)
    with pytest.raises(BadSshConfig, match=rf"{tmp_path}/ssh_config: (ProxyJump leads to|jumphost loop via)"):
        made.route(made.target("a"))


def test_included_files_are_read(config: Callable[..., SshConfig], tmp_path: Path) -> None:
    """In a block too; what comes behind an Include belongs to where the Include is."""
    for name in ("a", "b"):
        (tmp_path / f"part-{name}").write_text(f"Host {name}\n HostName 192.0.2.{name}\n")
        (tmp_path / f"part-{name}").chmod(0o600)
    read = config(f"Host a b\n Include {tmp_path}/part-* {tmp_path}/none\n Port 2222\nHost *\n User stack\n")
    found = [read.target(name) for name in ("a", "b", "c")]
    assert [(target.host, target.port) for target in found] == [("192.0.2.a", 2222), ("192.0.2.b", 2222), ("c", 22)]
    assert {target.user for target in found} == {"stack"}


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b'Host "a\n',
        b"Port abc\n",
        b"Include {path}\n",
        b"Hostnme a\n",
        b"Match all host a\n",
        b"IdentityFile\n",
        b"IdentityFile ~/%x\n",
        b"ProxyJump a:b:c\n",
        b"ProxyUseFdpass yes\n",
    ],
)
def test_a_file_that_is_no_ssh_config(content: bytes, config: Callable[..., SshConfig], tmp_path: Path) -> None:
    path = str(tmp_path / "ssh_config")
    with pytest.raises(BadSshConfig) as caught:
        config(content.replace(b"{path}", path.encode())).target("a")
    assert (path in str(caught.value), len(str(caught.value).splitlines())) == (True, 1)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadSshConfig, match=f"{tmp_path}/none: no such file or directory"):
        SshConfig.read(tmp_path / "none")


def test_what_only_openssh_can_tell_is_refused_without_it(
    config: Callable[..., SshConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to install."""
    monkeypatch.setattr(ssh_config, "openssh", lambda: None)
    for line in ("Match exec true", "CanonicalizeHostname yes", "Match localnetwork 192.0.2.0/24"):
        with pytest.raises(BadSshConfig, match=r"ssh_config line 1: .* is only read by OpenSSH's client; install that"):
            config(f"{line}\n").target("a")


needs_openssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="OpenSSH's client is not installed")


@needs_openssh
def test_match_exec_is_run_by_openssh_and_once(tmp_path: Path) -> None:
    """Each host is asked about once while the file stays as it is; nobody waits for what the command leaves behind."""
    ran, waits, path = tmp_path / "ran", tmp_path / "fifo", tmp_path / "ssh_config"
    os.mkfifo(waits)
    path.write_text(f'Match exec "echo %h >> {ran}; cat {waits} & true"\n Port 2222\n')
    assert [SshConfig(path).target(name).port for name in ("a", "b", "a", "b")] == [2222] * 4
    assert ran.read_text().split() == ["a", "b"]
    waits.write_text("")
    path.write_text("Port 2223\n")
    assert SshConfig(path).target("a").port == 2223


@needs_openssh
def test_match_exec_that_hangs_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_answer, "_DEADLINE", 0.3)
    path = tmp_path / "ssh_config"
    path.write_text('Match exec "sleep 100"\n Port 2222\n')
    with pytest.raises(BadSshConfig, match=f"{path}: ssh -G gave no answer within 0.3 s; does a `Match exec`"):
        SshConfig(path).target("a")

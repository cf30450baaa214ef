"""What ssh_config says about a node."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from helpers.environment.ssh_config import BadSshConfig, SshConfig


def config(text: str) -> SshConfig:
    return SshConfig(Path("ssh_config"), text)


def test_a_block_of_the_nodes_name_goes_before_its_address() -> None:
    target = config("Host a\n HostName 192.0.2.7\n Port 2222\n User heat-admin\n").target("a", "192.0.2.20")
    assert (target.alias, target.host, target.port, target.user) == ("a", "192.0.2.7", 2222, "heat-admin")
    assert target.host_key_name == "[192.0.2.7]:2222"


def test_else_what_is_said_about_the_address_holds() -> None:
    target = config("Host 192.0.2.*\n ProxyJump undercloud\n User stack\n").target("a", "192.0.2.20")
    assert (target.alias, target.host, target.jumps) == ("192.0.2.20", "192.0.2.20", ("undercloud",))
    assert target.configured_user == "stack"


def test_without_a_file_the_address_and_oneself() -> None:
    target = SshConfig.read(None).target("a", "192.0.2.20")
    assert (target.alias, target.host, target.port) == ("192.0.2.20", "192.0.2.20", 22)
    assert (target.user, target.configured_user) == (getpass.getuser(), None)
    assert target.known_hosts_files == (Path("~/.ssh/known_hosts").expanduser(),)


def test_the_environments_user_goes_first() -> None:
    target = config("User stack\n").target("a", user="heat-admin")
    assert (target.user, target.configured_user) == ("heat-admin", "stack")


def test_files_aliases_and_nothing() -> None:
    target = config(
        "Host a\n IdentityFile ~/k\n IdentityFile /k2\n UserKnownHostsFile /h1 ~/h2\n HostKeyAlias b\n"
        " ProxyJump none\n ProxyCommand none\n IdentitiesOnly yes\n"
    ).target("a")
    assert target.identity_files == (Path("~/k").expanduser(), Path("/k2"))
    assert target.known_hosts_files == (Path("/h1"), Path("~/h2").expanduser())
    assert (target.host_key_name, target.jumps, target.proxy_command) == ("b", (), None)
    assert target.identities_only


@pytest.mark.parametrize(
    ("hop", "expected"),
    [
        ("undercloud", ("192.0.2.1", 2200, "stack")),
        ("root@undercloud:22", ("192.0.2.1", 22, "root")),
        ("ssh://root@other:2022", ("other", 2022, "root")),
        ("[2001:db8::1]:2022", ("2001:db8::1", 2022, getpass.getuser())),
    ],
)
def test_a_hop_has_its_own_block(hop: str, expected: tuple[str, int, str]) -> None:
    target = config("Host undercloud\n HostName 192.0.2.1\n Port 2200\n User stack\n").jump_target(hop)
    assert (target.host, target.port, target.user) == expected


def test_a_hop_that_is_none() -> None:
    with pytest.raises(BadSshConfig, match=r"ssh_config: ProxyJump 'a:b:c' is not \[user@\]host\[:port\]"):
        config("").jump_target("a:b:c")


def test_included_files_are_read(tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / f"part-{name}").write_text(f"Host {name}\n HostName 192.0.2.{name}\n")
    (tmp_path / "ssh_config").write_text(f"Include {tmp_path}/part-* {tmp_path}/none\n")
    read = SshConfig.read(tmp_path / "ssh_config")
    assert [read.target(name).host for name in ("1", "2")] == ["192.0.2.1", "192.0.2.2"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'Host "a\n'])
def test_a_file_that_is_no_ssh_config(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "ssh_config").write_bytes(content)
    with pytest.raises(BadSshConfig, match="ssh_config: "):
        SshConfig.read(tmp_path / "ssh_config")

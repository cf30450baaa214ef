"""Which host keys are accepted: known_hosts in all its forms, and StrictHostKeyChecking."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.nodes.node import Node
from helpers.ssh.known_hosts import KnownHosts
from selftests.ssh.conftest import block, refusal, reproduce, says
from selftests.ssh.server import Server

Reach = Callable[..., Node]
OTHER = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
OF_ANOTHER_KIND = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode().strip()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


@pytest.fixture
def login(server: Server, file: Path) -> str:
    """The Host block of the server; its known_hosts is to be written."""
    return block(server, file)


def public(server: Server) -> str:
    return server.known_hosts_line.partition(" ")[2].strip()


def hashed(name: str) -> str:
    salt = b"0123456789abcdefghij"
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(hmac.digest(salt, name.encode(), 'sha1')).decode()}"


@pytest.mark.parametrize(
    "line",
    [
        "[127.0.0.1]:{port} {key}",
        "  [127.0.0.1]:{port}\t{key} a comment",
        "alpha,[127.0.0.1]:{port} {key}",
        "[127.0.0.*]:* {key}",
        "{hashed} {key}",
        "127.0.0.1 {key}",
        "old.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP2cl894ukE\n[127.0.0.1]:{port} {key}",
        "[127.0.0.1]:{port} ssh-ed25519 AAAA\n[127.0.0.1]:{port} {key}",
        "[127.0.0.1]:{port} {other}\n[127.0.0.1]:{port} {key}",
        "[127.0.0.1]:{port} {another}\n[127.0.0.1]:{port} {key}",
        "|1|nonsense {other}\n@nonsense [127.0.0.1]:{port} {other}\n# a comment\n\n[127.0.0.1]:{port} {key}",
        "@revoked [127.0.0.1]:{port} {other}\n[127.0.0.1]:{port} {key}",
        "@cert-authority [127.0.0.1]:{port} {other}\n[127.0.0.1]:{port} {key}",
    ],
)
def test_the_key_is_known(line: str, server: Server, login: str, file: Path, reach: Reach) -> None:
    name = hashed(f"[127.0.0.1]:{server.port}")
    text = line.format(port=server.port, key=public(server), hashed=name, other=OTHER, another=OF_ANOTHER_KIND)
    file.write_text(f"{text}\n")
    node = reach(login)

    assert says(node) == "here\n"
    assert reproduce(node) in (None, "here\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "unknown host key: [127.0.0.1]:{port} is not in {file}; add it with ssh-keyscan -p {port} 127.0.0.1, or"),
        ("[127.0.0.1]:22 {key}", "unknown host key: "),
        ("!127.0.0.1,127.0.* {key}", "unknown host key: "),
        ("[127.0.0.1]:{port} ssh-ed25519 AAAA", "is not in {file} (no line of it is a host key); add it with"),
        ("127.0.0.1 {other}", "unknown host key: "),
        ("[127.0.0.1]:{port} {other}", "host key mismatch: the node shows SHA256:"),
        ("[127.0.0.1]:{port} {another}", ", and {file} line 1 has SHA256:"),
        ("\n@revoked * {key}\n[127.0.0.1]:{port} {key}", "revoked host key: {file} line 2 revokes the key"),
        (
            "@cert-authority * {key}",
            "but for a @cert-authority, and what the node shows was not signed by it; add",
        ),
    ],
)
def test_the_key_is_not_known(line: str, said: str, server: Server, login: str, file: Path, reach: Reach) -> None:
    file.write_text(line.format(port=server.port, key=public(server), other=OTHER, another=OF_ANOTHER_KIND) + "\n")
    node = reach(login)

    assert said.format(port=server.port, file=file) in refusal(node)
    assert reproduce(node) in (None, "")


def test_a_file_that_is_binary_is_named(login: str, file: Path, reach: Reach) -> None:
    file.write_bytes(b"\x00\xff\xfe\n" * 100)

    assert f" is not in {file} (no line of it is a host key); add it with ssh-keyscan" in refusal(reach(login))


def test_no_file_at_all(server: Server, login: str, file: Path, reach: Reach, tmp_path: Path) -> None:
    file.unlink()
    config = f"{login} GlobalKnownHostsFile none\n"

    assert f"unknown host key: there is no known_hosts file for [127.0.0.1]:{server.port}; add" in refusal(
        reach(config)
    )


def test_files_of_which_one_is_a_folder(server: Server, login: str, file: Path, reach: Reach, tmp_path: Path) -> None:
    """It does no harm where another has the key, and is named where none has."""
    config = login.replace(str(file), f"{tmp_path} {file}")

    assert says(reach(config)) == "here\n"
    file.write_text("")
    assert f"is not in {tmp_path} (is a directory), {file}; add it" in refusal(reach(config))


def test_the_global_file(server: Server, login: str, file: Path, reach: Reach, tmp_path: Path) -> None:
    (tmp_path / "global").write_text(server.known_hosts_line)
    file.write_text("")

    assert says(reach(f"{login} GlobalKnownHostsFile {tmp_path / 'global'}\n")) == "here\n"


@pytest.mark.parametrize(
    ("value", "known", "accepted"),
    [
        ("no", "", True),
        ("accept-new", "", True),
        ("ask", "", False),
        ("no", "[127.0.0.1]:{port} {other}", True),
        ("accept-new", "[127.0.0.1]:{port} {other}", False),
        ("accept-new", "@revoked * {key}", False),
        ("no", "@revoked * {key}", True),
    ],
)
def test_strict_host_key_checking(
    value: str, known: str, accepted: bool, server: Server, login: str, file: Path, reach: Reach
) -> None:
    """Nothing is written to the file."""
    text = known.format(port=server.port, key=public(server), other=OTHER)
    file.write_text(text)
    node = reach(f"{login} StrictHostKeyChecking {value}\n")

    seen = says(node) if accepted else refusal(node)

    assert (seen == "here\n", file.read_text()) == (accepted, text)
    assert reproduce(node) in (None, "here\n" if accepted else "")


def test_this_machine_where_it_is_trusted(server: Server, login: str, file: Path, reach: Reach) -> None:
    file.write_text(f"[127.0.0.1]:{server.port} {OTHER}\n")

    assert says(reach(f"{login} NoHostAuthenticationForLocalhost yes\n")) == "here\n"


def test_the_kind_of_key_that_is_known_is_asked_for(
    make_server: Callable[..., Server], file: Path, reach: Reach
) -> None:
    """A node has keys of several kinds, and known_hosts may have one."""
    rsa, ed25519 = asyncssh.generate_private_key("ssh-rsa"), asyncssh.generate_private_key("ssh-ed25519")
    server = make_server(server_host_keys=[ed25519, rsa])
    login = block(server, file)
    file.write_text(f"[127.0.0.1]:{server.port} {rsa.export_public_key().decode()}")

    assert says(reach(login)) == "here\n"


@pytest.mark.parametrize(
    ("principals", "valid_before", "said"),
    [
        (["127.0.0.1"], None, None),
        ([], None, None),
        (["192.0.2.1"], None, "what the node shows is for 192.0.2.1 and not for 127.0.0.1; add"),
        (["127.0.0.1"], "20200101", "what the node shows is not valid now; add"),
    ],
)
def test_a_host_certificate(
    principals: list[str],
    valid_before: str | None,
    said: str | None,
    make_server: Callable[..., Server],
    file: Path,
    reach: Reach,
) -> None:
    """A @cert-authority speaks for the hosts that it has signed the keys of."""
    authority, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    times = {"valid_after": "20190101", "valid_before": valid_before} if valid_before else {}
    certificate = authority.generate_host_certificate(key, "an id", principals=principals, **times)
    server = make_server(server_host_keys=[(key, certificate)])
    login = block(server, file)
    file.write_text(f"@cert-authority [127.0.0.*]:* {authority.export_public_key().decode()}")

    node = reach(login)

    assert (said or "here\n") in (refusal(node) if said else says(node))
    assert reproduce(node) in (None, "" if said else "here\n")


def test_a_host_certificate_of_whom_nobody_knows(make_server: Callable[..., Server], file: Path, reach: Reach) -> None:
    """The key in it may still be known by itself."""
    authority, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    server = make_server(server_host_keys=[(key, authority.generate_host_certificate(key, "an id"))])
    login = block(server, file)
    file.write_text(f"@cert-authority * {OTHER}\n")
    refused = refusal(reach(login))
    file.write_text(f"@cert-authority * {OTHER}\n[127.0.0.1]:{server.port} {key.export_public_key().decode()}")

    assert (says(reach(login)), "what the node shows was not signed by it" in refused) == ("here\n", True)


@pytest.mark.parametrize("kind", [b"sk-ssh-ed25519@openssh.com", b"ssh-ed25519"], ids=["of a token", "malformed"])
def test_a_host_certificate_whose_signer_cannot_be_read(
    kind: bytes, make_server: Callable[..., Server], file: Path, reach: Reach
) -> None:
    """It is as one of whom nobody knows: the key in it may still be known by itself."""
    authority, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    certificate = authority.generate_host_certificate(key, "an id")
    readable, signature = authority.public_data, certificate.public_data[-64:]
    signed = string(string(b"ssh-ed25519") + string(signature))
    certificate.public_data = (
        certificate.public_data.removesuffix(signed).replace(string(readable), string(string(kind) + string(b"short")))
    ) + string(string(kind) + string(signature))
    server = make_server(server_host_keys=[(key, certificate)])
    login = block(server, file)
    file.write_text(f"@cert-authority * {OTHER}\n")
    refused = refusal(reach(login))
    file.write_text(f"@cert-authority * {OTHER}\n[127.0.0.1]:{server.port} {key.export_public_key().decode()}")

    assert (says(reach(login)), "what the node shows was not signed by it" in refused) == ("here\n", True)


def string(content: bytes) -> bytes:
    """As SSH's messages hold one."""
    return len(content).to_bytes(4, "big") + content


LINES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.builds(
            lambda *words: " ".join(words).encode(),
            st.sampled_from(["", "@revoked", "@cert-authority", "@", "#"]),
            st.sampled_from(["a", "*", "|1|", "|1|a|b", "|1|YQ==|YQ==", "[a]:22", "!a,*", ","]),
            st.sampled_from(["ssh-ed25519", "ssh-rsa", "", "none"]),
            st.one_of(st.sampled_from(["", "=", "AAAA", "AAAAC3NzaC1lZDI1NTE5"]), st.text("AQgw=", max_size=40)),
        ),
    ),
    max_size=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(lines=LINES)
def test_whatever_the_file_has_is_no_exception(lines: list[bytes], file: Path) -> None:
    file.write_bytes(b"\n".join(lines))

    found = KnownHosts([file])

    assert (found.about("a") + found.about("[a]:22"), len(found.described())) == ((), 1)

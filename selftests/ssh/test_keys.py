"""Which keys a login is tried with, and what is said of those that cannot be used."""

from __future__ import annotations

import socket
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncssh
import paramiko
import pytest

from helpers.nodes.node import Node
from helpers.ssh.key_file import private_key
from selftests.ssh.agent import agent, served
from selftests.ssh.conftest import block, refusal, says
from selftests.ssh.server import Server

Reach = Callable[..., Node]


@pytest.fixture
def login(server: Server, tmp_path: Path) -> str:
    """The Host block without its key."""
    return block(server, tmp_path / "known_hosts").replace(f" IdentityFile {server.user_key}\n", "")


def encrypted(path: Path, key: asyncssh.SSHKey, form: str = "openssh") -> Path:
    rounds = {"rounds": 1, "ignore_few_rounds": True} if form == "openssh" else {}
    key.write_private_key(path, form, "a passphrase", **rounds)  # type: ignore[arg-type]
    return path


def test_keys_that_cannot_be_used_are_passed_over(server: Server, login: str, reach: Reach, tmp_path: Path) -> None:
    """One that is there and right suffices, wherever it stands."""
    (tmp_path / "garbage").write_bytes(b"\xff\xfe\x00")
    encrypted(tmp_path / "encrypted", asyncssh.generate_private_key("ssh-ed25519"))
    names = ("missing", "garbage", "encrypted", "id_ed25519")

    assert says(reach(login + "".join(f" IdentityFile {tmp_path / name}\n" for name in names))) == "here\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is not there"),
        (b"", "is not a private key"),
        (b"\xff\xfe\x00", "is not a private key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "is not a private key"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n", "is not a private key"),
        (b"PuTTY-User-Key-File-2: ssh-rsa\n", "is a key of PuTTY, which OpenSSH does not read"),
    ],
)
def test_why_a_file_is_no_key(content: bytes | None, said: str, login: str, reach: Reach, tmp_path: Path) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)

    seen = refusal(reach(f"{login} IdentityFile {path}\n"))

    assert seen == f"no key to log in with as user heat-admin; passed over: {path} {said}"


@pytest.mark.parametrize("form", ["openssh", "pkcs1-pem", "pkcs8-pem"])
def test_an_encrypted_key_needs_an_agent(
    form: str, make_server: Callable[..., Server], reach: Reach, tmp_path: Path
) -> None:
    """Without one it is said; with one that holds the key, IdentitiesOnly or not, the login works."""
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    server = make_server(authorized_client_keys=asyncssh.import_authorized_keys(key.export_public_key().decode()))
    path = encrypted(tmp_path / "key", key, form)
    (tmp_path / "key.pub").write_bytes(key.export_public_key() if form != "openssh" else b"")
    key.write_private_key(tmp_path / "plain")
    config = block(server, tmp_path / "known_hosts").replace(str(server.user_key), str(path))
    config += f" IdentityAgent {tmp_path / 'agent'}\n"

    with agent(tmp_path / "agent", [paramiko.ECDSAKey.generate(), private_key(tmp_path / "plain")]) as asked:
        assert says(reach(config)) == "here\n"
        assert asked == ["identities", "sign"]
    assert f"{path} is encrypted; add it to an agent: ssh-add {path}" in refusal(reach(config))


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        *[("ssh-rsa", form) for form in ("openssh", "pkcs1-pem", "pkcs8-pem")],
        *[("ecdsa-sha2-nistp256", form) for form in ("openssh", "pkcs1-pem", "pkcs8-pem")],
        ("ecdsa-sha2-nistp521", "openssh"),
        *[("ssh-ed25519", form) for form in ("openssh", "pkcs8-pem")],
    ],
)
def test_every_form_that_openssh_reads(kind: str, form: str, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key(kind)
    key.write_private_key(tmp_path / "key", form)

    assert private_key(tmp_path / "key").asbytes() == key.public_data


def test_without_identities_only_the_agents_other_keys_are_tried(
    server: Server, login: str, reach: Reach, tmp_path: Path
) -> None:
    config = login.replace("IdentitiesOnly yes", f"IdentityAgent {tmp_path / 'agent'}")

    with agent(tmp_path / "agent", [paramiko.ECDSAKey.generate(), private_key(server.user_key)]) as asked:
        assert says(reach(f"{config} IdentityFile none\n")) == "here\n"
    assert asked == ["identities", "sign", "sign"]


def test_a_key_that_the_agent_refuses_to_use(server: Server, login: str, reach: Reach, tmp_path: Path) -> None:
    """The next one has its turn; where there is none, it is said."""
    config = login.replace("IdentitiesOnly yes", f"IdentityAgent {tmp_path / 'agent'}") + " IdentityFile none\n"
    other, right = paramiko.ECDSAKey.generate(), private_key(server.user_key)

    with agent(tmp_path / "agent", [other, right], refuses=[other]):
        assert says(reach(config)) == "here\n"
    (tmp_path / "agent").unlink()
    with agent(tmp_path / "agent", [right], refuses=[right]):
        seen = refusal(reach(config))

    assert seen == (
        "no key to log in with as user heat-admin; passed over: "
        "a key of the agent, with which the agent does not sign (key cannot be used for signing)"
    )


def test_an_agent_that_is_locked_or_empty(login: str, reach: Reach, tmp_path: Path) -> None:
    config = f"{login} IdentityAgent {tmp_path / 'agent'}\n IdentityFile {tmp_path / 'missing'}\n"

    with agent(tmp_path / "agent", []):
        seen = refusal(reach(config))

    assert (
        f"passed over: the agent {tmp_path / 'agent'} has no key, or is locked; {tmp_path / 'missing'} is not" in seen
    )


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400\r\n", b"\0\0\0\1\5", b"\0\0\0\5\14\xff\xff\xff\xff", b"\0\0\0\1"]
)
def test_what_listens_is_no_agent(answer: bytes, login: str, reach: Reach, tmp_path: Path) -> None:
    def serve(connection: object) -> None:
        with connection:  # type: ignore[attr-defined]
            connection.sendall(answer)  # type: ignore[attr-defined]

    config = f"{login} IdentityAgent {tmp_path / 'agent'}\n IdentityFile none\n"
    with served(tmp_path / "agent", serve):
        seen = refusal(reach(config))

    assert f"passed over: the agent {tmp_path / 'agent'} does not answer as an agent does: " in seen


def test_an_agent_that_is_not_there(login: str, reach: Reach, tmp_path: Path) -> None:
    """Where the key is there, it is not missed."""
    config = f"{login} IdentityAgent {tmp_path / 'agent'}\n"

    assert says(reach(f"{config} IdentityFile {tmp_path / 'id_ed25519'}\n")) == "here\n"
    seen = refusal(reach(f"{config} IdentityFile none\n"))

    assert f"the agent {tmp_path / 'agent'} does not answer as an agent does: no such file or directory" in seen


def test_all_that_was_tried_is_named(server: Server, login: str, reach: Reach, tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "other")

    seen = refusal(reach(f"{login} IdentityFile {tmp_path / 'other'}\n IdentityFile {tmp_path / 'missing'}\n"))

    assert seen == (
        f"authentication refused for user heat-admin with key {tmp_path / 'other'}; "
        f"passed over: {tmp_path / 'missing'} is not there"
    )


@pytest.mark.parametrize("named", [True, False])
def test_a_certificate(named: bool, make_server: Callable[..., Server], reach: Reach, tmp_path: Path) -> None:
    """By CertificateFile, or as what lies beside the key: the node knows only who signed it."""
    authority, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    trusted = "cert-authority " + authority.export_public_key().decode()
    server = make_server(authorized_client_keys=asyncssh.import_authorized_keys(trusted))
    key.write_private_key(server.user_key)
    certificate = authority.generate_user_certificate(key, "an id", principals=["heat-admin"])
    path = tmp_path / ("elsewhere.pub" if named else "id_ed25519-cert.pub")
    certificate.write_certificate(path)
    config = block(server, tmp_path / "known_hosts") + (f" CertificateFile {path}\n" if named else "")

    assert says(reach(config)) == "here\n"
    path.unlink()
    assert refusal(reach(config)) == f"authentication refused for user heat-admin with key {server.user_key}"


def test_a_file_that_nobody_may_read(login: str, reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        if self.name == "secret":
            raise PermissionError(13, "Permission denied")
        return read(self)

    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", refuse)
    (tmp_path / "secret").touch(mode=stat.S_IRUSR)

    assert refusal(reach(f"{login} IdentityFile {tmp_path / 'secret'}\n")).endswith(
        "secret cannot be read: permission denied"
    )


def test_a_node_that_takes_no_keys(make_server: Callable[..., Server], reach: Reach, tmp_path: Path) -> None:
    """It is said what it takes."""

    class Wary(asyncssh.SSHServer):
        def password_auth_supported(self) -> bool:
            return True

    server = make_server(login=Wary, authorized_client_keys=None)

    seen = refusal(reach(block(server, tmp_path / "known_hosts")))

    assert seen == "user heat-admin cannot log in with a key there, only with keyboard-interactive, password"


def test_a_node_that_has_had_enough(make_server: Callable[..., Server], reach: Reach, tmp_path: Path) -> None:
    """It ends the connection (MaxAuthTries); the key that it would have accepted did not have its turn."""

    class Impatient(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self.connection = conn

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            self.connection.abort()
            return False

    server = make_server(login=Impatient, authorized_client_keys=None)

    seen = refusal(reach(block(server, tmp_path / "known_hosts")))

    after = f"the node ended the login of user heat-admin after key {server.user_key}"
    assert seen == f"{after}; name the right key first, or set IdentitiesOnly to yes"


def test_a_node_that_asks_for_nothing(make_server: Callable[..., Server], reach: Reach, tmp_path: Path) -> None:
    class Open(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return False

    server = make_server(login=Open)

    assert says(reach(block(server, tmp_path / "known_hosts"))) == "here\n"


def test_a_node_that_asks_for_more_than_a_key(reach: Reach, server: Server, tmp_path: Path) -> None:
    """It is said which key it took and what it asks for; nobody is asked for it."""

    class Wary(paramiko.ServerInterface):
        methods = "publickey"

        def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
            self.methods = "keyboard-interactive"
            return paramiko.AUTH_PARTIALLY_SUCCESSFUL

        def get_allowed_auths(self, username: str) -> str:
            return self.methods

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = f"Host *\n HostName 127.0.0.1\n Port {listener.getsockname()[1]}\n StrictHostKeyChecking no\n"
        node = reach(f"{config} IdentityFile {server.user_key}\n User stack\n", connect_timeout=30)
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(refusal, node)
            transport = paramiko.Transport(listener.accept()[0])
            transport.add_server_key(paramiko.ECDSAKey.generate())
            transport.start_server(server=Wary())
            reason = seen.result()
            transport.close()

    asked = f"after key {server.user_key}, the node asks user stack for keyboard-interactive too"
    assert reason == f"{asked}, which only a person can give"

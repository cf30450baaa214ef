"""Commands on a node, over one kept SSH connection per node. Nothing here changes a node.

Paramiko does the work, and testinfra's modules go over the same connection. Testinfra's own paramiko backend has
no deadline, does not check host keys, and reads standard output to its end before standard error; here a
deadline holds on the node and on this side, both outputs are read side by side, several threads may ask at once,
and nodes behind a jump host share one connection to it.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import selectors
import shlex
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakValueDictionary

import paramiko
import testinfra.host
from paramiko.ssh_exception import AuthenticationException, BadHostKeyException, SSHException
from testinfra.backend.base import CommandResult
from testinfra.backend.paramiko import ParamikoBackend

from helpers.environment import NodeSpec, Ssh
from helpers.redact import redact
from helpers.ssh_config import BadSshConfig, SshConfig, SshTarget

# paramiko logs its own tracebacks, which the last-resort handler would print before our one line
logging.getLogger("paramiko").addHandler(logging.NullHandler())

# sshd's MaxSessions is 10 by default; two are left for people
_MOST_SESSIONS = 8
# how much later than the node's own deadline this side gives up: `timeout -k 5`, and the way back
_GRACE = 10.0
_LARGEST_FILE = 1024 * 1024


class Unreachable(Exception):
    """A node cannot be logged in to; the message is one line: node, address, reason."""

    def __init__(self, node: str, address: str, reason: str, by_hand: str = "") -> None:
        self.node, self.address = node, address
        self.reason = redact(" ".join(reason.split()))
        self.by_hand: tuple[str, ...] = (by_hand,) if by_hand else ()
        super().__init__(f"{node} ({address}): {self.reason}")


class DeadlinePassed(Exception):
    """A command was not done within its deadline, in seconds, and was ended."""

    def __init__(self, node: str, by_hand: str, deadline: float) -> None:
        self.node, self.deadline = node, deadline
        self.by_hand = (by_hand,)
        super().__init__(f"{node}: not done within {deadline:g} s: {by_hand}")


class CommandFailed(Exception):
    """A command ended with another status than 0; says where, which, the status and the end of its errors."""

    def __init__(self, completed: Completed, problem: str = "") -> None:
        self.completed, self.node = completed, completed.node
        self.by_hand = (completed.by_hand,)
        said = "\n".join(completed.stderr.strip().splitlines()[-5:])
        if not problem:
            problem, said = f"exit status {completed.exit_status}", said or "(nothing on standard error)"
        super().__init__(redact(f"{completed.node}: {problem}: {completed.by_hand}\n{said}".rstrip()))


@dataclass(frozen=True)
class Completed:
    """A command that ended: its output as text, its exit status (-1: ended by a signal).

    `command` is the line that the node's shell got, without the deadline; `by_hand` is what a person pastes on
    this side to see the same.
    """

    node: str
    argv: tuple[str, ...]
    command: str
    exit_status: int
    stdout: str
    stderr: str
    by_hand: str

    def __repr__(self) -> str:
        # output may hold a key, and may be megabytes
        return redact(
            f"<{self.by_hand} → exit status {self.exit_status}, "
            f"stdout {self.stdout[:500]!r}, stderr {self.stderr[:500]!r}>"
        )


@dataclass(frozen=True)
class FileFacts:
    """A file on a node, links followed. `mode` is octal text (`0600`), `size` is bytes.

    An owner or group without a name is its number. `content` is None for what is no regular file. Of a file that
    is not there, `exists` is false and the rest empty.
    """

    path: str
    exists: bool
    mode: str = ""
    owner: str = ""
    group: str = ""
    size: int = 0
    content: str | None = field(default=None, repr=False)
    by_hand: str = field(default="", repr=False)

    @property
    def others_may_read(self) -> bool:
        return self.exists and bool(int(self.mode, 8) & 0o004)

    def __repr__(self) -> str:
        if not self.exists:
            return f"<no file {self.path}>"
        content = redact(self.content[:500]) if self.content is not None else "not a regular file"
        return f"<{self.path} {self.mode} {self.owner}:{self.group} {self.size} bytes {content!r}>"


class Runner(Protocol):
    """What runs a command somewhere: a Node, or a fake in selftests."""

    @property
    def name(self) -> str: ...

    @property
    def hostname(self) -> str: ...

    def run(self, *argv: str, deadline: float | None = None) -> Completed: ...

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed: ...


class Node:
    """One machine of a site, by one SSH connection, made at the first command, and anew when it was lost.

    Several threads may run commands at once, eight at most; more wait for their turn.
    """

    def __init__(self, spec: NodeSpec, ssh: Ssh) -> None:
        self.spec = spec
        self._ssh = ssh
        self._connection = _Connection(spec, ssh)

    def __repr__(self) -> str:
        return f"<node {self.name} of {self.spec.site} at {self.spec.address}>"

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.spec.name

    def connect(self) -> None:
        """Log in now. Raises Unreachable."""
        _ = self._connection.client

    def close(self) -> None:
        """End the connection; a later command opens it anew."""
        self._connection.close()

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        """Run a command and wait for its end, whatever its exit status.

        :param argv: the command and its arguments; each is quoted, none is ever read by a shell
        :param deadline: seconds, otherwise the environment file's; the node ends the command then
        :raises Unreachable: the node cannot be logged in to, or the connection was lost twice
        :raises DeadlinePassed: the command was not done in time
        """
        seconds = self._ssh.deadline if deadline is None else deadline
        command = shlex.join((*(("sudo",) if self._ssh.sudo else ()), *argv))
        by_hand = self._connection.by_hand(command)
        # sudo stands outside: without its rights, `timeout` could not end what sudo started
        limit = ("timeout", "-k", "5", f"{max(seconds, 0.1):g}")
        sent = shlex.join((*(("sudo", "-n") if self._ssh.sudo else ()), *limit, *argv))
        started = time.monotonic()
        try:
            status, stdout, stderr = self._connection.execute(sent, seconds + _GRACE)
        except TimeoutError:
            raise DeadlinePassed(self.name, by_hand, seconds) from None
        # 124 is `timeout`'s answer, and 137 when it had to kill; a command may answer so itself, but earlier
        if status in {124, 137, -1} and time.monotonic() - started >= seconds:
            raise DeadlinePassed(self.name, by_hand, seconds)
        return Completed(
            node=self.name,
            argv=argv,
            command=command,
            exit_status=status,
            stdout=stdout.decode(errors="replace"),
            stderr=stderr.decode(errors="replace"),
            by_hand=by_hand,
        )

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        """As `run`; raises CommandFailed for another exit status than 0."""
        completed = self.run(*argv, deadline=deadline)
        if completed.exit_status != 0:
            raise CommandFailed(completed)
        return completed

    def read_file(self, path: str) -> FileFacts:
        """A file's facts and content. A file that is not there is an answer; one that cannot be looked at is not.

        :raises CommandFailed: not allowed to look, or larger than 1 MiB, so that it is no configuration file
        """
        return read_file(self, path)

    @functools.cached_property
    def hostname(self) -> str:
        """What the node calls itself (`hostname`), as the doc's `ceph-mon-$(hostname)` has it."""
        return self.run_checked("hostname").stdout.strip()

    @functools.cached_property
    def host(self) -> testinfra.host.Host:
        """Testinfra's host over the same connection: `node.host.file(…)`, `node.host.service(…)`."""
        return testinfra.host.Host(_ModulesBackend(self))


def read_file(runner: Runner, path: str, prefix: tuple[str, ...] = ()) -> FileFacts:
    """A file where `prefix` leads (`podman exec glance_api`), else on the node itself; see Node.read_file."""
    # LC_ALL: the one message that is looked at below is in English then
    look = (*prefix, "env", "LC_ALL=C", "stat", "-L", "-c", "%f|%a|%U|%u|%G|%g|%s", "--", path)
    seen = runner.run(*look)
    if seen.exit_status != 0:
        # ENOTDIR: a folder on the way is a file, so this file cannot be there either
        if seen.stderr.strip().endswith(("No such file or directory", "Not a directory")):
            return FileFacts(path, exists=False, by_hand=seen.by_hand)
        raise CommandFailed(seen)
    try:
        kind, mode, owner, uid, group, gid, size = seen.stdout.strip().split("|")
        regular = int(kind, 16) & 0o170000 == 0o100000
    except ValueError:
        raise CommandFailed(seen, f"stat answered {seen.stdout[:80]!r}") from None
    if regular and int(size) > _LARGEST_FILE:
        raise CommandFailed(seen, f"{path} has {size} bytes and is no configuration file")
    content = runner.run_checked(*prefix, "cat", "--", path) if regular else seen
    return FileFacts(
        path=path,
        exists=True,
        mode=mode.zfill(4),
        owner=uid if owner == "UNKNOWN" else owner,
        group=gid if group == "UNKNOWN" else group,
        size=int(size),
        content=content.stdout if regular else None,
        by_hand=content.by_hand,
    )


class _ModulesBackend(ParamikoBackend):  # type: ignore[misc]  # testinfra has no types
    """What testinfra's modules run their commands by: the node's own way, deadline and quoting included."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.name)
        self._node = node

    @property
    def encoding(self) -> str:
        return "utf-8"

    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        line = self.quote(command, *args)
        completed = self._node.run("/bin/sh", "-c", line)
        return self.result(completed.exit_status, line.encode(), completed.stdout.encode(), completed.stderr.encode())


class _Connection:
    """The connection to one node, made as ssh_config and the environment file say."""

    def __init__(self, spec: NodeSpec, ssh: Ssh) -> None:
        self._spec, self._ssh = spec, ssh
        self._lock = threading.Lock()
        self._sessions = threading.BoundedSemaphore(_MOST_SESSIONS)
        self._client: paramiko.SSHClient | None = None
        self._jump: _Jump | None = None

    @functools.cached_property
    def _config(self) -> SshConfig:
        return _read_config(self._ssh.config)

    @functools.cached_property
    def _target(self) -> SshTarget:
        try:
            return self._config.target(self._spec.name, self._spec.address, self._ssh.user)
        except BadSshConfig as error:
            raise Unreachable(self._spec.name, self._spec.address, str(error)) from error

    def by_hand(self, command: str = "") -> str:
        target, words = self._target, ["ssh"]
        if self._ssh.config:
            words += ["-F", str(self._ssh.config)]
        if self._ssh.known_hosts and self._ssh.known_hosts not in target.known_hosts_files:
            words += ["-o", f"UserKnownHostsFile={self._ssh.known_hosts}"]
        user = f"{target.user}@" if self._ssh.user and self._ssh.user != target.configured_user else ""
        words += [user + target.alias, *((command,) if command else ())]
        return redact(shlex.join(words))

    @property
    def client(self) -> paramiko.SSHClient:
        with self._lock:
            if self._client is not None and not _is_alive(self._client):
                self._client.close()
                self._client = None
            if self._client is None:
                self._client, self._jump = _log_in(
                    self._spec.name, self._target, self._config, self._ssh, self.by_hand()
                )
            return self._client

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = self._jump = None

    def execute(self, command: str, seconds: float) -> tuple[int, bytes, bytes]:
        """Exit status and both outputs; TimeoutError when `seconds` are over. Connects anew once."""
        until = time.monotonic() + seconds
        if not self._sessions.acquire(timeout=seconds):
            raise TimeoutError
        try:
            for attempt in (1, 2):
                client = self.client
                try:
                    return self._execute(client, command.encode(), until)
                except TimeoutError:
                    raise
                except (SSHException, EOFError, OSError) as error:
                    # every command only reads, so running it again does no harm
                    if isinstance(error, EOFError):
                        client.close()  # the transport has ended, and may only not know it yet
                    if attempt == 2 or _is_alive(client):
                        reason = f"the connection failed: {error or type(error).__name__}"
                        address = f"{self._target.host}:{self._target.port}"
                        raise Unreachable(self._spec.name, address, reason, self.by_hand()) from error
        finally:
            self._sessions.release()
        raise AssertionError("unreachable")

    def _execute(self, client: paramiko.SSHClient, command: bytes, until: float) -> tuple[int, bytes, bytes]:
        transport = client.get_transport()
        if transport is None:
            raise EOFError("closed")
        with _channel(transport, self._ssh.connect_timeout) as channel:
            channel.exec_command(command)
            channel.shutdown_write()
            stdout, stderr = _drain(channel, until)
            if not channel.status_event.wait(max(0.0, until - time.monotonic())):
                raise TimeoutError
            if channel.exit_status == -1 and not _is_alive(client):
                raise EOFError("it was lost while a command ran")
            return channel.exit_status, stdout, stderr


@contextlib.contextmanager
def _channel(transport: paramiko.Transport, seconds: float) -> Iterator[paramiko.Channel]:
    channel = transport.open_session(timeout=seconds)
    try:
        channel.settimeout(seconds)
        yield channel
    finally:
        channel.close()


def _drain(channel: paramiko.Channel, until: float) -> tuple[bytes, bytes]:
    # both share one window: reading one to its end first would stop a command that writes much to the other
    stdout, stderr = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(channel.fileno(), selectors.EVENT_READ)
        while True:
            ended = channel.eof_received or channel.closed
            while channel.recv_ready():
                stdout += channel.recv(65536)
            while channel.recv_stderr_ready():
                stderr += channel.recv_stderr(65536)
            if ended:
                return bytes(stdout), bytes(stderr)
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError


def _is_alive(client: paramiko.SSHClient) -> bool:
    transport = client.get_transport()
    return transport is not None and transport.is_active()


@functools.lru_cache(maxsize=16)
def _parsed_config(path: Path, modified: float) -> SshConfig:
    return SshConfig.read(path)


def _read_config(path: Path | None) -> SshConfig:
    # one reading for all nodes of an environment
    return SshConfig(None) if path is None else _parsed_config(path, path.stat().st_mtime)


# --- logging in


class _Jump:
    """A connection to a jump host; it ends when the last node behind it lets go of it."""

    def __init__(self, client: paramiko.SSHClient, before: _Jump | None) -> None:
        self.client, self.before = client, before

    def __del__(self) -> None:
        self.client.close()


# an undercloud's sshd drops connections when many come at once (MaxStartups): nodes behind it share one
_jumps: WeakValueDictionary[tuple[object, ...], _Jump] = WeakValueDictionary()
_jumps_under_way: dict[tuple[object, ...], Future[_Jump]] = {}
_jumps_lock = threading.Lock()


def _jump_to(target: SshTarget, config: SshConfig, ssh: Ssh) -> _Jump:
    key = (config.path, target, ssh)
    with _jumps_lock:
        jump = _jumps.get(key)
        if jump is not None and _is_alive(jump.client):
            return jump
        under_way = _jumps_under_way.get(key)
        if under_way is None:
            mine = _jumps_under_way[key] = Future()
    if under_way is not None:
        return under_way.result()
    try:
        jump = _Jump(*_log_in(f"jump host {target.alias}", target, config, ssh, ""))
    except BaseException as error:
        with _jumps_lock:
            del _jumps_under_way[key]
        mine.set_exception(error)
        raise
    with _jumps_lock:
        _jumps[key] = jump
        del _jumps_under_way[key]
    mine.set_result(jump)
    return jump


def _log_in(
    name: str, target: SshTarget, config: SshConfig, ssh: Ssh, by_hand: str
) -> tuple[paramiko.SSHClient, _Jump | None]:
    """A client that is logged in, and the jump host that it goes through. Every failure is Unreachable."""
    address = f"{target.host}:{target.port}"
    seconds = ssh.connect_timeout
    client = paramiko.SSHClient()
    known_hosts = _known_hosts(target, ssh)
    try:
        client.set_missing_host_key_policy(paramiko.RejectPolicy() if ssh.check_host_keys else _AcceptAnyKey())
        for file in known_hosts:
            client.load_system_host_keys(file)
        stream, jump = _stream(target, config, ssh)
        # a HostKeyAlias stands in known_hosts without a port
        client.connect(
            hostname=target.host_key_alias or target.host,
            port=22 if target.host_key_alias else target.port,
            username=target.user,
            key_filename=[str(file) for file in target.identity_files if file.is_file()],  # type: ignore[arg-type]
            sock=stream,
            timeout=seconds,
            # longer, so that silence is told from an answer that is not SSH's
            banner_timeout=2 * seconds,
            auth_timeout=seconds,
            channel_timeout=seconds,
            allow_agent=not target.identities_only,
            look_for_keys=not target.identity_files,
        )
    except Unreachable as error:
        client.close()
        raise Unreachable(name, address, f"behind {error}", by_hand) from error
    except (SSHException, OSError, EOFError, ValueError) as error:
        client.close()
        raise Unreachable(name, address, _reason(error, target, ssh, known_hosts), by_hand) from error
    transport = client.get_transport()
    if transport is not None:
        # a firewall on the way forgets connections that say nothing
        transport.set_keepalive(30)
    return client, jump


class _ProxyCommand(paramiko.ProxyCommand):
    """Paramiko's own only sends a signal: the process would stay as a zombie, and its pipes open."""

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class _AcceptAnyKey(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """The environment file says `check_host_keys: false`."""


def _known_hosts(target: SshTarget, ssh: Ssh) -> tuple[Path, ...]:
    if not ssh.check_host_keys:
        return ()
    if ssh.known_hosts:
        return (ssh.known_hosts,)
    files = (*target.known_hosts_files, Path("/etc/ssh/ssh_known_hosts"))
    return tuple(file for file in files if file.is_file())


def _stream(target: SshTarget, config: SshConfig, ssh: Ssh) -> tuple[Any, _Jump | None]:
    if target.proxy_command:
        return _ProxyCommand(target.proxy_command), None
    if not target.jumps:
        return socket.create_connection((target.host, target.port), ssh.connect_timeout), None
    *earlier, last = target.jumps
    hop = config.jump_target(last)
    # `Host *` with a ProxyJump holds for the jump host too, which does not go through itself
    own = tuple(other for other in hop.jumps if config.jump_target(other).host != hop.host)
    for attempt in (1, 2):
        jump = _jump_to(replace(hop, jumps=tuple(earlier) or own), config, ssh)
        transport = jump.client.get_transport()
        try:
            if transport is None:
                raise EOFError(f"jump host {hop.alias} closed the connection")
            channel = transport.open_channel(
                "direct-tcpip", (target.host, target.port), ("127.0.0.1", 0), timeout=ssh.connect_timeout
            )
            break
        except paramiko.ChannelException as error:
            raise SSHException(f"jump host {hop.alias} does not get there: {error.text}") from error
        except (EOFError, SSHException) as error:
            jump.client.close()  # it ended unnoticed: the next attempt logs in anew, or says why it cannot
            if attempt == 2:
                raise EOFError(f"jump host {hop.alias} closed the connection") from error
    return channel, jump


def _reason(error: Exception, target: SshTarget, ssh: Ssh, known_hosts: tuple[Path, ...]) -> str:
    """Why a login failed, in words that say what to look at."""
    files = ", ".join(map(str, known_hosts)) or "no known_hosts file, because there is none"
    if isinstance(error, BadHostKeyException):
        return (
            f"host key mismatch: the node shows {error.key.fingerprint}, "
            f"and {files} has {error.expected_key.fingerprint} for {target.host_key_name}; "
            "either the node was installed anew, or this is another machine"
        )
    if isinstance(error, SSHException) and "not found in known_hosts" in str(error):
        return (
            f"unknown host key: {target.host_key_name} is not in {files}; add it with "
            f"ssh-keyscan{'' if target.port == 22 else f' -p {target.port}'} {target.host}, or set "
            "ssh.check_host_keys to false"
        )
    if isinstance(error, paramiko.PasswordRequiredException):
        return f"the passphrase of {_keys(target)} is needed; load it into ssh-agent"
    if isinstance(error, AuthenticationException):
        return f"authentication refused for user {target.user} with {_keys(target)}"
    if isinstance(error, socket.gaierror):
        return f"unknown host: {target.host} has no address"
    if isinstance(error, ConnectionRefusedError):
        return f"refused: nothing listens on port {target.port}"
    # paramiko says "No existing session" where the other side never got as far as showing its key
    if isinstance(error, TimeoutError) or any(s in str(error) for s in ("imeout", "No existing session")):
        return f"timed out: no answer within {ssh.connect_timeout} s"
    if isinstance(error, SSHException) and "banner" in str(error):
        return f"what listens on port {target.port} does not speak SSH"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _keys(target: SshTarget) -> str:
    named = ", ".join(map(str, target.identity_files))
    if target.identities_only:
        return f"key {named}" if named else "no key"
    return f"key {named}, and the agent's" if named else "the agent's keys and those of ~/.ssh"

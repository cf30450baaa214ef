"""The kept connection to one node: made at the first command and anew when lost; one command on it, with a deadline."""

from __future__ import annotations

import contextlib
import functools
import selectors
import shlex
import socket
import threading
import time
from collections.abc import Iterator

import paramiko
from paramiko.ssh_exception import SSHException

from helpers.environment import NodeSpec, Ssh
from helpers.nodes.forward import dial
from helpers.nodes.runner import Unreachable
from helpers.nodes.ssh_command import command_line
from helpers.nodes.ssh_login import Jump, log_in
from helpers.redact import redact
from helpers.ssh.config import BadSshConfig, SshConfig, SshTarget
from helpers.wait import wait_for_moment

# sshd's MaxSessions is 10 by default; two are left for people
_MOST_SESSIONS = 8
# seconds in which a connection that is ending says so
_LAST_MOMENT = 1.0
# seconds between attempts where a login was refused: a busy sshd drops some (MaxStartups)
_PAUSES = (0.2, 0.5, 1.0)
_LONGEST_TEXT = 80
_GUARD = "[[ $- == *i* ]] || return"
# of a command, which loses its connection with each of those beside it
_ATTEMPTS = 10


class Connection:
    """The connection to one node, made as ssh_config and the environment file say."""

    def __init__(self, spec: NodeSpec, ssh: Ssh) -> None:
        self._spec, self._ssh = spec, ssh
        self._lock = threading.Lock()
        self._sessions = threading.BoundedSemaphore(_MOST_SESSIONS)
        self._transport: paramiko.Transport | None = None
        self._jump: Jump | None = None
        self._pauses: tuple[float, ...] = _PAUSES

    @functools.cached_property
    def _way(self) -> tuple[SshTarget, tuple[SshTarget, ...]]:
        """The node, and the jump hosts before it."""
        config = SshConfig(self._ssh.config)
        try:
            target = config.target(self._spec.name, self._spec.address, self._ssh.user)
            return target, config.route(target)
        except BadSshConfig as error:
            raise Unreachable(self._spec.name, self._spec.address, str(error)) from error

    @functools.cached_property
    def _words(self) -> list[str]:
        return command_line(*self._way, self._ssh)

    def command(self, command: str = "") -> str:
        """What a person types to run the command on the node by the same way."""
        return redact(shlex.join([*self._words, *([command] if command else [])]))

    def forwarding(self, local: int, host: str, port: int) -> str:
        """What a person types to have a local port forwarded by the same way, for as long as it takes to use it."""
        options = ("-f", "-o", "ExitOnForwardFailure=yes", "-L", f"{local}:{bracketed(host)}:{port}")
        *words, target = self._words
        return redact(shlex.join([*words, *options, target, "sleep", "10"]))

    def connect(self) -> None:
        """Log in now. Raises Unreachable."""
        _ = self.transport

    def dial(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connection that the node opens. Raises Unreachable, OSError."""
        return dial(self.transport, host, port, seconds)

    @property
    def transport(self) -> paramiko.Transport:
        """The connection, made now where there is none. Raises Unreachable."""
        with self._lock:
            if self._transport is not None and not self._transport.is_active():
                self._transport.close()
                self._transport = None
            if self._transport is None:
                transport, jump = self._logged_in()
                self._expect_silence(transport)
                self._transport, self._jump = transport, jump
            return self._transport

    def _expect_silence(self, transport: paramiko.Transport) -> None:
        """What an account's shell prints by itself would be taken for a part of every answer: `true` prints nothing."""
        try:
            _, stdout, _ = self._execute(transport, b"true", time.monotonic() + self._ssh.connect_timeout)
        except (TimeoutError, SSHException, EOFError, OSError):
            return  # the command that waits for this connection finds out
        if said := redact(stdout.decode(errors="replace").strip()):
            shown = said.splitlines()[0][:_LONGEST_TEXT]
            reason = (
                f"this account prints {shown!r} before every answer; guard it in ~/.bashrc: [[ $- == *i* ]] || return"
            )
            raise Unreachable(self._spec.name, self._spec.address, reason, self.command("true"))

    def _logged_in(self) -> tuple[paramiko.Transport, Jump | None]:
        # who has not let us in for all that is given the time once, not at every command
        pauses, self._pauses = self._pauses, ()
        for pause in (*pauses, None):
            try:
                found = log_in(self._spec.name, *self._way, self._ssh, self.command())
                break
            except Unreachable as error:
                if pause is None or not error.passing:
                    raise
            wait_for_moment(time.monotonic() + pause)
        self._pauses = _PAUSES
        return found

    def close(self) -> None:
        # a login that is still under way, at a node that does not answer, ends by its own time limit
        if not self._lock.acquire(timeout=_LAST_MOMENT):
            return
        try:
            if self._transport is not None:
                self._transport.close()
            self._transport = self._jump = None
        finally:
            self._lock.release()

    def execute(self, command: str, seconds: float) -> tuple[int, bytes, bytes]:
        """Exit status and both outputs; TimeoutError when `seconds` are over. Connects anew a few times."""
        until = time.monotonic() + seconds
        if not self._sessions.acquire(timeout=seconds):
            raise TimeoutError
        try:
            for attempts_left in reversed(range(_ATTEMPTS)):
                transport = self.transport
                try:
                    return self._execute(transport, command.encode(), until)
                except TimeoutError:
                    raise
                except (SSHException, EOFError, OSError) as error:
                    # every command only reads, so running it again does no harm
                    if isinstance(error, EOFError):
                        transport.close()  # it has ended, and may only not know it yet
                    if not attempts_left or not _has_ended(transport):
                        reason = f"the connection failed: {error or type(error).__name__}"
                        target, _ = self._way
                        address = f"{target.host}:{target.port}"
                        raise Unreachable(self._spec.name, address, reason, self.command()) from error
        finally:
            self._sessions.release()
        raise AssertionError("unreachable")

    def _execute(self, transport: paramiko.Transport, command: bytes, until: float) -> tuple[int, bytes, bytes]:
        # not only as long as for a login: a busy machine of this side's reads what the node has answered late
        with _channel(transport, max(self._ssh.connect_timeout, until - time.monotonic())) as channel:
            # no EOF for its standard input, which no command here reads: it would race with the end of a quick command,
            # and a server ends the whole connection when it gets one for a channel that is closed already
            channel.exec_command(command)
            stdout, stderr = _drain(channel, until)
            if not channel.status_event.wait(max(0.0, until - time.monotonic())):
                raise TimeoutError
            if channel.exit_status == -1 and _has_ended(transport):
                raise EOFError("it was lost while a command ran")
            return channel.exit_status, stdout, stderr


def bracketed(host: str) -> str:
    """A host as it is written before a port."""
    return f"[{host}]" if ":" in host else host


def _has_ended(transport: paramiko.Transport) -> bool:
    # a transport that ends closes its channels first, and says so of itself a moment later
    transport.join(_LAST_MOMENT)
    return not transport.is_active()


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

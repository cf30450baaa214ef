"""Logging in to a node as ssh_config and the environment file say: directly, by a ProxyCommand, through jump hosts.

Host keys are checked, every failure is one line that says why, and nodes behind a jump host share one connection to it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import paramiko
from paramiko.ssh_exception import SSHException

from helpers.environment import Ssh
from helpers.nodes.runner import Unreachable
from helpers.nodes.ssh_refusal import NoGreeting, is_passing, refusal
from helpers.ssh.authentication import LoginRefused, authenticate
from helpers.ssh.config import SshTarget
from helpers.ssh.host_key import HostKey, HostKeyRefused
from helpers.ssh.known_hosts import KnownHosts
from helpers.ssh.proxy import ProxyCommand

# paramiko logs its own tracebacks, which the last-resort handler would print before our one line
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class Jump:
    """A connection to a jump host; it ends when the last node behind it lets go of it."""

    def __init__(self, transport: paramiko.Transport, before: Jump | None) -> None:
        self.transport, self.before = transport, before

    def __del__(self) -> None:
        self.transport.close()


class _Heard:
    """A stream, and what was heard from it first: paramiko keeps to itself what a server says that is no greeting."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.first, self.ended = stream, b"", False

    def recv(self, size: int) -> bytes:
        try:
            data: bytes = self.stream.recv(size)
        except ConnectionError:
            self.ended = True
            raise
        self.ended = not data
        self.first = self.first or data[:256]
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


# an undercloud's sshd drops connections when many come at once (MaxStartups): nodes behind it share one
_jumps: WeakValueDictionary[tuple[object, ...], Jump] = WeakValueDictionary()
_jumps_under_way: dict[tuple[object, ...], Future[Jump]] = {}
_jumps_lock = threading.Lock()


def log_in(
    name: str, target: SshTarget, route: tuple[SshTarget, ...], ssh: Ssh, reproduce: str
) -> tuple[paramiko.Transport, Jump | None]:
    """A connection that is logged in, and the jump host that it goes through. Every failure is Unreachable.

    :param route: the jump hosts on the way, first hop first
    """
    address = f"{target.host}:{target.port}"
    seconds = _seconds_to_connect(target, ssh)
    stream: Any = None
    try:
        stream, jump = _stream(target, route, ssh, seconds)
        return _logged_in(stream, target, ssh, seconds), jump
    except Unreachable as error:
        raise Unreachable(name, address, f"behind {error}", reproduce, passing=error.passing) from error
    except (HostKeyRefused, LoginRefused) as error:
        _end(stream)
        passing = isinstance(error, LoginRefused) and error.passing
        raise Unreachable(name, address, str(error), reproduce, passing=passing) from error
    except Exception as error:
        # paramiko and cryptography raise whatever a file or the other side makes them stumble over
        _end(stream)
        unheard = isinstance(stream, ProxyCommand) and not stream.answered
        reason = stream.problem(seconds) if unheard else refusal(error, target, seconds)
        raise Unreachable(name, address, reason, reproduce, passing=not unheard and is_passing(error)) from error


def _seconds_to_connect(target: SshTarget, ssh: Ssh) -> float:
    """The environment file's `connect_timeout`, else ssh_config's, else the default."""
    if "connect_timeout" in ssh.model_fields_set:
        return ssh.connect_timeout
    return float(target.connect_timeout or ssh.connect_timeout)


def _end(stream: Any) -> None:
    if stream is not None:
        with contextlib.suppress(OSError):
            stream.close()


def _logged_in(stream: Any, target: SshTarget, ssh: Ssh, seconds: float) -> paramiko.Transport:
    heard = _Heard(stream)
    transport = paramiko.Transport(heard)  # type: ignore[arg-type]  # as good as a socket for it
    # longer, so that silence is told from an answer that is not SSH's
    transport.banner_timeout = 2 * seconds
    transport.auth_timeout = transport.channel_timeout = seconds
    options = transport.get_security_options()
    # ciphers that need no HMAC of their own come first: those take a quarter of the time that a command costs here
    options.ciphers = tuple(sorted(options.ciphers, key=lambda name: "gcm" not in name))
    host_key = HostKey(target, KnownHosts(_known_hosts_files(target, ssh))) if ssh.check_host_keys else None
    if host_key is not None:
        options.key_types = host_key.preferred(tuple(options.key_types))
    try:
        _start(transport, heard, target, seconds)
        shown = transport.get_remote_server_key()
        if host_key is not None and not (target.trust_localhost and _is_this_machine(stream)):
            host_key.check(shown)
        authenticate(transport, target, seconds)
    except BaseException:
        transport.close()
        raise
    # a firewall on the way forgets connections that say nothing
    transport.set_keepalive(30)
    return transport


def _start(transport: paramiko.Transport, heard: _Heard, target: SshTarget, seconds: float) -> None:
    try:
        transport.start_client(timeout=seconds)
    except (SSHException, EOFError, ConnectionError) as error:
        said = heard.first.decode(errors="replace").strip().splitlines()[:1]
        greeted = transport.remote_version or b"SSH-" in heard.first
        ended = heard.ended or isinstance(error, EOFError | ConnectionError)
        if isinstance(heard.stream, ProxyCommand) or greeted or not (said or ended):
            raise
        raise NoGreeting(target.port, *said, closed=ended) from error


def _known_hosts_files(target: SshTarget, ssh: Ssh) -> tuple[Path, ...]:
    own = (ssh.known_hosts,) if ssh.known_hosts else target.known_hosts_files
    return (*own, *target.global_known_hosts_files)


def _is_this_machine(stream: Any) -> bool:
    return isinstance(stream, socket.socket) and ipaddress.ip_address(stream.getpeername()[0]).is_loopback


def _stream(target: SshTarget, route: tuple[SshTarget, ...], ssh: Ssh, seconds: float) -> tuple[Any, Jump | None]:
    if route:
        return _through(target, route, ssh, seconds)
    if target.proxy_command:
        return ProxyCommand(target.proxy_command), None
    return _direct(target, seconds), None


def _direct(target: SshTarget, seconds: float) -> socket.socket:
    found = socket.getaddrinfo(target.host, target.port, target.address_family, socket.SOCK_STREAM)
    failed: OSError | None = None
    for family, kind, protocol, _, address in found:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(seconds)
            if target.bind_address:
                connection.bind((target.bind_address, 0))
            connection.connect(address)
        except OSError as error:
            connection.close()
            failed = error
        else:
            # else the beginning of a command waits until the node has acknowledged the end of the one before: 40 ms
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
    raise failed or OSError(f"{target.host} has no address")


def _through(target: SshTarget, route: tuple[SshTarget, ...], ssh: Ssh, seconds: float) -> tuple[Any, Jump]:
    *before, hop = route
    for attempt in (1, 2):
        jump = _jump_to(hop, tuple(before), ssh)
        try:
            channel = jump.transport.open_channel(
                "direct-tcpip", (target.host, target.port), ("127.0.0.1", 0), timeout=seconds
            )
            break
        except paramiko.ChannelException as error:
            raise SSHException(f"jump host {hop.alias} does not get there: {error.text}") from error
        except (EOFError, SSHException) as error:
            jump.transport.close()  # it ended unnoticed: the next attempt logs in anew, or says why it cannot
            if attempt == 2:
                raise SSHException(f"jump host {hop.alias} closed the connection") from error
    return channel, jump


def _jump_to(hop: SshTarget, before: tuple[SshTarget, ...], ssh: Ssh) -> Jump:
    key = (before, hop, ssh)
    with _jumps_lock:
        jump = _jumps.get(key)
        if jump is not None and jump.transport.is_active():
            return jump
        under_way = _jumps_under_way.get(key)
        if under_way is None:
            mine = _jumps_under_way[key] = Future()
    if under_way is not None:
        return under_way.result()
    try:
        jump = Jump(*log_in(f"jump host {hop.alias}", hop, before, ssh, ""))
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

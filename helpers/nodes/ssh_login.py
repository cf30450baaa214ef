"""Logging in to a node as ssh_config and the environment file say: directly, by a ProxyCommand, through jump hosts.

Host keys are checked, every failure is one line that says why, and nodes behind a jump host share one connection to it.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import threading
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import paramiko
from paramiko.ssh_exception import SSHException

from helpers.environment import Ssh
from helpers.environment.ssh_config import SshConfig, SshTarget
from helpers.nodes.runner import Unreachable
from helpers.nodes.ssh_refusal import refusal

# paramiko logs its own tracebacks, which the last-resort handler would print before our one line
logging.getLogger("paramiko").addHandler(logging.NullHandler())


def is_alive(client: paramiko.SSHClient) -> bool:
    transport = client.get_transport()
    return transport is not None and transport.is_active()


class Jump:
    """A connection to a jump host; it ends when the last node behind it lets go of it."""

    def __init__(self, client: paramiko.SSHClient, before: Jump | None) -> None:
        self.client, self.before = client, before

    def __del__(self) -> None:
        self.client.close()


# an undercloud's sshd drops connections when many come at once (MaxStartups): nodes behind it share one
_jumps: WeakValueDictionary[tuple[object, ...], Jump] = WeakValueDictionary()
_jumps_under_way: dict[tuple[object, ...], Future[Jump]] = {}
_jumps_lock = threading.Lock()


def log_in(
    name: str, target: SshTarget, config: SshConfig, ssh: Ssh, reproduce: str
) -> tuple[paramiko.SSHClient, Jump | None]:
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
            transport_factory=_transport,
        )
    except Unreachable as error:
        client.close()
        raise Unreachable(name, address, f"behind {error}", reproduce) from error
    except (SSHException, OSError, EOFError, ValueError) as error:
        client.close()
        raise Unreachable(name, address, refusal(error, target, ssh, known_hosts), reproduce) from error
    transport = client.get_transport()
    if transport is not None:
        # a firewall on the way forgets connections that say nothing
        transport.set_keepalive(30)
    return client, jump


def _transport(stream: Any, **options: Any) -> paramiko.Transport:
    """Ciphers that need no HMAC of their own come first: those take a quarter of the time that a command costs here."""
    transport = paramiko.Transport(stream, **options)
    offered = transport.get_security_options()
    offered.ciphers = tuple(sorted(offered.ciphers, key=lambda name: "gcm" not in name))
    return transport


def _stream(target: SshTarget, config: SshConfig, ssh: Ssh) -> tuple[Any, Jump | None]:
    if target.proxy_command:
        return _ProxyCommand(target.proxy_command), None
    if not target.jumps:
        connection = socket.create_connection((target.host, target.port), ssh.connect_timeout)
        # else the beginning of a command waits until the node has acknowledged the end of the one before: 40 ms
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, None
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


def _jump_to(target: SshTarget, config: SshConfig, ssh: Ssh) -> Jump:
    key = (config.path, target, ssh)
    with _jumps_lock:
        jump = _jumps.get(key)
        if jump is not None and is_alive(jump.client):
            return jump
        under_way = _jumps_under_way.get(key)
        if under_way is None:
            mine = _jumps_under_way[key] = Future()
    if under_way is not None:
        return under_way.result()
    try:
        jump = Jump(*log_in(f"jump host {target.alias}", target, config, ssh, ""))
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

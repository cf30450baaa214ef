"""Services of a host that run without containers, supervised by the host's supervisord."""

from __future__ import annotations

import hashlib
import http.client
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy, Transport

from lab.command import CommandError, tail
from lab.hosts import path_in
from lab.plan import Host, Plan
from lab.poll import NotReadyError, wait_until
from lab.state import State, write

_ALREADY_STARTED = 60
_NOT_RUNNING = 70
_BAD_NAME = 10
_ALREADY_ADDED = 90


@dataclass(frozen=True)
class Service:
    """One supervised program. `environment` must hold no secrets, because it is readable in the host.

    `settings` is the text of the configuration files that the program reads. When it changes, the service is restarted.
    """

    name: str
    command: str
    user: str = "root"
    environment: str = ""
    stop_signal: str = "TERM"
    stop_seconds: int = 10
    settings: str = ""

    def text(self) -> str:
        lines = [
            f"; settings {hashlib.sha256(self.settings.encode()).hexdigest()[:16]}",
            f"[program:{self.name}]",
            f"command = {self.command}",
            f"user = {self.user}",
            "autorestart = true",
            "startsecs = 1",
            "startretries = 20",
            f"stopsignal = {self.stop_signal}",
            f"stopwaitsecs = {self.stop_seconds}",
            "stopasgroup = true",
            "killasgroup = true",
            "redirect_stderr = true",
            f"stdout_logfile = /var/log/{self.name}.log",
            "stdout_logfile_maxbytes = 20MB",
            "stdout_logfile_backups = 1",
        ]
        if self.environment:
            lines.append(f"environment = {self.environment}")
        return "\n".join(lines) + "\n"


class _UnixTransport(Transport):
    """XML-RPC over supervisord's Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _supervisor(plan: Plan, host: Host) -> Any:
    return ServerProxy(
        "http://localhost/RPC2", transport=_UnixTransport(path_in(plan, host, "/run/supervisor.sock"))
    ).supervisor


def start(plan: Plan, host: Host, state: State, service: Service) -> None:
    """Run the service with exactly this definition; a service that already runs with it is left alone."""
    definition = state.host(host) / "etc" / "supervisor" / "conf.d" / f"{service.name}.conf"
    remote = _supervisor(plan, host)
    if definition.exists() and definition.read_text(encoding="utf-8") != service.text():
        remove(plan, host, state, service.name)
    write(definition, service.text(), 0o644)
    remote.reloadConfig()
    try:
        remote.addProcessGroup(service.name)
    except Fault as fault:
        if fault.faultCode != _ALREADY_ADDED:
            raise
    try:
        remote.startProcess(service.name, False)
    except Fault as fault:
        if fault.faultCode != _ALREADY_STARTED:
            raise


def start_and_wait(
    plan: Plan, host: Host, state: State, service: Service, answers: Callable[[], bool], *, seconds: float = 180
) -> None:
    """Start a service and wait until it answers. The error quotes the last lines of the service's own log."""
    start(plan, host, state, service)
    try:
        wait_until(f"{service.name} on {host.name} answers", answers, seconds=seconds)
    except NotReadyError as error:
        log = state.host(host) / "var" / "log" / f"{service.name}.log"
        raise CommandError(f"{error}\n{tail(log)}\n  the service's own log: {log}") from error


def stop(plan: Plan, host: Host, name: str) -> None:
    """Stop a service. A service that is not running, or not known, counts as stopped."""
    try:
        _supervisor(plan, host).stopProcess(name, True)
    except Fault as fault:
        if fault.faultCode not in {_NOT_RUNNING, _BAD_NAME}:
            raise


def remove(plan: Plan, host: Host, state: State, name: str) -> None:
    stop(plan, host, name)
    (state.host(host) / "etc" / "supervisor" / "conf.d" / f"{name}.conf").unlink(missing_ok=True)
    remote = _supervisor(plan, host)
    try:
        remote.removeProcessGroup(name)
    except Fault as fault:
        if fault.faultCode != _BAD_NAME:
            raise


def running(plan: Plan, host: Host) -> dict[str, str]:
    """Return the state of every service of the host, for example {"sshd": "RUNNING"}."""
    return {one["name"]: one["statename"] for one in _supervisor(plan, host).getAllProcessInfo()}

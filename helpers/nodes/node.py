"""Commands on a node, over one kept SSH connection per node. Nothing here changes a node.

Paramiko does the work, and testinfra's modules go over the same connection. Testinfra's own paramiko backend has
no deadline, does not check host keys, and reads standard output to its end before standard error; here a
deadline holds on the node and on this side, both outputs are read side by side, several threads may ask at once,
and nodes behind a jump host share one connection to it.
"""

from __future__ import annotations

import functools
import re
import shlex
import socket
import time
from dataclasses import replace

from helpers.environment import NodeSpec, Ssh
from helpers.environment.sections import Pod
from helpers.environment.values import HOST_NAME
from helpers.nodes.deadline import GRACE, limited, start_up
from helpers.nodes.files import FileFacts, read_file
from helpers.nodes.local import LocalConnection
from helpers.nodes.modules import Modules
from helpers.nodes.runner import CommandFailed, Completed, DeadlinePassed, Runner, Unreachable
from helpers.nodes.ssh_connection import Connection

__all__ = [
    "CommandFailed",
    "Completed",
    "DeadlinePassed",
    "FileFacts",
    "Node",
    "Runner",
    "Unreachable",
    "read_file",
]

_ADDED = re.compile(r"\ADefaulted container .*\n|command terminated with exit code \d+\s*\Z")


class Node:
    """One machine of a site, by one SSH connection, made at the first command, and anew when it was lost.

    Where the harness runs on the node itself, commands are run here. Those of a pod are handed on to it from there.

    Several threads may run commands at once, eight at most; more wait for their turn.
    """

    def __init__(self, spec: NodeSpec, ssh: Ssh) -> None:
        self.spec = spec
        self._ssh = ssh
        # what leads to a pod is a machine with a name of its own
        leading = replace(spec, name=spec.address) if spec.pod else spec
        self._connection = LocalConnection(spec) if spec.is_local else Connection(leading, ssh)
        self._into = _into(spec.pod) if spec.pod else ()
        self._hostname: str | None = None

    def __repr__(self) -> str:
        return f"<node {self.name} of {self.spec.site} at {self.spec.address}>"

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.spec.name

    def connect(self) -> None:
        """Log in now. Raises Unreachable."""
        self._connection.connect()

    def close(self) -> None:
        """End the connection; a later command opens it anew."""
        self._connection.close()

    def dial(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connection that the node opens, for a service that only it reaches. Raises Unreachable, OSError."""
        return self._connection.dial(host, port, seconds)

    def forwarding(self, host: str, port: int, local: int) -> str:
        """The line that a person pastes on this side to reach that service at a local port; nothing is run."""
        return self._connection.forwarding(local, host, port)

    def run(self, *argv: str, deadline: float | None = None, sudo: bool = True) -> Completed:
        """Run a command and wait for its end, whatever its exit status.

        :param argv: the command and its arguments; each is quoted, none is ever read by a shell
        :param deadline: seconds, otherwise the environment file's; the node ends the command then
        :param sudo: with sudo, where the environment file says so; False: as the user that has logged in
        :raises Unreachable: the node cannot be logged in to, or the connection was lost twice
        :raises DeadlinePassed: the command was not done in time
        """
        seconds = self._ssh.deadline if deadline is None else deadline
        sudo = self._with_sudo(sudo)
        command, reproduce = self._command(argv, sudo), self.command(*argv, sudo=sudo)
        # sudo stands outside: without its rights, `timeout` could not end what sudo started
        sent = shlex.join((*(("sudo", "-n") if sudo else ()), *limited((*self._into, *argv), seconds)))
        started = time.monotonic()
        try:
            status, stdout, stderr = self._connection.execute(sent, seconds + start_up(argv) + GRACE)
        except TimeoutError:
            raise DeadlinePassed(self.name, reproduce, seconds) from None
        # 124 is `timeout`'s answer, and 137 when it had to kill; a command may answer so itself, but earlier
        if status in {124, 137, -1} and time.monotonic() - started >= seconds:
            raise DeadlinePassed(self.name, reproduce, seconds)
        return Completed(
            node=self.name,
            argv=argv,
            command=command,
            exit_status=status,
            stdout=stdout.decode(errors="replace"),
            stderr=self._of_command(stderr.decode(errors="replace")),
            reproduce=reproduce,
        )

    def command(self, *argv: str, sudo: bool = True) -> str:
        """The line that a person pastes on this side to run a command on the node; nothing is run."""
        return self._connection.command(self._command(argv, self._with_sudo(sudo)))

    def _command(self, argv: tuple[str, ...], sudo: bool) -> str:
        return shlex.join((*(("sudo",) if sudo else ()), *self._into, *argv))

    def _with_sudo(self, wanted: bool) -> bool:
        return wanted and self._ssh.sudo and not self._into

    def _of_command(self, stderr: str) -> str:
        """What the command itself has said; `kubectl exec` adds where it was run, and how it has ended."""
        return _ADDED.sub("", stderr) if self._into else stderr

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

    @property
    def hostname(self) -> str:
        """What the node calls itself (`hostname`), as the guide's `ceph-mon-$(hostname)` has it; asked once."""
        # no cached_property: its lock is one for all nodes, and one that is silent would hold up the others
        if self._hostname is None:
            completed = self.run_checked("hostname")
            name = completed.stdout.strip()
            if not HOST_NAME.fullmatch(name):
                raise CommandFailed(completed, f"printed {name[:80]!r}, which is no host name")
            self._hostname = name
        return self._hostname

    @functools.cached_property
    def host(self) -> Modules:
        """Testinfra's modules over the same connection."""
        return Modules(self)


def _into(pod: Pod) -> tuple[str, ...]:
    container = ("-c", pod.container) if pod.container else ()
    return (pod.program, "exec", "-n", pod.namespace, pod.name, *container, "--")

"""Commands on this machine, where the harness itself runs on a node."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess

from helpers.environment import NodeSpec
from helpers.nodes.runner import Unreachable

#: What a login gives to a command; nothing of the run's own.
_VARIABLES = ("PATH", "HOME", "USER", "LOGNAME", "LANG")


class LocalConnection:
    """The way to this machine, as to any other node."""

    def __init__(self, spec: NodeSpec) -> None:
        self._spec = spec

    def connect(self) -> None:
        """Nobody has to log in."""

    def close(self) -> None:
        """Nothing is kept."""

    def command(self, command: str = "") -> str:
        """What a person types here to run the command."""
        return command

    def execute(self, command: str, seconds: float) -> tuple[int, bytes, bytes]:
        """Exit status and both outputs; TimeoutError when `seconds` are over."""
        variables = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        try:
            process = subprocess.Popen(  # noqa: S603 - a node's command, each word of which is quoted
                ["/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=variables,
                start_new_session=True,
            )
        except OSError as error:
            raise Unreachable(self._spec.name, self._spec.address, f"no process can be started: {error}") from error
        with process:
            try:
                stdout, stderr = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                # what sudo has started is ended by `timeout`; nobody waits for it
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise TimeoutError from None
        return max(process.returncode, -1), stdout, stderr

    def dial(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connection that this machine opens. Raises OSError."""
        return socket.create_connection((host, port), timeout=seconds)

    def forwarding(self, local: int, host: str, port: int) -> str:
        """Nothing has to be forwarded to where a person is already."""
        return "true"

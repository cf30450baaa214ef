"""A running ProxyCommand: the user's shell starts it, and a connection reads from it and writes to it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import threading
from typing import IO, cast

#: Seconds to wait for a command that has closed its output, or that was sent a signal, to end.
_LAST_MOMENT = 2.0
#: Bytes within which an SSH server has identified itself.
_ENOUGH = 1024


class ProxyCommand:
    """A ProxyCommand in the form of the socket that paramiko expects. Source: ssh_config(5), ProxyCommand.

    Paramiko's own class starts no shell, hides the command's error output, and loops forever once the command has
    ended.
    """

    def __init__(self, command: str) -> None:
        self.command = command
        self._timeout: float | None = None
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._status: int | None = None
        self._said, self._answer = "", b""
        # paramiko reads this attribute of a socket
        self._closed = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed with it
        try:
            self._process = self._started(command)
        except OSError:
            self._errors.close()
            raise
        self._to, self._from = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        self._readable = select.poll()
        self._readable.register(self._from, select.POLLIN)

    def _started(self, command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            [os.environ.get("SHELL") or "/bin/sh", "-c", f"exec {command}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            bufsize=0,
            # no terminal on which a password prompt could wait, and a process group that can be ended as a whole
            start_new_session=True,
        )

    def settimeout(self, seconds: float | None) -> None:
        """Set how long `recv` waits."""
        self._timeout = seconds

    def send(self, data: bytes) -> int:
        """Write to the command's standard input."""
        with self._writing:
            if self._closed:
                raise OSError("closed")
            try:
                return self._to.write(data)
            except BrokenPipeError:
                # the command has ended, but its earlier output can still be read
                return len(data)

    def recv(self, size: int) -> bytes:
        """Read from the command's standard output. Returns nothing once it has ended. Raises TimeoutError."""
        with self._reading:
            if self._closed:
                return b""
            if not self._readable.poll(None if self._timeout is None else 1000 * self._timeout):
                raise TimeoutError
            data = os.read(self._from.fileno(), size)
        self._answer += data[: _ENOUGH - len(self._answer)]
        if not data:
            self._note_end()
        return data

    def _note_end(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(_LAST_MOMENT)
            if not self._closed:  # otherwise close() has ended it
                self._status = status

    def close(self) -> None:
        """End the command and every process that it has started."""
        self._closed = True
        for each in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                if self._process.poll() is None:
                    os.killpg(self._process.pid, each)
                    self._process.wait(_LAST_MOMENT)
        # the end of the command releases a reader or writer that is waiting
        with self._reading, self._writing:
            if not self._errors.closed:
                self._errors.seek(0)
                self._said = self._errors.read().decode(errors="replace").strip()
            for file in (self._to, self._from, self._errors):
                with contextlib.suppress(OSError):
                    file.close()

    @property
    def answered(self) -> bool:
        """Whether an SSH server has answered through the command."""
        return b"SSH-" in self._answer

    def problem(self, seconds: float) -> str:
        """Close the connection and return why no SSH server answered within this many seconds."""
        self.close()
        ended = (
            f"no answer within {seconds:g} s" if self._status is None else f"it ended with exit status {self._status}"
        )
        said = (self._said or self._answer.decode(errors="replace").strip()).splitlines()[-1:]
        return ": ".join([f"ProxyCommand {self.command!r} does not get there", ended, *said])

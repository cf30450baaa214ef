"""Run other programs with a deadline, log their output, and quote its last lines in the error."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Debian's python3 must come first, because the services are installed for it and not for another Python on the PATH.
CLEAN_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONWARNINGS": "ignore",
}
_QUOTED_LINES = 12


class CommandError(RuntimeError):
    """A program failed or did not end in time."""


@dataclass(frozen=True)
class Shell:
    """Runs commands with a `prefix` (for example, nsenter into a host) and logs their output."""

    log: Path
    prefix: tuple[str, ...] = ()

    def run(
        self,
        *args: str | Path,
        timeout: float = 180,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        check: bool = True,
        secret: bool = False,
    ) -> str:
        """Run a command and return its standard output. With `secret`, the output is not written to the log."""
        command = [*self.prefix, *map(str, args)]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {shlex.join(map(str, args))}\n")
            log.flush()
            begun = time.monotonic()
            output, code = _run(command, stdin, {**CLEAN_ENVIRONMENT, **(env or {})}, timeout, log.fileno())
            if not secret:
                log.write(output)
            ended = f"no end after {timeout:g} s, killed" if code is None else f"exit code {code}"
            log.write(f"# {ended} ({time.monotonic() - begun:.1f} s)\n")
        if code is None:
            raise CommandError(f"`{shlex.join(map(str, args))}` did not end within {timeout:g} s")
        if check and code:
            said = "" if secret else "\n" + tail(self.log)
            raise CommandError(f"`{shlex.join(map(str, args))}` ended with exit code {code}{said}")
        return output

    def note(self, text: str) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(text.rstrip("\n") + "\n")


def _run(
    command: Sequence[str], stdin: str, env: Mapping[str, str], timeout: float, errors: int
) -> tuple[str, int | None]:
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=env,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            # Kill the whole group, because nsenter forks and its child would outlive it.
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            return output, None
    return output, process.returncode


def tail(log: Path, lines: int = _QUOTED_LINES) -> str:
    """Return the last lines of a log file, indented for quoting."""
    if not log.exists():
        return "  (no log)"
    with log.open(encoding="utf-8", errors="replace") as text:
        return "\n".join("  " + line.rstrip() for line in text.readlines()[-lines:])

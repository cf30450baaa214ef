"""How OpenSSH's own client reads an ssh_config file: `ssh -G`, run once for each host.

Only the installed client reads the file exactly as `ssh -F FILE HOST` does, whatever its version.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

#: Option in lower case → its values: one for each line or, where a line holds a list, one for each item.
Answer = Mapping[str, tuple[str, ...]]

#: `ssh -G` prints each of these on one line and does not quote names with spaces.
_LISTS = ("userknownhostsfile", "globalknownhostsfile")
#: `ssh -G` has already expanded the tokens of these.
_EXPANDED = ("userknownhostsfile", "identityagent")
#: Seconds. Only `Match exec` and the search for a canonical name take longer than a moment.
_DEADLINE = 10.0


class BadSshConfig(Exception):
    """The file cannot be read or understood; the message is one line and names the file."""


@dataclass(frozen=True)
class Question:
    """The host as a person types it after `ssh`, with the values of `-l USER` and `-p PORT` where given."""

    host: str
    user: str | None = None
    port: int | None = None


def openssh() -> str | None:
    """Return the path of OpenSSH's client, or None where it cannot run: not installed, or no user database entry."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        return None
    return shutil.which("ssh")


_asked: dict[tuple[object, ...], Future[Answer]] = {}
_lock = threading.Lock()


def ask(program: str, path: Path, question: Question) -> Answer:
    """Return the client's answer about one host. It is cached until the file changes. Raises BadSshConfig."""
    key = (program, path, _state(path), question)
    with _lock:
        found = _asked.get(key)
        if found is None:
            mine = _asked[key] = Future()
    if found is not None:
        return found.result()
    try:
        mine.set_result(_ask(program, path, question))
    except BaseException as error:
        with _lock:
            del _asked[key]
        mine.set_exception(error)
        raise
    return mine.result()


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise BadSshConfig(f"{path}: {(error.strerror or str(error)).lower()}") from error
    return found.st_mtime_ns, found.st_size


def _ask(program: str, path: Path, question: Question) -> Answer:
    command = [program, "-G", "-T", "-F", str(path)]
    command += ["-l", question.user] if question.user else []
    command += ["-p", str(question.port)] if question.port else []
    status, printed, errors = _run([*command, "--", question.host], path)
    if status != 0:
        raise BadSshConfig(_one_line(path, errors) or f"{path}: {program} -G: exit status {status}")
    found: dict[str, list[str]] = {}
    for line in printed.splitlines():
        name, _, value = line.partition(" ")
        value = value.replace("%", "%%") if name in _EXPANDED else value
        values = _files(value) if name in _LISTS else [value]
        found.setdefault(name, []).extend(values)
    return {name: tuple(values) for name, values in found.items()}


def _run(command: list[str], path: Path) -> tuple[int, str, str]:
    # files instead of pipes: a process that `Match exec` leaves behind would keep a pipe open
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True
        )
        try:
            status = process.wait(_DEADLINE)
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                reason = f"ssh -G gave no answer within {_DEADLINE:g} s; does a `Match exec` in it hang?"
                raise BadSshConfig(f"{path}: {reason}") from error
            raise
        out.seek(0)
        errors.seek(0)
        return status, os.fsdecode(out.read()), errors.read().decode(errors="replace")


def _one_line(path: Path, errors: str) -> str:
    """The first error that OpenSSH prints. Its last line only counts the errors."""
    lines = [" ".join(line.split()) for line in errors.splitlines()]
    said = next((line for line in lines if line and ": terminating, " not in line), "")[:300]
    return said if not said or str(path) in said else f"{path}: {said}"


def _files(value: str) -> list[str]:
    """The names in an unquoted list. A name with spaces is recognized by the file that exists under it."""
    found: list[str] = []
    words = value.split(" ")
    while words:
        lengths = range(len(words), 1, -1)
        length = next((n for n in lengths if os.path.isfile(" ".join(words[:n]))), 1)
        found.append(" ".join(words[:length]))
        words = words[length:]
    return found

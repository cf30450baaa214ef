"""A service's process, told from others by its words, and since when it runs with what it has read."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.nodes.node import CommandFailed, Completed
from helpers.nodes.processes import Process, find_process, is_program, parse_processes

PROGRAM = "nova-compute"
_ZEROS = "0 " * 18


class Here:
    """This very machine as a node."""

    name = hostname = "here"

    def command(self, *argv: str) -> str:
        return shlex.join(argv)

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        ended = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 - of our making
        return Completed("here", argv, "", ended.returncode, ended.stdout, ended.stderr, shlex.join(argv))

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        if (completed := self.run(*argv)).exit_status:
            raise CommandFailed(completed)
        return completed


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    """A program that has begun a second thread, and has a name that no other process has."""
    program = tmp_path / f"service-{tmp_path.name}"
    program.write_text("import sys, threading\nthreading.Thread(target=print, args=('up',), daemon=True).start()\n")
    program.write_text(program.read_text() + "threading.Thread(target=sys.stdin.read).start()\n")
    command = [sys.executable, str(program), "--config-file", "/etc/a.conf", "--config-dir=/etc/a.d"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        process.stdout.readline()
        yield program.name
        process.communicate()


def test_a_process_of_this_machine_is_found(service: str):
    found = find_process(Here(), service)

    assert found is not None
    assert (found.config_files, found.config_folders) == (("/etc/a.conf",), ("/etc/a.d",))
    assert not found.may_not_have_read("/etc/a.conf", int(time.time()) - 3600)
    assert found.may_not_have_read("/etc/a.conf", int(time.time()) + 3600)


def test_what_does_not_run_is_not_found():
    assert find_process(Here(), "no-such-service-of-anybody") is None


@pytest.mark.parametrize(
    ("words", "is_it"),
    [
        ("/usr/bin/nova-compute --config-file /etc/nova/nova.conf", True),
        ("/usr/bin/python3 /usr/bin/nova-compute", True),
        ("/usr/bin/python3.9 -s /usr/bin/nova-compute", True),
        ("/usr/bin/python3 /opt/start.py nova-compute --log-file=/var/log/nova/nova-compute.log", True),
        ("dumb-init --single-child -- nova-compute", False),
        ("grep nova-compute", False),
        ("tail -f /var/log/nova/nova-compute.log", False),
        ("/usr/bin/python3 /usr/bin/nova-compute-report", False),
        ("sh -c nova-compute", False),
    ],
)
def test_a_program_is_told_by_its_words(words: str, is_it: bool):
    assert is_program(words.split(), PROGRAM) is is_it


def proc(pid: int, *starts: int, words: str = "/usr/bin/python3 /usr/bin/nova-compute") -> str:
    """What is read of a process whose threads began so many ticks after the boot."""
    lines = [
        "/proc/stat:cpu  1 2 3",
        "/proc/stat:btime 1000",
        f"/proc/{pid}/cmdline:" + words.replace(" ", "\0") + "\0",
    ]
    lines += [f"/proc/{pid}/task/{n}/stat:{n} (a ) b) S {_ZEROS}{start} 1 2" for n, start in enumerate(starts)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        (proc(7, 10_000, 11_500, 12_000), 1115.0),
        (proc(7, 10_000), 1160.0),
        (proc(7, 10_000) + proc(8, 10_900, 11_000), 1109.0),
        (proc(7, 10_000, 11_500) + proc(8, 1, 2, words="grep nova-compute"), 1115.0),
    ],
    ids=["by its second thread", "by nothing", "by its worker", "beside another"],
)
def test_a_configuration_is_read_before_the_second_thread_begins(text: str, loaded: float):
    found = parse_processes(text, PROGRAM)

    assert found is not None
    assert found.loaded == loaded


@pytest.mark.parametrize("text", ["", proc(7, 100, words="grep nova-compute"), "/proc/7/cmdline:nova-compute\0\n"])
def test_where_there_is_none_none_is_found(text: str):
    assert parse_processes(text, PROGRAM) is None


MOUNTS = {"/": False, "/etc/nova": True, "/etc/nova/writable": False}


@pytest.mark.parametrize(
    ("path", "placed", "moment"),
    [
        ("/etc/nova/nova.conf", None, 1000.0),
        ("/etc/nova/nova.conf", 1010.0, 1000.0),
        ("/etc/nova/writable/a.conf", None, 1030.0),
        ("/etc/nova-compute.conf", None, 1030.0),
        ("/etc/cinder/cinder.conf", 1010.0, 1010.0),
        ("/etc/cinder/cinder.conf", 900.0, 1000.0),
    ],
    ids=[
        "nobody in there wrote it",
        "nor did Kolla",
        "who knows",
        "no part of a name",
        "Kolla copied it",
        "no new copy",
    ],
)
def test_a_file_that_changes_later_may_not_have_been_read(path: str, placed: float | None, moment: float):
    process = Process((PROGRAM,), 1000.0, 1030.0, placed, MOUNTS)

    assert process.has_read(path) == moment
    assert [process.may_not_have_read(path, int(moment) + after) for after in (0, 2, 3)] == [False, False, True]


def test_a_container_says_where_its_files_come_from():
    mounts = [
        "/proc/self/mountinfo:1 2 0:3 / / rw,relatime - overlay",
        "/proc/self/mountinfo:2 1 0:4 /a /etc/nova ro - x",
    ]
    found = parse_processes("\n".join(["/run_command:1099", *mounts, proc(7, 10_000, 11_500)]), PROGRAM)

    assert found is not None
    assert (found.started, found.placed, found.mounts) == (1100.0, 1099.0, {"/": False, "/etc/nova": True})

"""A service's process on a node: what it was started with, and since when it runs with what it has read then.

Source: proc(5), `/proc/<pid>/cmdline`, field 22 of `/proc/<pid>/stat`, `btime` of `/proc/stat`; oslo.config's options
`--config-file` and `--config-dir`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from helpers.nodes.runner import CommandFailed, Runner

#: Linux' USER_HZ, the unit of times in /proc; 100 on every architecture that OpenStack runs on
_TICKS = 100
#: `btime` has whole seconds only, and so have the times of files here.
_ROUNDING = 2
#: Seconds that a service may need to read its configuration, where it shows no sign of having done so.
_LOADING = 60
_PYTHON = re.compile(r"(?:.*/)?python[\d.]*")


@dataclass(frozen=True)
class Process:
    """A service's process: its words, and the moment, in seconds since 1970, by which it has read its configuration.

    That is when it began its second thread or worker. Its start is no measure: in Kolla's containers the process itself
    copies the files into place before it becomes the service.
    """

    argv: tuple[str, ...]
    loaded: float

    @property
    def config_files(self) -> tuple[str, ...]:
        """The files that it was told to read; none: it goes by its defaults."""
        return tuple(path for _, path in values_of(self.argv, "--config-file"))

    @property
    def config_folders(self) -> tuple[str, ...]:
        """The folders whose files it was told to read."""
        return tuple(path for _, path in values_of(self.argv, "--config-dir"))

    def arguments(self, program: str) -> tuple[str, ...]:
        """The words after the program's own."""
        at = next(place for place, word in enumerate(self.argv) if word.rpartition("/")[2] == program)
        return self.argv[at + 1 :]

    def is_older_than(self, changed: int) -> bool:
        """Whether a file that was changed then may not have been read as it is now."""
        return changed > self.loaded + _ROUNDING


def find_process(node: Runner, program: str, prefix: tuple[str, ...] = ()) -> Process | None:
    """The process of a program written in Python, such as `nova-compute`; None where there is none.

    Of several, which share their configuration, the first is meant. Nothing but /proc is read.

    :param prefix: what leads to where it runs, such as `podman exec nova_compute`
    """
    listed = _read(node, prefix, f"grep -la -e {program} /proc/[0-9]*/cmdline")
    pids = re.findall(r"^/proc/(\d+)/cmdline$", listed, re.MULTILINE)
    if not pids:
        return None
    places = " ".join(f"/proc/{pid}/cmdline /proc/{pid}/task/[0-9]*/stat" for pid in pids)
    return parse_processes(_read(node, prefix, f"grep -Ha -e '' /proc/stat {places}"), program)


def _read(node: Runner, prefix: tuple[str, ...], line: str) -> str:
    completed = node.run(*prefix, "sh", "-c", line)
    # processes end while they are looked at, this one's own among them
    if completed.exit_status not in {0, 1, 2}:
        raise CommandFailed(completed)
    return completed.stdout


def parse_processes(text: str, program: str) -> Process | None:
    """The process of that program, of files below /proc with their paths before each line."""
    booted, commands, starts = 0, dict[str, tuple[str, ...]](), list[tuple[str, float]]()
    for line in text.splitlines():
        path, _, content = line.partition(":")
        if path == "/proc/stat" and content.startswith("btime "):
            booted = int(content.split()[1])
        elif match := re.fullmatch(r"/proc/(\d+)/cmdline", path):
            commands[match[1]] = tuple(content.rstrip("\0").split("\0"))
        elif match := re.fullmatch(r"/proc/(\d+)/task/\d+/stat", path):
            # a command's name may hold anything, also a bracket and a blank
            starts.append((match[1], int(content.rpartition(")")[2].split()[19]) / _TICKS))
    pids = [pid for pid, argv in commands.items() if is_program(argv, program)]
    begun = sorted(start for pid, start in starts if pid in pids)
    if not booted or not begun:
        return None
    first = next(pid for pid, start in starts if pid in pids and start == begun[0])
    loaded = begun[1] if len(begun) > 1 else begun[0] + _LOADING
    return Process(commands[first], booted + loaded)


def is_program(argv: Sequence[str], program: str) -> bool:
    """Whether these are the words of the program itself, and not of what starts it, reads its log or looks for it."""
    words = [word.rpartition("/")[2] for word in argv[:3]]
    return words[:1] == [program] or bool(_PYTHON.fullmatch(argv[0]) and program in words[1:])


def values_of(argv: Sequence[str], *options: str) -> Iterator[tuple[str, str]]:
    """Each of these options with its value, in the order of the command line."""
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if name in options:
            yield name, value if equals else next(words, "")

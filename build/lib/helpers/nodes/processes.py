"""A service's process on a node: what it was started with, and since when it runs with what it has read then.

Source: proc(5), `/proc/<pid>/cmdline`, field 22 of `/proc/<pid>/stat`, `btime` of `/proc/stat`, `/proc/self/mountinfo`;
oslo.config's options `--config-file` and `--config-dir`; Kolla's set_configs.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from helpers.nodes.runner import CommandFailed, Runner

#: Linux' USER_HZ, the unit of times in /proc; 100 on every architecture that OpenStack runs on
_TICKS = 100
#: `btime` has whole seconds only, and so have the times of files here.
_ROUNDING = 2
#: Seconds that a service may need to read its configuration, where it shows no sign of having done so.
_LOADING = 60
#: What Kolla's containers write last before their first process becomes the service.
_KOLLA = "/run_command"
_PYTHON = re.compile(r"(?:.*/)?python[\d.]*")


@dataclass(frozen=True)
class Process:
    """A service's process: its words, and moments in seconds since 1970.

    `started` is when it began, maybe as something else that has first put the service's files into place, as in Kolla's
    containers, which say when that was done (`placed`). `loaded` is when it began its second thread or worker: by then
    it has read them. `mounts`: folder → whether nothing in the container can have put anything there.
    """

    argv: tuple[str, ...]
    started: float
    loaded: float
    placed: float | None = None
    mounts: Mapping[str, bool] = field(default_factory=dict)

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

    def may_not_have_read(self, path: str, changed: int) -> bool:
        """Whether a file that was changed at this moment may not have been read as it is now."""
        return changed > self.has_read(path) + _ROUNDING

    def has_read(self, path: str) -> float:
        """The moment after which a change of a file is not what the service has put there itself before it read it."""
        places = [place for place in self.mounts if path == place or path.startswith(f"{place.rstrip('/')}/")]
        if places and self.mounts[max(places, key=len)]:
            return self.started
        return self.loaded if self.placed is None else max(self.started, self.placed)


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
    # a service of the host's is started by what puts no files into place
    of_container = f"stat -c %n:%Z {_KOLLA}; grep -H -e '' /proc/self/mountinfo;" if prefix else ""
    text = _read(node, prefix, f"{of_container} grep -Ha -e '' /proc/stat {places}".strip())
    found = parse_processes(text, program)
    return found if found is None or prefix else replace(found, mounts={"/": True})


def _read(node: Runner, prefix: tuple[str, ...], line: str) -> str:
    completed = node.run(*prefix, "sh", "-c", line)
    # processes end while they are looked at, this one's own among them
    if completed.exit_status not in {0, 1, 2}:
        raise CommandFailed(completed)
    return completed.stdout


def parse_processes(text: str, program: str) -> Process | None:
    """The process of that program, of files below /proc with their paths before each line."""
    booted, commands, starts = 0, dict[str, tuple[str, ...]](), list[tuple[float, str]]()
    placed, mounts = None, dict[str, bool]()
    for line in text.splitlines():
        path, _, content = line.partition(":")
        if path == "/proc/stat" and content.startswith("btime "):
            booted = int(content.split()[1])
        elif path == "/proc/self/mountinfo":
            _, _, _, _, place, options, *_ = content.split(" ")
            mounts[place] = "ro" in options.split(",")
        elif path == _KOLLA:
            placed = float(content)
        elif match := re.fullmatch(r"/proc/(\d+)/cmdline", path):
            commands[match[1]] = tuple(content.rstrip("\0").split("\0"))
        elif match := re.fullmatch(r"/proc/(\d+)/task/\d+/stat", path):
            # a command's name may hold anything, also a bracket and a blank
            starts.append((int(content.rpartition(")")[2].split()[19]) / _TICKS, match[1]))
    begun = sorted((start, pid) for start, pid in starts if is_program(commands.get(pid, ()), program))
    if not booted or not begun:
        return None
    started, first = begun[0]
    loaded = begun[1][0] if len(begun) > 1 else started + _LOADING
    return Process(commands[first], booted + started, booted + loaded, placed, mounts)


def is_program(argv: Sequence[str], program: str) -> bool:
    """Whether these are the words of the program itself, and not of what starts it, reads its log or looks for it."""
    words = [word.rpartition("/")[2] for word in argv[:3]]
    return words[:1] == [program] or (program in words[1:] and _PYTHON.fullmatch(argv[0]) is not None)


def values_of(argv: Sequence[str], *options: str) -> Iterator[tuple[str, str]]:
    """Each of these options with its value, in the order of the command line."""
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if name in options:
            yield name, value if equals else next(words, "")

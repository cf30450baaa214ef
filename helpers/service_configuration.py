"""What a service runs with: the files that its process was told to read, and whether they have changed since.

Source: oslo.config, `cfg.py`: find_config_files, find_config_dirs, and the order in which both are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from helpers.config_files import OsloConfig, parse_oslo
from helpers.containers import service_prefix
from helpers.environment import Service
from helpers.processes import Process, find_process
from helpers.remote_files import FileFacts, read_file
from helpers.runner import CommandFailed, Runner


@dataclass(frozen=True)
class RunningConfiguration:
    """A service's configuration as its files say it now; `by_hand` shows them.

    `doubts` say why the service may run with something else, a line each, and `doubts_by_hand` shows that.
    """

    config: OsloConfig
    by_hand: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    doubts_by_hand: tuple[str, ...] = ()


def read_running(node: Runner, service: Service, program: str) -> RunningConfiguration:
    """The configuration of the service whose process is `program`, such as `nova-compute`.

    Where its process was told which files to read, they count, and not those that the environment file names. What the
    service reads by itself besides counts, too: its own file, and folders such as `/etc/nova/nova.conf.d`.

    :raises CommandFailed: no such container, or a file that cannot be read
    """
    prefix = service_prefix(node, service)
    process = find_process(node, program, prefix)
    files = [read_file(node, path, prefix) for path in _paths(node, prefix, process, service, program)]
    config = parse_oslo(*(file.content or "" for file in files if file.exists))
    by_hand = tuple(file.by_hand for file in files)
    if process is None:
        doubt = f"{node.name}: no process of {program} is found, so nobody can tell what it runs with"
        return RunningConfiguration(config, by_hand, (doubt,), (_start_by_hand(node, prefix),))
    newer = [
        file
        for file in files
        if (process.may_not_have_read(file.path, file.changed) if file.exists else file.path in process.config_files)
    ]
    doubts = tuple(
        f"{node.name}: {file.path} was {_what_happened(file)}, after {program} had read it "
        f"({_moment(process.has_read(file.path))}): what it runs with is not known until it is restarted"
        for file in newer
    )
    shown = tuple(node.by_hand(*prefix, "stat", "-L", "-c", "%z %n", file.path) for file in newer)
    return RunningConfiguration(config, by_hand, doubts, (*shown, _start_by_hand(node, prefix)) if newer else ())


def _paths(node: Runner, prefix: tuple[str, ...], process: Process | None, service: Service, program: str) -> list[str]:
    """The files that count, in the order in which they are read; what comes later counts more.

    Defaults first: the project's file and the program's own beside it, unless the process was told of files, and the
    folders that are called as these, unless it was told of folders. Then what it was told, as it was told.
    """
    first = PurePosixPath(service.config[0])
    own = first.with_name(f"{program}.conf")
    certain = (process and process.config_files) or service.config
    sources: list[str] = [] if process and process.config_files else [*service.config, str(own)]
    sources += [] if process and process.config_folders else [f"{first}.d", f"{own}.d"]
    sources += process.config_sources if process else ()
    sought = [source for source in sources if source not in certain]
    look = ("find", "-L", *sought, "-maxdepth", "1", "-type", "f", "-name", "*.conf")
    listed = node.run(*prefix, "env", "LC_ALL=C", *look)
    troubles = [line for line in listed.stderr.splitlines() if not line.endswith("No such file or directory")]
    if listed.exit_status not in {0, 1} or troubles:
        raise CommandFailed(listed)
    found = sorted(listed.stdout.split())
    paths = [path for source in sources for path in ([source] if source in certain else _below(source, found))]
    return list(dict.fromkeys(paths))


def _below(source: str, found: list[str]) -> list[str]:
    """Of the files that were found, a file itself, or those in a folder."""
    return [path for path in found if path == source or str(PurePosixPath(path).parent) == source.rstrip("/")]


def _what_happened(file: FileFacts) -> str:
    return f"changed at {_moment(file.changed)}" if file.exists else "removed"


def _start_by_hand(node: Runner, prefix: tuple[str, ...]) -> str:
    """What shows since when a service runs."""
    if not prefix:
        return node.by_hand("ps", "-eo", "lstart,args")
    engine, *_, container = prefix
    return node.by_hand(engine, "inspect", "--format", "{{.State.StartedAt}} {{.Args}}", container)


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M:%S} UTC"

"""What a service runs with: the files that its process was told to read, and whether they have changed since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

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

    Where its process was told which files to read, they count, and not those that the environment file names.

    :raises CommandFailed: no such container, or a file that cannot be read
    """
    prefix = service_prefix(node, service)
    process = find_process(node, program, prefix)
    files = [read_file(node, path, prefix) for path in _paths(node, prefix, process, service)]
    config = parse_oslo(*(file.content or "" for file in files if file.exists))
    by_hand = tuple(file.by_hand for file in files)
    if process is None:
        doubt = f"{node.name}: no process of {program} is found, so nobody can tell what it runs with"
        return RunningConfiguration(config, by_hand, (doubt,), (_start_by_hand(node, prefix),))
    newer = [
        file
        for file in files
        if (process.is_older_than(file.changed) if file.exists else file.path in process.config_files)
    ]
    doubts = tuple(
        f"{node.name}: {file.path} was {_what_happened(file)}, after {program} had read it "
        f"(by {_moment(process.loaded)}): what it runs with is not known until it is restarted"
        for file in newer
    )
    shown = tuple(node.by_hand(*prefix, "stat", "-L", "-c", "%z %n", file.path) for file in newer)
    return RunningConfiguration(config, by_hand, doubts, (*shown, _start_by_hand(node, prefix)) if newer else ())


def _paths(node: Runner, prefix: tuple[str, ...], process: Process | None, service: Service) -> Iterator[str]:
    if process is None or not (process.config_files or process.config_folders):
        yield from service.config
        return
    yield from process.config_files or service.config
    for folder in process.config_folders:
        listed = node.run(*prefix, "ls", "-1", "--", folder)
        if listed.exit_status != 0:
            raise CommandFailed(listed)
        names = sorted(name for name in listed.stdout.splitlines() if name.endswith(".conf"))
        yield from (f"{folder.rstrip('/')}/{name}" for name in names)


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

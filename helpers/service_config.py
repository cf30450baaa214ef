"""What a service on a node is configured with: the files that its process reads, the later before the earlier.

Sources: oslo.config's `_parse_config_files`, `find_config_files` and `find_config_dirs`; Glance's `wsgi_app`; Kolla's
`/run_command`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from helpers.config_files import BadConfigFile, OsloConfig, parse_oslo
from helpers.containers import find_container
from helpers.engine import CannotTell, StageFailed
from helpers.environment import Services
from helpers.remote import CommandFailed, FileFacts, Runner, read_file


@dataclass(frozen=True)
class Program:
    """A service's program, and the folder below /etc that its files are in.

    `wsgi`: the files that it reads where a web server runs it, which has a command line of its own.
    """

    name: str
    project: str
    wsgi: tuple[str, ...] = ()


#: The environment file's services that oslo.config configures.
PROGRAMS = {
    "glance": Program("glance-api", "glance", ("glance-image-import.conf", "glance-api.conf")),
    "nova_compute": Program("nova-compute", "nova"),
    "cinder_volume": Program("cinder-volume", "cinder"),
}


@dataclass(frozen=True)
class Configuration:
    """What a service is configured with; `by_hand` shows each file that says so."""

    values: OsloConfig
    by_hand: tuple[str, ...]


def read_config(node: Runner, services: Services, name: str) -> Configuration:
    """The configuration of a service on a node: of the environment file's files where it names any, else of its own.

    :param name: as the environment file names it
    :raises NoContainer, CommandFailed: it does not run there, or its files cannot be read
    :raises CannotTell: none of its files is there
    :raises StageFailed: the service itself could not read one of them
    """
    service, program = services[name], PROGRAMS[name]
    prefix: tuple[str, ...] = ()
    if service.container is not None:
        container = find_container(node, service.container)
        prefix = (container.engine, "exec", container.name)
    if service.config == services.usual(name).config:
        sources = sources_of(_arguments(node, prefix, program), program)
    else:
        sources = service.config
    paths = [path for source in sources for path in _files(node, prefix, source)]
    files = [read_file(node, path, prefix) for path in dict.fromkeys(paths)]
    by_hand = tuple(file.by_hand for file in files if file.exists)
    if not by_hand:
        raise CannotTell(_there_is_none(node, name, sources), by_hand=[file.by_hand for file in files])
    return Configuration(_parsed(node, files), by_hand)


def sources_of(arguments: Sequence[str] | None, program: Program) -> tuple[str, ...]:
    """The files and folders (these end in `/`) that the process reads, in their order; those need not be there.

    :param arguments: of its command line; None: a web server runs it
    """
    home = f"/etc/{program.project}"
    folders = [f"{home}/{program.project}.conf.d/", f"{home}/{program.name}.conf.d/"]
    usual = [f"{home}/{program.project}.conf", f"{home}/{program.name}.conf"]
    if arguments is None:
        return (*([f"{home}/{file}" for file in program.wsgi] or usual), *folders)
    named = list(_named(arguments))
    given = [path.rstrip("/") + "/" if option == "--config-dir" else path for option, path in named]
    options = {option for option, _ in named}
    # what is not named is where oslo.config looks by itself, and goes after what is
    return (
        *(usual if "--config-file" not in options else ()),
        *(folders if "--config-dir" not in options else ()),
        *given,
    )


def _named(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    words = iter(arguments)
    for word in words:
        option, equals, value = word.partition("=")
        if option in {"--config-file", "--config-dir"}:
            yield option, value if equals else next(words, "")


def _arguments(node: Runner, prefix: tuple[str, ...], program: Program) -> list[str] | None:
    """What stands after the program in its process's command line; None where there is no such process."""
    seen = node.run(*prefix, "ps", "-ww", "-eo", "args=")
    if seen.exit_status == 0:
        return _of_program((line.split() for line in seen.stdout.splitlines()), program)
    # an image without ps; Kolla's start from this file
    command = read_file(node, "/run_command", prefix) if prefix else None
    return _of_program([shlex.split(command.content or "")], program) if command else None


def _of_program(lines: Iterable[list[str]], program: Program) -> list[str] | None:
    for words in lines:
        for position, word in enumerate(words):
            if word.startswith("--"):
                break
            if PurePosixPath(word).name == program.name:
                return words[position + 1 :]
    return None


def _files(node: Runner, prefix: tuple[str, ...], source: str) -> list[str]:
    """The file itself; of a folder the files that oslo.config reads there, in their order."""
    if not source.endswith("/"):
        return [source]
    seen = node.run(*prefix, "env", "LC_ALL=C", "ls", "-1", "--", source)
    if seen.exit_status != 0:
        if seen.stderr.strip().endswith(("No such file or directory", "Not a directory")):
            return []
        raise CommandFailed(seen)
    names = sorted(name for name in seen.stdout.splitlines() if name.endswith(".conf") and not name.startswith("."))
    return [source + name for name in names]


def _parsed(node: Runner, files: Sequence[FileFacts]) -> OsloConfig:
    for file in files:
        try:
            parse_oslo(file.content or "")
        except BadConfigFile as error:
            raise StageFailed(
                f"{node.name}: {file.path}\nexpected: a file that oslo.config can read\nseen:     {error}",
                by_hand=(file.by_hand,),
            ) from error
    return parse_oslo(*(file.content or "" for file in files))


def _there_is_none(node: Runner, name: str, sources: Iterable[str]) -> str:
    return f"{node.name}: no configuration of {name} is where it would be read: {', '.join(sources)}"

"""What a service on a node runs with: the files that its process reads, and whether they have changed since.

Sources: oslo.config's `_parse_config_files`, `find_config_files` and `find_config_dirs`; Glance's `wsgi_app`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from helpers.environment import Services
from helpers.nodes.config_files import BadConfigFile, OsloConfig, parse_oslo
from helpers.nodes.containers import service_prefix
from helpers.nodes.node import CommandFailed, FileFacts, Runner, read_file
from helpers.nodes.processes import find_process, values_of
from helpers.outcomes import Failed, Unknown


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
    "glance_internal": Program("glance-api", "glance", ("glance-image-import.conf", "glance-api.conf")),
    "nova_compute": Program("nova-compute", "nova"),
    "cinder_volume": Program("cinder-volume", "cinder"),
}


@dataclass(frozen=True)
class Configuration:
    """A service's configuration as its files say it now; `reproduce` shows each file that says so.

    `prefix` is what leads to where they are, such as `podman exec glance_api`. `doubts` say why the service may run
    with something else, a line each, and `doubt_commands` shows that.
    """

    values: OsloConfig
    reproduce: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    doubt_commands: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()


def read_config(node: Runner, services: Services, name: str) -> Configuration:
    """The configuration of a service on a node.

    It is read from the files that its process was told to read; else from those that the environment file names; else
    from where the service looks by itself.

    :param name: as the environment file names it
    :raises NoContainer, CommandFailed: it does not run there, or its files cannot be read
    :raises Unknown: none of its files is there
    :raises Failed: the service itself could not read one of them
    """
    service, program = services[name], PROGRAMS[name]
    prefix = service_prefix(node, service)
    process = find_process(node, program.name, prefix)
    arguments = process.arguments(program.name) if process else None
    named = process is not None and (process.config_files or process.config_folders)
    chosen = service.config != services.usual(name).config
    sources = service.config if chosen and not named else sources_of(arguments, program)
    told = set(process.config_files) if process else set()
    paths = [path for source in sources for path in _files(node, prefix, source)]
    files = [read_file(node, path, prefix) for path in dict.fromkeys(paths)]
    reproduce = tuple(file.reproduce for file in files if file.exists)
    if not reproduce:
        raise Unknown(_there_is_none(node, name, sources), reproduce=[file.reproduce for file in files])
    values = _parsed(node, files)
    if process is None:
        return Configuration(values, reproduce, *_unfound(node, prefix, program), prefix)
    newer = [
        file
        for file in files
        if (process.may_not_have_read(file.path, file.changed) if file.exists else file.path in told)
    ]
    doubts = tuple(
        f"{node.name}: {file.path} was {_what_happened(file)}, after {program.name} had read it "
        f"({_moment(process.has_read(file.path))}): what it runs with is not known until it is restarted"
        for file in newer
    )
    shown = tuple(node.command(*prefix, "stat", "-L", "-c", "%z %n", file.path) for file in newer)
    commands = (*shown, _start_command(node, prefix)) if newer else ()
    return Configuration(values, reproduce, doubts, commands, prefix)


def sources_of(arguments: Sequence[str] | None, program: Program) -> tuple[str, ...]:
    """The files and folders (these end in `/`) that the process reads, in their order; those need not be there.

    :param arguments: of its command line; None: a web server runs it
    """
    home = f"/etc/{program.project}"
    folders = [f"{home}/{program.project}.conf.d/", f"{home}/{program.name}.conf.d/"]
    usual = [f"{home}/{program.project}.conf", f"{home}/{program.name}.conf"]
    if arguments is None:
        return (*([f"{home}/{file}" for file in program.wsgi] or usual), *folders)
    named = list(values_of(arguments, "--config-file", "--config-dir"))
    given = [path.rstrip("/") + "/" if option == "--config-dir" else path for option, path in named]
    options = {option for option, _ in named}
    # what is not named is where oslo.config looks by itself, and goes after what is
    return (
        *(usual if "--config-file" not in options else ()),
        *(folders if "--config-dir" not in options else ()),
        *given,
    )


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
            raise Failed(
                f"{node.name}: {file.path}\nexpected: a file that oslo.config can read\nseen:     {error}",
                reproduce=(file.reproduce,),
            ) from error
    return parse_oslo(*(file.content or "" for file in files))


def _there_is_none(node: Runner, name: str, sources: Iterable[str]) -> str:
    return f"{node.name}: no configuration of {name} is where it would be read: {', '.join(sources)}"


def _unfound(node: Runner, prefix: tuple[str, ...], program: Program) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is in doubt where no such process is found; nothing, where a web server may run the program."""
    if program.wsgi:
        return (), ()
    doubt = f"{node.name}: no process of {program.name} is found, so nobody can tell what it runs with"
    return (doubt,), (_start_command(node, prefix),)


def _what_happened(file: FileFacts) -> str:
    return f"changed at {_moment(file.changed)}" if file.exists else "removed"


def _start_command(node: Runner, prefix: tuple[str, ...]) -> str:
    """What shows since when a service runs."""
    if not prefix:
        return node.command("ps", "-eo", "lstart,args")
    engine, *_, container = prefix
    return node.command(engine, "inspect", "--format", "{{.State.StartedAt}} {{.Args}}", container)


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M:%S} UTC"

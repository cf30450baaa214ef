"""What the services' own logs say of a failure: the lines that name what it names, and those of the same requests.

The logs are read where TripleO puts them, on the nodes of the failure's sites and of central, by `grep`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from helpers.environment import SERVICE_OF_ROLE, Environment, NodeSpec
from helpers.redact import redact
from helpers.runner import DeadlinePassed, Runner, Unreachable

_DEADLINE = 20.0
#: Lines that are taken of one log, and shown of it.
_MOST, _SHOWN, _LONGEST = 2000, 4, 300
_NODES_AT_A_TIME = 16

_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_REQUEST = re.compile(r"\breq-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_CONTEXT = re.compile(r"\[(?:None )?req-[^]]*\] ?")
_WORSE = {"WARNING", "ERROR", "CRITICAL"}
_TIME = len("2026-11-26 14:27:26.274")
_LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b")
#: Lines that only tell of a request, go on with a traceback, or warn those who write such services.
_NOISE = re.compile(
    r'"(?:GET|HEAD|POST|PUT|PATCH|DELETE) /'
    r"|Deprecat|Using RPCClient manually"
    r"| (?:ERROR|TRACE) \S+ (?:\[instance: \S+\] ?)?(?:Traceback|\s|$)"
)


@dataclass(frozen=True)
class LogTail:
    """The last lines of a node's log that belong to a failure, oldest first."""

    node: str
    path: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Read:
    """What one log has of all failures."""

    node: NodeSpec
    path: str
    lines: tuple[str, ...]


def ids_in(*texts: str) -> frozenset[str]:
    """The UUIDs that the texts name: of images, servers, volumes, requests."""
    return frozenset(found for text in texts for found in _ID.findall(text))


class ServiceLogs:
    """The services' logs, read once for all failures of a run.

    :param nodes: node name → what runs commands there; a node or log that cannot be read has nothing to say
    :param failures: the sites and the ids of each failure
    """

    def __init__(
        self,
        environment: Environment,
        nodes: Mapping[str, Runner],
        failures: Iterable[tuple[Collection[str], Collection[str]]],
    ) -> None:
        self._central = environment.central.name
        failures = [(sites, ids) for sites, ids in failures if ids]
        wanted = frozenset(one for _, ids in failures for one in ids)
        sites = {site for sites, _ in failures for site in sites} | {self._central}
        self._read: list[_Read] = []
        if not wanted:
            return
        asked = [spec for spec in environment.nodes if spec.site in sites and spec.name in nodes]

        def grep(ids: Collection[str]) -> list[_Read]:
            with ThreadPoolExecutor(max_workers=_NODES_AT_A_TIME) as pool:
                found = pool.map(lambda spec: _grep(nodes[spec.name], spec, _paths(environment, spec), ids), asked)
                return [log for logs in found for log in logs]

        # what a scheduler says of a request does not name the server that it is for
        self._read = grep(wanted | _requests(line for log in grep(wanted) for line in log.lines))

    def of(self, sites: Collection[str], ids: Collection[str]) -> tuple[LogTail, ...]:
        """What the logs of these sites, and central's, have of these ids.

        Warnings and errors, or else all that they tell; but a scheduler finds no host without a warning.
        """
        here = [log for log in self._read if log.node.site in {*sites, self._central}]
        named = (line for log in here for line in log.lines if any(one in line for one in ids))
        all_ids = {*ids, *_requests(named)}
        told = [
            (log, [line for line in log.lines if any(one in line for one in all_ids) and _is_worth_it(line)])
            for log in here
        ]
        worse = any(_level(line) in _WORSE for _, lines in told for line in lines)
        tails = (
            (log, [line for line in lines if not worse or _level(line) in _WORSE or "scheduler" in log.path])
            for log, lines in told
        )
        return tuple(LogTail(log.node.name, log.path, _plain(lines)) for log, lines in tails if lines)


def _requests(lines: Iterable[str]) -> frozenset[str]:
    """The ids of the requests that the lines are about; those that only look (the run's own, mostly) are not among."""
    return frozenset(request for line in lines if not _NOISE.search(line) for request in _REQUEST.findall(line))


def _paths(environment: Environment, spec: NodeSpec) -> Iterator[str]:
    for role in spec.roles:
        if role in SERVICE_OF_ROLE:
            yield from environment.services[SERVICE_OF_ROLE[role]].logs


def _grep(runner: Runner, spec: NodeSpec, paths: Iterable[str], ids: Collection[str]) -> list[_Read]:
    patterns = tuple(word for one in sorted(ids) for word in ("-e", one))
    read = []
    for path in paths:
        try:
            found = runner.run("grep", "-F", "-m", str(_MOST), *patterns, "--", path, deadline=_DEADLINE)
        except (Unreachable, DeadlinePassed):
            break
        if found.stdout:
            read.append(_Read(spec, path, tuple(found.stdout.splitlines())))
    return read


def _is_worth_it(line: str) -> bool:
    return _level(line) in {"INFO", *_WORSE} and not _NOISE.search(line)


def _level(line: str) -> str:
    found = _LEVEL.search(line)
    return found[1] if found else ""


def _plain(lines: Iterable[str]) -> tuple[str, ...]:
    """The last of the lines, without what only machines read, and each thing that is said once."""
    short = (redact(_CONTEXT.sub("", line.strip()))[:_LONGEST] for line in lines)
    said = {line[_TIME:]: line for line in short}
    return tuple(said.values())[-_SHOWN:]

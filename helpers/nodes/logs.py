"""What the services' own logs say of a failure: the lines that name what it names, those of the same requests, and what
ails a service that answered with an error, or not at all.

The logs are read where TripleO puts them, on the nodes of the failure's sites and of central. What is older than the
run is not its matter.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from helpers.environment import SERVICE_OF_ROLE, Environment, NodeSpec
from helpers.environment.values import UUID
from helpers.nodes import log_lines
from helpers.nodes.concerns import Concern
from helpers.nodes.log_lines import Clock
from helpers.nodes.runner import DeadlinePassed, Runner, Unreachable

_DEADLINE = 20.0
#: Lines that are taken of one log: of those that name something, and of its end.
_MOST, _END = 2000, 3000
_NODES_AT_A_TIME = 16
_UNDATED = "the node's clock could not be read, so that these lines may be older than the run"

Command = Callable[[str], tuple[str, ...]]
_REQUEST = re.compile(rf"\breq-{UUID}\b")


@dataclass(frozen=True)
class LogTail:
    """The last lines of a node's log that belong to a failure, oldest first; `note` says what is doubtful of them."""

    node: str
    path: str
    lines: tuple[str, ...]
    note: str = ""

    def __str__(self) -> str:
        return f"{self.node}, {self.path}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True)
class _Read:
    """What one log has of all failures: the lines that name something, or the end of it."""

    node: NodeSpec
    path: str
    lines: tuple[str, ...]
    note: str = ""


class ServiceLogs:
    """The services' logs, read once for all failures of a run.

    :param nodes: node name → what runs commands there; a node or log that cannot be read has nothing to say
    :param started: when the run began, in seconds since the epoch
    """

    def __init__(
        self, environment: Environment, nodes: Mapping[str, Runner], concerns: Iterable[Concern], started: float
    ) -> None:
        self._environment, self._nodes, self._started = environment, nodes, started
        self._central = environment.central.name
        self._clocks: dict[str, Clock | None] = {}
        concerns = list(concerns)
        naming = [concern for concern in concerns if concern.ids]
        wanted = frozenset(one for concern in naming for one in concern.ids)
        sites = {site for concern in naming for site in concern.sites} | {self._central}
        self._named: list[_Read] = []
        if wanted:
            asked = [(spec, path) for spec in self._specs(sites) for path in _paths(environment, spec)]
            # what a scheduler says of a request does not name the server that it is for
            self._named = self._read(asked, _grep(wanted | _requests(self._read(asked, _grep(wanted)))))
        services = frozenset(one for concern in concerns for one in concern.services)
        ends = {
            (spec, path)
            for site, service in services
            for spec in self._specs({site})
            if service in {SERVICE_OF_ROLE.get(role) for role in spec.roles}
            for path in environment.site(site).services[service].logs
        }
        self._ends = self._read(sorted(ends, key=str), _end)

    def of(self, concern: Concern) -> tuple[LogTail, ...]:
        """What the logs of these sites, and central's, have of it: warnings and errors, or else all that they tell."""
        found: dict[tuple[str, str], _Read] = {}
        for log in (*self._about(concern), *self._troubles(concern)):
            before = found.get((log.node.name, log.path))
            found[log.node.name, log.path] = replace(log, lines=(*before.lines, *log.lines)) if before else log
        tails = (LogTail(log.node.name, log.path, log_lines.plain(log.lines), log.note) for log in found.values())
        return tuple(tail for tail in tails if tail.lines)

    def _about(self, concern: Concern) -> list[_Read]:
        """The lines that name what it names, and those of the same requests; but a scheduler warns of nothing."""
        here = [log for log in self._named if log.node.site in {*concern.sites, self._central}]
        named = [replace(log, lines=_naming(log.lines, concern.ids)) for log in here]
        ids = {*concern.ids, *_requests(named)}
        told = [
            replace(log, lines=tuple(line for line in _naming(log.lines, ids) if log_lines.is_worth_it(line)))
            for log in here
        ]
        if not any(log_lines.is_worse(line) for log in told for line in log.lines):
            return told
        return [
            log if "scheduler" in log.path else replace(log, lines=tuple(filter(log_lines.is_worse, log.lines)))
            for log in told
        ]

    def _troubles(self, concern: Concern) -> Iterator[_Read]:
        for site, service in sorted(concern.services):
            for log in self._ends:
                if log.node.site == site and log.path in self._environment.site(site).services[service].logs:
                    yield replace(log, lines=tuple(log_lines.troubles(log.lines)))

    def _specs(self, sites: Collection[str]) -> list[NodeSpec]:
        return [spec for spec in self._environment.nodes if spec.site in sites and spec.name in self._nodes]

    def _read(self, asked: Iterable[tuple[NodeSpec, str]], command: Command) -> list[_Read]:
        """The logs, side by side, each without what is older than the run."""
        by_node: dict[NodeSpec, list[str]] = {}
        for spec, path in asked:
            by_node.setdefault(spec, []).append(path)
        with ThreadPoolExecutor(max_workers=_NODES_AT_A_TIME) as pool:
            found = pool.map(lambda spec: self._read_node(spec, by_node[spec], command), by_node)
            return [log for logs in found for log in logs]

    def _read_node(self, spec: NodeSpec, paths: Iterable[str], command: Command) -> list[_Read]:
        runner = self._nodes[spec.name]
        read: list[_Read] = []
        for path in paths:
            try:
                seen = runner.run(*command(path), deadline=_DEADLINE)
            except (Unreachable, DeadlinePassed):
                break
            if seen.exit_status == 0 and seen.stdout:
                read.append(_Read(spec, path, tuple(seen.stdout.splitlines())))
        if read and spec.name not in self._clocks:
            self._clocks[spec.name] = _clock(runner)
        clock = self._clocks.get(spec.name)
        if clock is None:
            return [replace(log, note=_UNDATED) for log in read]
        return [replace(log, lines=tuple(log_lines.since(log.lines, self._started, clock))) for log in read]


def _clock(runner: Runner) -> Clock | None:
    asked = time.time()
    try:
        said = runner.run("date", "+%s %z", deadline=_DEADLINE)
    except (Unreachable, DeadlinePassed):
        return None
    return Clock.parse(said.stdout, (asked + time.time()) / 2) if said.exit_status == 0 else None


def _grep(words: Collection[str]) -> Command:
    patterns = tuple(part for word in sorted(words) for part in ("-e", word))
    return lambda path: ("grep", "-F", "-m", str(_MOST), *patterns, "--", path)


def _end(path: str) -> tuple[str, ...]:
    return ("tail", "-n", str(_END), "--", path)


def _paths(environment: Environment, spec: NodeSpec) -> Iterator[str]:
    for role in spec.roles:
        if role in SERVICE_OF_ROLE:
            yield from environment.site(spec.site).services[SERVICE_OF_ROLE[role]].logs


def _naming(lines: Iterable[str], words: Collection[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if any(word in line for word in words))


def _requests(logs: Iterable[_Read]) -> frozenset[str]:
    """The ids of the requests that the lines are about; those that only look (the run's own, mostly) are not among."""
    lines = (line for log in logs for line in log.lines if not log_lines.is_noise(line))
    return frozenset(request for line in lines for request in _REQUEST.findall(line))

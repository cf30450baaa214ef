"""Lines of services' logs: when they were written, how bad they are, and the words that a person needs of them.

Source: oslo.log's `logging_context_format_string` and `logging_exception_prefix`; Podman's log driver k8s-file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from helpers.redact import redact

_SHOWN, _LONGEST = 4, 300
#: Seconds by which what is written at the run's very beginning may seem to be older.
_MARGIN = 1.0

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)? ?")
_STREAM = re.compile(r"(?:stdout|stderr) [FP] ")
_CONTEXT = re.compile(r"\[(?:None )?(?:req-[^]]*|-(?: -)*)\] ?")
_LEVEL = re.compile(r"\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b")
_BODY = re.compile(r"(?:\d+ )?(?:TRACE|ERROR|CRITICAL) \S+ ?(?:\[instance: \S+\] ?)?(?:\[[^]]*\] ?)?")
_WORSE = {"WARNING", "ERROR", "CRITICAL"}
#: Lines that only tell of a request, go on with a traceback, or warn those who write such services.
_NOISE = re.compile(
    r'"(?:GET|HEAD|POST|PUT|PATCH|DELETE) /'
    r"|Deprecat|Using RPCClient manually"
    r"| (?:ERROR|TRACE) \S+ (?:\[instance: \S+\] ?)?(?:Traceback|\s|$)"
)


@dataclass(frozen=True)
class Clock:
    """A node's clock: how many seconds it is ahead of this machine's, and its zone's distance to UTC in seconds."""

    ahead: float
    zone: int

    @classmethod
    def parse(cls, said: str, here: float) -> Clock | None:
        """Of what `date '+%s %z'` says at the moment `here`, in seconds since the epoch; None: it is no such answer."""
        match = re.fullmatch(r"(\d+) ([+-]\d{4})\s*", said)
        return cls(int(match[1]) - here, _distance(match[2])) if match else None

    def moment(self, line: str) -> float | None:
        """When the line was written, by this machine's clock; None where it does not say."""
        match = _TIME.match(line)
        if match is None:
            return None
        written = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=UTC).timestamp()
        return written - (_distance(match[3]) if match[3] else self.zone) - self.ahead


def _distance(zone: str) -> int:
    if zone == "Z":
        return 0
    sign, digits = (-1 if zone[0] == "-" else 1), zone[1:].replace(":", "")
    return sign * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


def since(lines: Iterable[str], started: float, clock: Clock) -> Iterator[str]:
    """The lines that were written after that moment; one without a time goes with the one before it."""
    recent = False
    for line in lines:
        moment = clock.moment(line)
        if moment is not None:
            recent = moment >= started - _MARGIN
        if recent:
            yield line


def is_worse(line: str) -> bool:
    """Whether it is a warning or an error."""
    return _level(line) in _WORSE


def is_worth_it(line: str) -> bool:
    """Whether it says something to those who run the service."""
    return _level(line) in {"INFO", *_WORSE} and not _NOISE.search(line)


def is_noise(line: str) -> bool:
    return bool(_NOISE.search(line))


def troubles(lines: Iterable[str]) -> Iterator[str]:
    """What ails the service by its own words: its errors, and of each traceback the last line, which has the reason."""
    within = False
    for line in lines:
        words = _BODY.sub("", _STREAM.sub("", _TIME.sub("", line)), count=1)
        if words.startswith("Traceback (most recent call last)"):
            within = True
        elif within and (not words.strip() or words[0].isspace()):
            continue
        elif within:
            within = False
            yield line
        elif _level(line) in {"ERROR", "CRITICAL"} and not _NOISE.search(line):
            yield line


def plain(lines: Iterable[str]) -> tuple[str, ...]:
    """The last of the lines, without what only machines read, and each thing that is said once."""
    short = (redact(_CONTEXT.sub("", line.strip()))[:_LONGEST] for line in lines)
    said = {_TIME.sub("", line): line for line in short}
    return tuple(said.values())[-_SHOWN:]


def _level(line: str) -> str:
    found = _LEVEL.search(line)
    return found[1] if found else ""

"""What a check of deployment files reports: the place, what is there, what is expected, and the file that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from helpers.redact import redact

_LONGEST = 160


@dataclass(frozen=True, order=True)
class Place:
    """A key in a file: path relative to the folder that was read, and line counted from 1 (0: the whole file)."""

    file: str
    line: int = 0
    key: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where} {self.key}".rstrip()


@dataclass(frozen=True, order=True, repr=False)
class Finding:
    """One mistake. `seen` and `expected` are safe to print. `other` is the place that it contradicts."""

    place: Place
    seen: str
    expected: str
    other: Place | None = field(default=None)

    def __str__(self) -> str:
        lines = [str(self.place), f"  stands there: {self.seen}", f"  should be:    {self.expected}"]
        if self.other is not None:
            lines.append(f"  compare:      {self.other}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<finding at {self.place}>"


class NotGiven(Exception):
    """The files that this check compares are missing. The message names them."""


class FoundElsewhere(Exception):
    """The finding of another check prevents this check. The message names it."""


class AdviceWarning(UserWarning):
    """A setting that deploys, but may not have the expected effect. It is a warning, not a failure."""


def listing(findings: Iterable[Finding]) -> str:
    """All findings, as the message of a failed test."""
    found = list(findings)
    return "\n".join([f"{len(found)} finding{'s' if len(found) != 1 else ''}:", *map(str, found)])


def printable(text: str) -> str:
    """A text from a file, made safe for a message: secrets hidden, on one line, at most 160 characters."""
    shown = redact(" ".join(text.split()))
    shown = "".join(character if character.isprintable() else "\ufffd" for character in shown)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}… ({len(text)} characters)"

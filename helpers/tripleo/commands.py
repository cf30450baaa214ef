"""The environment files that a stack is deployed with, and their order, as far as scripts beside them tell.

If two environments set a parameter, the one given later to `openstack overcloud deploy` decides.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)=(\S*)")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
#: A prefix of a path that is not part of the given folder.
_HOME = re.compile(r"^(~|\$\{?HOME\}?|/home/\w+|/root)/")


@dataclass(frozen=True)
class Command:
    """One `openstack overcloud deploy` in a script: the stack, and its environment files as written there."""

    script: str
    stack: str
    environments: tuple[str, ...]

    def order(self, files: Iterable[str]) -> dict[str, int]:
        """The position of each of these files that the command names."""
        places = {file: self._position(file) for file in files}
        return {file: place for file, place in places.items() if place is not None}

    def _position(self, file: str) -> int | None:
        path = PurePosixPath(file)
        folder = PurePosixPath(self.script).parent
        for i, written in reversed([*enumerate(self.environments)]):
            home = _HOME.sub("", written)
            named = PurePosixPath(home) if home != written or written.startswith("/") else _joined(folder, written)
            if path == named or (path.name == named.name and _ends(path, named)):
                return i
        return None


def _joined(folder: PurePosixPath, written: str) -> PurePosixPath:
    parts = list(folder.parts)
    for part in PurePosixPath(written).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return PurePosixPath(*parts)


def _ends(path: PurePosixPath, named: PurePosixPath) -> bool:
    """Whether one path is the end of the other. The given folder may be above or below the home directory."""
    shorter, longer = sorted((path.parts, named.parts), key=len)
    return len(shorter) > 1 and longer[-len(shorter) :] == shorter


def commands(script: str, text: str) -> Iterator[Command]:
    """The deploy commands in a shell script."""
    variables: dict[str, str] = {}
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        words = _words(_VARIABLE.sub(lambda found: variables.get(found[1], found[0]), line))
        if words and (assigned := _ASSIGNMENT.fullmatch(" ".join(words))):
            variables[assigned[1]] = assigned[2]
        if "overcloud" in words and "deploy" in words[words.index("overcloud") :]:
            yield Command(
                script, next(_values(words, "--stack"), "overcloud"), tuple(_values(words, "-e", "--environment-file"))
            )


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # a quote that continues on another line is not part of a deploy command
        return []


def _values(words: list[str], *options: str) -> Iterator[str]:
    for i, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in options and equals:
            yield value
        elif word in options and i + 1 < len(words):
            yield words[i + 1]

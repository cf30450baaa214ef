"""The lines of an ssh_config file and their words, without quotes, escapes and comments.

Source: ssh_config(5), and OpenSSH's misc.c where the manual is not precise.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from helpers.ssh.answer import BadSshConfig

_LINE = re.compile(r'(?P<keyword>[^\s"=]+)(?:[ \t\r]*=[ \t\r]*|[ \t\r]+)(?P<rest>[^=].*)', re.DOTALL)
_CRITERION = re.compile(r'(?:[ \t]+|=)?(?:(?P<comment>#.*)|"(?P<quoted>[^"]*)"|(?P<plain>[^\s"=]++)(?!"))', re.DOTALL)


@dataclass(frozen=True)
class Line:
    """A line with content, and its place. `keyword` is in lower case, `rest` is everything that follows it."""

    path: Path
    number: int
    keyword: str
    rest: str

    def refuse(self, problem: str) -> NoReturn:
        """Raise BadSshConfig for this line."""
        raise BadSshConfig(f"{self.path} line {self.number}: {problem}")

    def words(self) -> list[str]:
        """The words after the keyword."""
        found: list[str] = []
        word: str | None = None
        quote, escaped = "", False
        for char, following in zip(self.rest, self.rest[1:] + "\0", strict=True):
            if escaped:
                word, escaped = (word or "") + char, False
            elif char == "\\" and (following in "'\"\\" or (following == " " and not quote)):
                escaped = True
            elif quote and char != quote:
                word = (word or "") + char
            elif char in "'\"":
                word, quote = word or "", "" if quote else char
            elif char in " \t":
                found += [] if word is None else [word]
                word = None
            elif char == "#" and word is None:
                break
            else:
                word = (word or "") + char
        if quote:
            self.refuse("a quote is not closed")
        return found if word is None else [*found, word]

    def criteria(self) -> list[str]:
        """The words of a Match line: `host=a user b` is read as `host a user b`."""
        found: list[str] = []
        position = 0
        while position < len(self.rest):
            match = _CRITERION.match(self.rest, position)
            if match is None:
                self.refuse("its quotes are not understood")
            if match["comment"]:
                break
            found.append(match["plain"] or match["quoted"])
            position = match.end()
        return found

    def hosts(self) -> str:
        """The hosts of a ProxyJump, which are one word however they are written."""
        value = self.rest.partition("#")[0].rstrip()
        if not value:
            self.refuse("ProxyJump names no host")
        return value


def lines(path: Path) -> list[Line]:
    """Return the lines of a file, without empty lines and comments. A directory has none. Raises BadSshConfig."""
    try:
        content = path.read_bytes()
    except IsADirectoryError:
        return []
    except OSError as error:
        raise BadSshConfig(f"{path}: {(error.strerror or str(error)).lower()}") from error
    if b"\0" in content:
        raise BadSshConfig(f"{path}: is not a text file")
    found = []
    for number, text in enumerate(os.fsdecode(content).split("\n"), 1):
        stripped = text.strip(" \t\r\f")
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            raise BadSshConfig(f"{path} line {number}: is not a keyword and its value")
        found.append(Line(path, number, match["keyword"].lower(), match["rest"]))
    return found

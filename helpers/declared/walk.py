"""The files below a folder that may be part of a declaration, within limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.tripleo.loader import MAX_BYTES

MAX_NAMES = 200_000
MAX_DEPTH = 16
HEAD = 1024**2
_FOREIGN = frozenset({"node_modules", "__pycache__", "site-packages", "dist-packages", "venv"})


@dataclass(frozen=True)
class Found:
    """A file: its path, and its name in findings, relative to the folder and on one line."""

    path: Path
    name: str

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.name.split("/"))

    def head(self) -> bytes:
        """Its first MiB; empty if it cannot be read."""
        try:
            with self.path.open("rb") as stream:
                return stream.read(HEAD)
        except OSError:
            return b""

    def text(self) -> str | None:
        """Its content, or None: it cannot be read, is binary, or is too large to be a configuration."""
        try:
            if self.path.stat().st_size > MAX_BYTES:
                return None
            return self.path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return None


def files(folder: Path) -> Iterator[Found]:
    """Every regular file below a folder; not hidden ones, those of links to folders, and third-party packages."""
    names = 0
    for where, folders, here in os.walk(folder):
        depth = len(Path(where).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _FOREIGN)
        if depth >= MAX_DEPTH:
            folders.clear()
        names += len(here) + len(folders)
        if names > MAX_NAMES:
            return
        for name in sorted(here):
            path = Path(where, name)
            if not name.startswith((".", "#")) and not name.endswith(("~", ".bak", ".orig", ".swp")) and path.is_file():
                yield Found(path, _shown(path.relative_to(folder)))


def _shown(path: Path) -> str:
    name = os.fsencode(path.as_posix()).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in name)

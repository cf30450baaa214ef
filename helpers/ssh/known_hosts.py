"""Files of known host keys. Lines that cannot be parsed are ignored, as OpenSSH does.

Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.ssh.blob import public_key
from helpers.ssh.patterns import in_list

_MARKERS = ("", "@revoked", "@cert-authority")


@dataclass(frozen=True)
class KnownKey:
    """One line of a file: its marker (`@revoked`, `@cert-authority` or empty) and its key."""

    file: Path
    line: int
    marker: str
    kind: str
    blob: bytes


class KnownHosts:
    """The known host keys in several files. A file that does not exist has none."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._contents: dict[Path, list[str]] = {}
        self._problems: dict[Path, str] = {}
        for file in files:
            try:
                content = file.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                self._problems[file] = (error.strerror or str(error)).lower()
                content = b""
            self._contents[file] = [line.decode(errors="replace").strip() for line in content.split(b"\n")]

    def about(self, name: str) -> tuple[KnownKey, ...]:
        """The keys that are known for a host. `name` is `host` or `[host]:port`."""
        return tuple(self._keys(lambda names: _is_about(names, name)))

    def described(self) -> list[str]:
        """The files that exist, each with the reason if none of its lines can be used."""
        used = {key.file for key in self._keys(lambda names: True)}
        for file in self._contents.keys() - used - self._problems.keys():
            if any(line and not line.startswith("#") for line in self._contents[file]):
                self._problems[file] = "no line of it is a host key"
        return [f"{file} ({self._problems[file]})" if file in self._problems else str(file) for file in self._contents]

    def _keys(self, wanted: Callable[[str], bool]) -> Iterator[KnownKey]:
        for file, lines in self._contents.items():
            for number, line in enumerate(lines, 1):
                words = line.split(None, 4)
                marker = words.pop(0) if line.startswith("@") else ""
                if marker not in _MARKERS or line.startswith("#") or len(words) < 3 or not wanted(words[0]):
                    continue
                blob = public_key(*words[1:3])
                if blob is not None:
                    yield KnownKey(file, number, marker, words[1], blob)


def _is_about(names: str, name: str) -> bool:
    if not names.startswith("|1|"):
        return in_list(name.lower(), names.lower())
    try:
        salt, expected = (base64.b64decode(part, validate=True) for part in names[3:].split("|"))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.digest(salt, name.encode(), "sha1"), expected)

"""Mistakes in healthy files: one value is replaced, also within a Secret."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml


def in_text(folder: Path, file: str, old: str, new: str, after: str = "") -> None:
    """Replace the first `old` after a text."""
    path = folder / file
    text = path.read_text()
    start = text.index(after) + len(after) if after else 0
    assert old in text[start:], f"{file} has no {old!r}"
    path.write_text(text[:start] + text[start:].replace(old, new, 1))


def in_secret(folder: Path, file: str, secret: str, member: str, edit: Callable[[str], str]) -> None:
    """Change a member of a Secret in a file with several documents."""
    path = folder / file
    documents = list(yaml.safe_load_all(path.read_text()))
    (found,) = [one for one in documents if one["kind"] == "Secret" and one["metadata"]["name"] == secret]
    before = base64.b64decode(found["data"][member]).decode()
    after = edit(before)
    assert before != after
    found["data"][member] = base64.b64encode(after.encode()).decode()
    path.write_text(yaml.safe_dump_all(documents, sort_keys=False, width=200))


def replacing(old: str, new: str) -> Callable[[str], str]:
    return lambda text: re.sub(re.escape(old), lambda _: new, text)


@dataclass(frozen=True)
class Mistake:
    """One mistake. `check` at `site` must find it, with the text `says`."""

    name: str
    make: Callable[[Path], object]
    check: str
    site: str
    says: tuple[str, ...]

"""The packages that the project runs with, and their licences: `<!-- dependencies -->` in the page becomes a table.

Versions come from `requirements.lock`, licences from the metadata of the installed packages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

PAGE = "reference/dependencies.md"
LOCK = Path("requirements.lock")
_MARKER = "<!-- dependencies -->"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_CLASSIFIER = "License :: OSI Approved :: "


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """MkDocs calls this for each page."""
    return markdown.replace(_MARKER, "\n".join(_table())) if page.file.src_uri == PAGE else markdown


def pinned() -> dict[str, str]:
    """Package → version, from the lock file."""
    return dict(_PINNED.findall(LOCK.read_text(encoding="utf-8")))


def licence(package: str) -> str:
    """The licence of an installed package, as its metadata states it (PEP 639, classifiers, or free text)."""
    of = metadata.metadata(package)
    if stated := of.get("License-Expression"):
        return str(stated)
    classified = [line.removeprefix(_CLASSIFIER) for line in of.get_all("Classifier") or () if _CLASSIFIER in line]
    return ", ".join(classified) or str(of.get("License") or "")


def _table() -> Iterator[str]:
    yield "| package | version | licence |\n|---|---|---|"
    for package, version in sorted(pinned().items(), key=lambda one: one[0].lower()):
        yield f"| [{package}](https://pypi.org/project/{package}/) | {version} | {licence(package)} |"

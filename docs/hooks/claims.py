"""What checks each claim, and what must break it: a line below each heading of the reference of the claims.

Both are read off the code, so that the page cannot say more than there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faults.catalogue import FAULTS

PAGE = "reference/claims.md"
_HEADING = re.compile(r"^### .*\{#([A-F]\d+)\}$", re.MULTILINE)
_DECLARED = re.compile(r"claim\(([^)]*)\)|claims=\(([^)]*)\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """MkDocs calls this for each page."""
    if page.file.src_uri != PAGE:
        return markdown
    checked = checking_files()
    return _HEADING.sub(lambda found: f"{found[0]}\n\n{_line(found[1], checked.get(found[1], []))}", markdown)


def checking_files() -> dict[str, list[str]]:
    """Claim → the files of tests and stages that prove it."""
    found: dict[str, list[str]] = {}
    for file in (*sorted(Path("tests").rglob("test_*.py")), *sorted(Path("fixtures").rglob("*.py"))):
        for claim in dict.fromkeys(_claims(file.read_text(encoding="utf-8"))):
            found.setdefault(claim, []).append(str(file))
    return found


def _claims(source: str) -> Iterator[str]:
    for declared in _DECLARED.finditer(source):
        yield from re.findall(r'"([A-F]\d+)"', declared[1] or declared[2] or "")


def _line(claim: str, files: list[str]) -> str:
    faults = [fault.name for fault in FAULTS if claim in fault.must]
    parts = [f"Checked by {', '.join(f'`{file}`' for file in files)}"] if files else []
    if faults:
        number = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        parts.append(f"[{number}](faults.md#{claim}) must break it")
    return f"<small>{' · '.join(parts)}</small>\n" if parts else ""

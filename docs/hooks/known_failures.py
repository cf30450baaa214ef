"""What a failure is compared with: a table of the known failures, made from `helpers/reports/known_failures.py`."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from helpers.reports.claims import CLAIMS
from helpers.reports.known_failures import KNOWN

PAGE = "reference/known-failures.md"
_MARKER = "<!-- recognised -->"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """MkDocs calls this for each page."""
    return markdown.replace(_MARKER, "\n".join(_table())) if page.file.src_uri == PAGE else markdown


def _table() -> Iterator[str]:
    yield "| looks like | for claims | see |\n|---|---|---|"
    for known in KNOWN:
        claims = ", ".join(f"[{claim}](claims.md#{claim})" for claim in CLAIMS if claim in known.claims)
        see = f"<{known.see}>" if known.see.startswith("https:") else html.escape(known.see)
        yield f"| {html.escape(known.looks_like)} | {claims} | {see} |"

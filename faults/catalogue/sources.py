"""The places to read a fault's `source`: claims and known failures in the reference, bugs on Launchpad.

>>> [str(place) for place in places("claims B9, known-failures 3, LP1884596")]
['claims.md#B9', 'known-failures.md#3', 'https://bugs.launchpad.net/bugs/1884596']
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: First word of a source → the page of the reference, the pattern of its anchors, and the prefix of its labels.
_PAGES = {
    "claims": ("claims", r"[A-F]\d+", ""),
    "known-failures": ("known-failures", r"\d+", "known failure "),
}


@dataclass(frozen=True)
class Place:
    """One place: the page in `docs/reference` (None for Launchpad) and the anchor or number there."""

    page: str | None
    anchor: str
    label: str

    def __str__(self) -> str:
        bug = f"https://bugs.launchpad.net/bugs/{self.anchor.removeprefix('LP')}"
        return f"{self.page}.md#{self.anchor}" if self.page else bug


def places(source: str) -> Iterator[Place]:
    """Yield the places that a source names. Raises ValueError for one that cannot be looked up."""
    for part in source.split(", "):
        word, *anchors = part.split(" ")
        page, pattern, before = _PAGES.get(word, (None, "", ""))
        if re.fullmatch(r"LP\d{6,7}", part):
            yield Place(None, part, part)
        elif anchors and all(re.fullmatch(pattern, anchor) for anchor in anchors):
            yield from (Place(page, anchor, f"{before}{anchor}") for anchor in anchors)
        else:
            raise ValueError(f"{part!r} of {source!r} is no source: `claims A8`, `known-failures 25`, `LP1886374`")

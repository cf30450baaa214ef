"""Names in which the name of a site may be: `az1-edpm`, `glance-az1-internal`, `ceph-nova-az1`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

#: Names that any cluster, store or zone may have.
GENERIC = frozenset(
    {"ceph", "cinder", "cluster", "compute", "computes", "default", "default_backend", "edge", "edpm", "glance"}
    | {"internal", "nova", "openstack", "public", "rbd", "volume", "volumes"}
)


def within(name: str, text: str) -> bool:
    """Whether the words of a name are words of the text, in their order."""
    part, whole = words(name), words(text)
    return bool(part) and any(whole[i : i + len(part)] == part for i in range(len(whole)))


@lru_cache(maxsize=8192)
def words(text: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]


def longest(names: Iterable[str], text: str) -> str | None:
    """The longest of these names that is in a text, or None."""
    return max((name for name in names if within(name, text)), key=len, default=None)

"""What discovery has found: a deployment's sites as far as they could be told, and what is left to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class BadInput(Exception):
    """Discovery cannot begin, or not go on, with what it was given; the message is one line."""


@dataclass(frozen=True)
class FoundNode:
    """A machine of a site. `doubt` says why it may not be one, or cannot be used; it is then written as a comment."""

    name: str
    address: str
    roles: tuple[str, ...]
    doubt: str = ""


@dataclass(frozen=True)
class FoundCeph:
    """A site's cluster: its name, identity and number of monitors; how its commands are run; None: not found out."""

    cluster: str
    fsid: str | None
    monitors: int | None
    runtime: str | None = None
    mon_container: str | None = None
    pools: Mapping[str, str] = field(default_factory=dict)
    client: str | None = None


@dataclass(frozen=True)
class FoundSite:
    """A site. Stores are ids, tied to it by FSID; None: not found, and `gaps` says what to fill in (key → advice)."""

    name: str
    central: bool
    availability_zone: str | None = None
    glance: str | None = None
    store: str | None = None
    local_store: str | None = None
    central_store: str | None = None
    ceph: FoundCeph | None = None
    nodes: tuple[FoundNode, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discovery:
    """All sites, central first; `services`: service → its container (None: on the host) where it is not TripleO's name.

    `flavors` and `networks` are what there is to choose from.
    """

    sites: tuple[FoundSite, ...]
    services: Mapping[str, str | None] = field(default_factory=dict)
    flavors: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

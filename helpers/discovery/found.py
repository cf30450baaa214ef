"""The results of discovery: the sites of a deployment as far as they are known, and what is left to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class BadInput(Exception):
    """Discovery cannot start or continue with its input. The message is one line."""


@dataclass(frozen=True)
class FoundNode:
    """A machine of a site. `doubt` says why it may not belong there or cannot be used; it then becomes a comment."""

    name: str
    address: str
    roles: tuple[str, ...]
    doubt: str = ""


@dataclass(frozen=True)
class FoundCeph:
    """A site's cluster: name, FSID, number of monitors, and how its commands are run. None means not found."""

    cluster: str
    fsid: str | None
    monitors: int | None
    runtime: str | None = None
    mon_container: str | None = None
    pools: Mapping[str, str] = field(default_factory=dict)
    client: str | None = None


@dataclass(frozen=True)
class FoundSite:
    """A site. Its stores are ids, linked to it by FSID. None: not found; `gaps` (key → advice) says what to fill in."""

    name: str
    central: bool
    availability_zone: str | None = None
    glance: str | None = None
    store: str | None = None
    local_store: str | None = None
    central_store: str | None = None
    cinder_cluster: str | None = None
    ceph: FoundCeph | None = None
    nodes: tuple[FoundNode, ...] = ()
    gaps: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discovery:
    """All sites, central first.

    `services`: service → its container (None: on the host), where that differs from TripleO's. `flavors` and `networks`
    are the names to choose from.
    """

    sites: tuple[FoundSite, ...]
    services: Mapping[str, str | None] = field(default_factory=dict)
    flavors: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

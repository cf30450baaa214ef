"""A deployment as its environment file declares it: its sites, and their nodes."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from helpers.environment.sections import Ceph, ImageSource, Limits, Role, Services, Ssh, Timeouts, Undercloud


@dataclass(frozen=True)
class NodeSpec:
    """One machine of a site: its host name, where SSH reaches it, what runs on it."""

    name: str
    address: str
    roles: tuple[str, ...]
    site: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Site:
    """One site; its text is its name, so that it serves as a test id.

    `store` is its id at central's Glance, `local_store` its id at its own, `central_store` what its own
    Glance calls central's store. A site without storage has None for all three, for `glance` and for `ceph`.
    """

    name: str
    central: bool
    availability_zone: str
    store: str | None
    local_store: str | None
    central_store: str | None
    glance: str | None
    ceph: Ceph | None
    nodes: tuple[NodeSpec, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def has_storage(self) -> bool:
        return self.ceph is not None

    @property
    def has_compute(self) -> bool:
        return bool(self.nodes_with("compute"))

    def nodes_with(self, role: str) -> tuple[NodeSpec, ...]:
        """This site's nodes with that role, in the file's order. ValueError: there is no such role."""
        known = typing.get_args(Role)
        if role not in known:
            raise ValueError(f"no role {role!r}; roles: {', '.join(known)}")
        return tuple(node for node in self.nodes if role in node.roles)


@dataclass(frozen=True, eq=False)  # one is itself only, so that what follows from it can be remembered
class Environment:
    """A deployment, as its environment file declares it. Sites are in the file's order.

    `pairs`: names of the DCN sites, origin and target, that journeys are made between; empty: none is declared.
    """

    path: Path
    cloud: str
    clouds_file: Path | None
    ssh: Ssh
    image: ImageSource
    flavor: str | None
    network: str
    ceph_warnings: Literal["fail", "warn"]
    limits: Limits
    timeouts: Timeouts
    services: Services
    undercloud: Undercloud | None
    deployment_files: Path | None
    pairs: tuple[tuple[str, str], ...]
    sites: tuple[Site, ...] = field(repr=False)

    def __str__(self) -> str:
        return str(self.path)

    @cached_property
    def central(self) -> Site:
        return next(site for site in self.sites if site.central)

    @cached_property
    def dcn_sites(self) -> tuple[Site, ...]:
        return tuple(site for site in self.sites if not site.central)

    @cached_property
    def storage_sites(self) -> tuple[Site, ...]:
        """Central first, then the DCN sites with storage."""
        return (self.central, *self.dcn_storage_sites)

    @cached_property
    def dcn_storage_sites(self) -> tuple[Site, ...]:
        return tuple(site for site in self.dcn_sites if site.has_storage)

    @cached_property
    def nodes(self) -> tuple[NodeSpec, ...]:
        return tuple(node for site in self.sites for node in site.nodes)

    @cached_property
    def _sites(self) -> dict[str, Site]:
        return {site.name: site for site in self.sites}

    def site(self, name: str) -> Site:
        """The site of that name; KeyError says which there are."""
        if name in self._sites:
            return self._sites[name]
        raise KeyError(f"no site {name} in {self.path}; sites there: {', '.join(self._sites)}")

    def node(self, name: str) -> NodeSpec:
        """The node of that name; KeyError says which there are."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(f"no node {name} in {self.path}; nodes there: {', '.join(map(str, self.nodes))}")

    def network_of(self, site: Site) -> str | None:
        """The network that servers of this site are put on; None where they get none."""
        return None if self.network == "none" else self.network.replace("{site}", site.name)

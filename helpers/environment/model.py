"""A deployment as its environment file declares it: its sites and their nodes."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from helpers.environment.sections import Ceph, ImageSource, Limits, Pod, Role, Services, Ssh, Timeouts, Undercloud
from helpers.listed import Listed

#: The address of a node that the harness itself runs on.
THIS_MACHINE = "local"
#: the flavor or network of a run that creates its own
AUTO = "auto"


@dataclass(frozen=True)
class NodeSpec:
    """One machine of a site: its host name, the address for SSH, and its roles.

    A `pod` may take its place, to which the machine at the address leads.
    """

    name: str
    address: str
    roles: tuple[str, ...]
    site: str
    pod: Pod | None = None

    def __str__(self) -> str:
        return self.name

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        return self.address == THIS_MACHINE


@dataclass(frozen=True)
class Site:
    """One site. Its text is its name, so that it can be a test id.

    `store` is the id of its store in central's Glance, `local_store` in its own Glance. `central_store` is the id of
    central's store in its own Glance. A site without storage has None for all three, and for `ceph`.
    `glance_internal` is None where Nova and Cinder use `glance` itself. A DCN site that `shares_glance` uses central's,
    which is its `glance` then. Without `users_import`, its only Glance is for services, and is its `glance`.
    `cinder_cluster` is None where cinder-volume runs without a cluster. `via` is the node through which alone `glance`
    is reached. `services` says where services run at this site.
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
    cinder_cluster: str | None = None
    glance_internal: str | None = None
    shares_glance: bool = False
    users_import: bool = True
    via: str | None = None
    services: Services = field(default_factory=lambda: Services.model_validate({}), compare=False, repr=False)
    file: Path | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name

    @property
    def services_glance(self) -> str | None:
        """The endpoint of the Glance that Nova and Cinder of this site use."""
        return self.glance_internal or self.glance

    @property
    def has_storage(self) -> bool:
        return self.ceph is not None

    @property
    def has_glance(self) -> bool:
        """Whether it has a Glance of its own."""
        return self.glance is not None and not self.shares_glance

    @property
    def has_compute(self) -> bool:
        return bool(self.nodes_with("compute"))

    def nodes_with(self, role: str) -> tuple[NodeSpec, ...]:
        """Return this site's nodes with that role, in the file's order. Raises ValueError for an unknown role."""
        known = typing.get_args(Role)
        if role not in known:
            raise ValueError(f"no role {role!r}; roles: {', '.join(known)}")
        return tuple(node for node in self.nodes if role in node.roles)

    def listed_with(self, role: str) -> Listed[NodeSpec]:
        """The same for whoever looks at each of them: Unknown where there is none."""
        named = ", ".join(map(str, self.nodes)) or "none"
        sought = f"{self}: no node has the role {role} in the environment file; nodes of this site there: {named}"
        return Listed(self.nodes_with(role), sought, (self.roles_command,))

    @property
    def roles_command(self) -> str:
        """The command that shows which roles the environment file gives to whom."""
        return f"grep -nE '^ *{self}:|roles' {self.file or 'environment.yaml'}"


@dataclass(frozen=True, eq=False)  # compared by identity, so that functions can cache by it
class Environment:
    """A deployment as its environment file declares it. Sites are in the file's order.

    `pairs` are the names of origin and target of each declared round trip between DCN sites. It is empty if none is
    declared. `not_claimed` gives the reason for each claim that the deployment does not make. `other_stores` are stores
    that belong to no site.
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
    not_claimed: Mapping[str, str] = field(default_factory=dict)
    tenant: str | None = None
    other_stores: tuple[str, ...] = ()

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
    def glance_sites(self) -> tuple[Site, ...]:
        """The sites with a Glance of their own."""
        return tuple(site for site in self.sites if site.has_glance)

    @cached_property
    def spare_stores(self) -> frozenset[str]:
        """The ids of stores that a Glance may have beside those of sites."""
        return frozenset({"http", *self.other_stores})

    @cached_property
    def nodes(self) -> tuple[NodeSpec, ...]:
        return tuple(node for site in self.sites for node in site.nodes)

    @cached_property
    def _sites(self) -> dict[str, Site]:
        return {site.name: site for site in self.sites}

    def site(self, name: str) -> Site:
        """Return the site of that name. KeyError lists the known names."""
        if name in self._sites:
            return self._sites[name]
        raise KeyError(f"no site {name} in {self.path}; sites there: {', '.join(self._sites)}")

    def node(self, name: str) -> NodeSpec:
        """Return the node of that name. KeyError lists the known names."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(f"no node {name} in {self.path}; nodes there: {', '.join(map(str, self.nodes))}")

    @property
    def own_flavor(self) -> bool:
        """Whether the run creates the flavor of its servers."""
        return self.flavor == AUTO

    @property
    def own_network(self) -> bool:
        """Whether the run creates the network of its servers."""
        return self.network == AUTO

    def network_of(self, site: Site) -> str | None:
        """The name of the existing network of the servers at this site, or None if they have none."""
        return None if self.network in {"none", AUTO} else self.network.replace("{site}", site.name)

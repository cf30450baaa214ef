"""The parts of a declaration, as its files have them. Which cluster each is about is found out in `sites`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal

from helpers.declared.texts import Text
from helpers.nodes.config_files import BadConfigFile
from helpers.tripleo.findings import Finding, Place
from helpers.tripleo.loader import Node

DEFAULT_CONF = "ceph.conf"


@dataclass(frozen=True, eq=False, repr=False)
class Conf:
    """A ceph.conf in a folder that services read it from, such as a mounted Secret. `name` is the file's own."""

    name: str
    text: Text

    @property
    def stem(self) -> str:
        """The name of the cluster, which librados takes from the file's name."""
        return PurePosixPath(self.name).stem

    def option(self, key: str) -> Node | None:
        """An option of `[global]`, or of a client."""
        for section in ("global", "client"):
            value = self.text.ceph.sections.get(section, {}).get(key)
            if (node := self.text.node(section, key, value)) is not None:
                return node
        return None

    @cached_property
    def fsid(self) -> Node | None:
        return self.option("fsid")

    @cached_property
    def monitors(self) -> frozenset[str]:
        """The monitors' addresses or names; empty if they are unknown."""
        try:
            return self.text.ceph.mon_hosts
        except BadConfigFile:
            return frozenset()


@dataclass(frozen=True, eq=False, repr=False)
class KeyringFile:
    """A keyring in such a folder."""

    name: str
    text: Text

    @cached_property
    def keys(self) -> dict[str, Node]:
        """Entity, such as `client.openstack` → its key."""
        sections = self.text.ceph.sections
        found = {entity: self.text.node(entity, "key", sections[entity]["key"]) for entity in self.text.keyring.entries}
        return {entity: node for entity, node in found.items() if node is not None}


@dataclass(frozen=True, eq=False, repr=False)
class Holder:
    """The folder in which a service finds Ceph's files: a Secret that is mounted, or a folder of files."""

    name: str
    place: Place
    confs: Mapping[str, Conf] = field(default_factory=dict)
    keyrings: Mapping[str, KeyringFile] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class Client:
    """A section that makes a service a client of a cluster: which conf it reads, and as which user.

    `where` is the place of the section. `holder`: the folder that the conf is in, if it is known. `pool`: the one that
    it uses.
    """

    where: Place
    conf: Node | None
    user: Node | None
    default_user: str = "admin"
    holder: Holder | None = None
    pool: Node | None = None

    @property
    def file(self) -> str:
        """The name of the conf's file, by default librados' own."""
        return PurePosixPath(self.conf.text.strip()).name if self.conf is not None else DEFAULT_CONF

    @property
    def entity(self) -> str:
        return f"client.{(self.user.text if self.user is not None else self.default_user).strip()}"

    @property
    def place(self) -> Place:
        return self.conf.place if self.conf is not None else self.where


@dataclass(frozen=True, eq=False, repr=False)
class StoreSection:
    """An RBD store that a Glance enables. `given`: whether it has a section of its own."""

    id: str
    client: Client
    given: bool


@dataclass(frozen=True, eq=False, repr=False)
class GlanceService:
    """A Glance: its RBD stores, the ids of all its stores, its default and its import methods.

    `central`: it serves users. `enabled`, `default`, `methods` and `plugins` are options, or None where they have the
    world's own default. `addresses`: those at which others reach it. `elsewhere`: what else configures it, and is not
    among the files. `endpoint`: what names the Glance that users are given, `type`: that of an API of its own.
    """

    name: str
    place: Place
    central: bool
    stores: tuple[StoreSection, ...]
    ids: tuple[str, ...] = ()
    enabled: Node | None = None
    default: Node | None = None
    methods: Node | None = None
    plugins: Node | None = None
    addresses: tuple[str, ...] = ()
    elsewhere: str = ""
    endpoint: Node | None = None
    type: Node | None = None


Service = Literal["volume", "backup", "share"]


@dataclass(frozen=True, eq=False, repr=False)
class Backend:
    """A section of Cinder or Manila that uses a cluster. `called` are the names by which it tells its site.

    `zone` is the effective zone, or None for the service's own default. `given`: whether it has a section at all.
    """

    service: Service
    name: str
    called: tuple[str, ...]
    client: Client
    zone: Node | None = None
    secret: Node | None = None
    cluster: Node | None = None
    glance: Node | None = None
    given: bool = True


@dataclass(frozen=True, eq=False, repr=False)
class Compute:
    """The computes with one configuration. `called` are the names by which it tells its site.

    `secrets`: the keys of libvirt's secrets by UUID, where the files have them.
    """

    name: str
    called: tuple[str, ...]
    place: Place
    client: Client | None
    secret: Node | None = None
    store: Node | None = None
    glance: Node | None = None
    cross_az: Node | None = None
    configured: bool = True
    secrets: Mapping[str, Node] = field(default_factory=dict)


@dataclass(frozen=True)
class Defaults:
    """What the world's own templates set where an option is absent.

    `secret_is_fsid`: the UUID of libvirt's secret is the cluster's FSID.
    """

    copy_image: bool
    conversion: bool
    secret_is_fsid: bool
    zone: str = "nova"


@dataclass(frozen=True, eq=False, repr=False)
class Declared:
    """Everything that the files of one deployment declare."""

    folder: Path
    kind: str
    defaults: Defaults
    holders: tuple[Holder, ...] = ()
    glances: tuple[GlanceService, ...] = ()
    backends: tuple[Backend, ...] = ()
    computes: tuple[Compute, ...] = ()
    #: cross_az_attach of the services that are not computes
    attaching: tuple[Node, ...] = ()
    unreadable: tuple[Finding, ...] = ()

    @property
    def clients(self) -> Iterable[Client]:
        """Every client of a cluster."""
        yield from (store.client for glance in self.glances for store in glance.stores)
        yield from (backend.client for backend in self.backends)
        yield from (compute.client for compute in self.computes if compute.client is not None)

"""Sites: a Ceph cluster, a Glance with its stores, an availability zone, settings of Nova and Cinder, and nodes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from simulator.world.clusters import Cluster
from simulator.world.content import Content
from simulator.world.nodes import Node

ETCD_PORT = 2379
#: images_rbd_glance_copy_timeout
COPY_TIMEOUT = 20
IMPORT_METHODS = ("glance-direct", "web-download", "copy-image")


@dataclass
class Store:
    """A backend in the configuration of one Glance. Without a `cluster`, it is of another type than RBD.

    The `http` store is read-only. Nobody writes to one of another type here.
    """

    id: str
    cluster: Cluster | None
    user: str = "openstack"
    description: str = ""
    pool: str = "images"
    conf: str = ""
    kind: str = "http"

    @property
    def type(self) -> str:
        return "rbd" if self.cluster else self.kind

    @property
    def rbd(self) -> Cluster:
        """The cluster of an RBD store. Raises LookupError for the http store."""
        if self.cluster is None:
            raise LookupError(f"store {self.id} has no cluster")
        return self.cluster

    def url(self, image_id: str) -> str:
        return f"rbd://{self.rbd.fsid}/{self.pool}/{image_id}/snap"


@dataclass
class Glance:
    """The image service of one site: its own settings, stores and staging area. All sites share the database.

    `certificate_days` is how long its certificate is valid, if it has one. `locations_api` is whom it shows the
    locations of an image by a request of their own.
    """

    url: str
    stores: dict[str, Store] = field(default_factory=dict)
    default: str = ""
    import_methods: list[str] = field(default_factory=lambda: list(IMPORT_METHODS))
    show_locations: bool = True
    show_direct_url: bool = True
    conversion: bool = True
    output_format: str = "raw"
    allowed_ports: list[int] = field(default_factory=lambda: [80, 443])
    staging: dict[str, bytes | Content] = field(default_factory=dict)
    copy_needs_admin: bool = True
    certificate_days: int = 365
    locations_api: Literal["none", "services", "admin"] = "none"

    def store_of(self, url: str) -> str | None:
        """Return the ID of the store that a location's URL belongs to, by FSID and pool."""
        for store in self.stores.values():
            if store.cluster and url.startswith(f"rbd://{store.cluster.fsid}/{store.pool}/"):
                return store.id
        return None


@dataclass
class Nova:
    """The settings of the site's compute services.

    `glance_urls` maps nodes to their Glance URLs if those differ from `glance_url`. `glance_store` is the store that
    Nova has an absent image copied to, if any. `otherwise` maps nodes to settings that differ there.
    """

    glance_url: str
    zone: str
    cross_az_attach: bool | None
    images_type: str = "rbd"
    images_pool: str = "vms"
    ceph_conf: str = ""
    secret: str = field(default_factory=lambda: str(uuid.uuid4()))
    down: set[str] = field(default_factory=set)
    glance_urls: dict[str, str] = field(default_factory=dict)
    glance_store: str = ""
    never_download: bool = False
    otherwise: dict[str, dict[str, Any]] = field(default_factory=dict)

    def at(self, node: Node) -> Nova:
        """The settings on one node."""
        return replace(self, **self.otherwise.get(node.name, {}))


@dataclass
class Cinder:
    """The settings of the site's volume service; `cluster` is the name of its cluster if it runs active/active.

    `more` maps further backends to their options. `coordination` is the URL of its locks, by default that of an etcd on
    the first node, or a folder where there is only one service. The etcd says `etcd` of its health; empty: it is down.
    """

    glance_url: str
    zone: str
    cluster: str | None
    pool: str = "volumes"
    ceph_conf: str = ""
    secret: str = ""
    driver: str = "cinder.volume.drivers.rbd.RBDDriver"
    more: dict[str, dict[str, str]] = field(default_factory=dict)
    coordination: str = ""
    etcd: str = "true"
    down: bool = False


@dataclass
class Site:
    """One site. Without storage, it has no cluster, no Glance and no volume service.

    `internal_glance` is the Glance of Nova and Cinder, where they have one of their own.

    `store` is the ID of the site's store in central's Glance, and `local_store` the ID in the site's own Glance.
    `central_store` is the ID of central's store in the site's own Glance.
    """

    name: str
    central: bool
    zone: str
    nodes: list[Node]
    nova: Nova
    cluster: Cluster | None = None
    glance: Glance | None = None
    cinder: Cinder | None = None
    central_store: str | None = None
    store: str | None = None
    local_store: str | None = None
    internal_glance: Glance | None = None

    @property
    def ceph(self) -> Cluster:
        """The cluster of a site with storage. Raises LookupError for a site without storage."""
        if self.cluster is None:
            raise LookupError(f"site {self.name} has no storage")
        return self.cluster

    @property
    def images(self) -> Glance:
        """The Glance of a site with storage. Raises LookupError for a site without storage."""
        if self.glance is None:
            raise LookupError(f"site {self.name} has no Glance")
        return self.glance

    @property
    def services_images(self) -> Glance:
        """The Glance that Nova and Cinder of the site use. Raises LookupError for a site without storage."""
        return self.internal_glance or self.images

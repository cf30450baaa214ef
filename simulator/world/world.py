"""The whole deployment: sites and clusters, identity, images, volumes, servers, networks, and the hooks of faults."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from simulator.world.clock import Clock, Speed
from simulator.world.clusters import Cluster, RbdImage
from simulator.world.content import Content
from simulator.world.hooks import Hooks
from simulator.world.identity import Identity
from simulator.world.images import LOCK, Images
from simulator.world.network import Networks
from simulator.world.nodes import Node
from simulator.world.servers import Servers
from simulator.world.silence import Silence
from simulator.world.sites import Glance, Site, Store
from simulator.world.undercloud import Undercloud
from simulator.world.volumes import Volumes
from simulator.world.weather import Weather

_RETRY = 0.1


class World:
    """One deployment. Sites are in the order of their names' numbers, central first."""

    def __init__(
        self, sites: list[Site], undercloud: Undercloud, speed: Speed, urls: dict[str, str], seed: int | None = None
    ) -> None:
        self.sites = {site.name: site for site in sites}
        self.undercloud = undercloud
        self.urls = urls
        self.clock = Clock(speed, seed)
        self.hooks = Hooks()
        self.silence = Silence()
        self.weather = Weather()
        self.identity = Identity()
        self.images = Images({site.cluster.fsid: site.cluster for site in sites if site.cluster})
        self.volumes = Volumes(self)
        self.servers = Servers(self)
        self.networks = Networks(list(self.sites), self.identity.projects["admin"].id)
        #: the options of `dcn-verify simulate` that make it another deployment than the guide's
        self.options: frozenset[str] = frozenset()
        self.keypairs = {f"{name}-key": "ssh-ed25519 AAAA" for name in self.sites}
        self.internet: dict[str, bytes] = {}
        #: pods that Glances run in: name → the node with the container
        self.pods: dict[str, Node] = {}
        #: names of Glances that only the nodes of a site can resolve: name → address
        self.internal: dict[str, str] = {}
        self.logs: dict[str, list[str]] = {}
        #: what the account's ~/.bashrc prints on every node before a command's own answer
        self.shell_text = b""

    @property
    def central(self) -> Site:
        return next(site for site in self.sites.values() if site.central)

    @property
    def dcn_sites(self) -> list[Site]:
        return [site for site in self.sites.values() if not site.central]

    @property
    def storage_sites(self) -> list[Site]:
        return [site for site in self.sites.values() if site.cluster]

    @property
    def nodes(self) -> Iterator[Node]:
        for site in self.sites.values():
            yield from site.nodes

    @property
    def machines(self) -> Iterator[Node]:
        """Everything that SSH leads to: the sites' nodes, and the undercloud."""
        yield from self.nodes
        yield self.undercloud.node

    @property
    def holds(self) -> dict[str, list[str]]:
        """Everything that somebody has made, by what it is: records by their names, RBD images by pool and site."""
        records: dict[str, list[str]] = {
            "image": [str(one.name) for one in self.images.records.values()],
            "server": [one.name for one in self.servers.servers.values()],
            "volume": [one.name for one in self.volumes.volumes.values()],
            "snapshot": [one.name for one in self.volumes.snapshots.values()],
        }
        pools = [(site.name, pool) for site in self.storage_sites for pool in site.ceph.pools.values()]
        kept = [f"{pool.name}/{name} at {site}" for site, pool in pools for name in (*pool.images, *pool.trash)]
        return {what: names for what, names in {**records, "rbd": kept}.items() if names}

    def cluster(self, name: str) -> Cluster:
        return self.sites[name].ceph

    def site_in(self, zone: str) -> Site | None:
        """The site of an availability zone."""
        return next((site for site in self.sites.values() if site.zone == zone), None)

    async def reach(self, cluster: Cluster) -> None:
        """Wait, as a Ceph client does, until the cluster's monitors answer."""
        while not cluster.answers:
            await asyncio.sleep(_RETRY)

    async def read_image(self, glance: Glance, image_id: str) -> None:
        """What a Glance does to a record when it reads it: with store ids of its own, it writes the record anew.

        What another Glance, or a copy, has written in between is lost: a location, or that a copy is over.
        """
        image = self.images.records.get(image_id)
        if image is None or all(location.store in glance.stores for location in image.locations):
            return
        locations, properties = [replace(location) for location in image.locations], dict(image.properties)
        await self.clock.saves()
        lock = {LOCK: image.properties[LOCK]} if LOCK in image.properties else {}
        image.locations = locations
        image.properties = {name: value for name, value in properties.items() if name != LOCK} | lock
        self.images.seen_through(glance, image_id)

    async def read_by_others(self, mebibytes: float, seconds: float) -> None:
        """Other tenants read so much from central's images, every so many seconds."""
        while True:
            await asyncio.sleep(seconds)
            self.central.ceph.pool("images").read_bytes += int(mebibytes * (1 << 20))

    def write_copy(self, store: Store, image_id: str, content: Content) -> None:
        """What the RBD store of Glance leaves in a cluster: the image, and its protected snapshot."""
        if image := self._begun_copy(store, image_id, content):
            self._end_copy(store, image)

    async def take_time_to_write_copy(self, store: Store, image_id: str, content: Content) -> None:
        """The same; while it is written, the image is there, locked by its writer and without a snapshot."""
        while store.rbd.pool(store.pool).full:
            await asyncio.sleep(_RETRY)
        image = self._begun_copy(store, image_id, content)
        await self.clock.takes("copy", content.size // 2)
        if image:
            self._end_copy(store, image)

    def _begun_copy(self, store: Store, image_id: str, content: Content) -> RbdImage | None:
        self.hooks.through("store.access", None, store=store)
        wanted: Content | None = self.hooks.through("store.write", content, cluster=store.rbd, image_id=image_id)
        if wanted is None:
            return None
        image = store.rbd.create(store.pool, image_id, wanted)
        image.locked = True
        return image

    def _end_copy(self, store: Store, image: RbdImage) -> None:
        image.locked = False
        store.rbd.snapshot(store.pool, image.name, "snap")
        self.hooks.through("store.written", image, cluster=store.rbd, pool=store.pool)

    def log(self, container: str, node: Node, line: str) -> None:
        """A line in the log of a service's container."""
        self.logs.setdefault(f"{node.name}/{container}", []).append(line)

"""Acting on servers: boot, stop, start, take an image; each written into the run's ledger before it is asked for."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from helpers.actions.images import refusals_fail
from helpers.actions.own_means import OwnMeans
from helpers.ceph.answers import PoolReads
from helpers.ceph.cluster import Cluster
from helpers.ceph.clusters import Clusters
from helpers.environment import Environment, Site
from helpers.environment.values import UUID
from helpers.openstack.cloud import Cloud
from helpers.openstack.nova import MICROVERSION, Server, ServerFailed
from helpers.outcomes import Failed
from helpers.runs.run import Run
from helpers.wait import TimedOut, wait_until
from helpers.witnesses.disks import WitnessedDisk, server_disk

#: how many equal readings, half a period apart, mean that a pool's counters stand still
_STILL = 3


_ON_THE_WAY = {"queued", "saving", "importing", "uploading"}


@dataclass(frozen=True)
class BootedServer:
    """A server that became ACTIVE after `seconds`; `disk` is its root disk in the pools `vms` of all clusters."""

    server: Server
    image: str | None
    disk: WitnessedDisk
    seconds: float

    @property
    def reproduce(self) -> tuple[str, ...]:
        return (self.server.reproduce, *self.disk.reproduce)


@dataclass(frozen=True)
class AttemptedServer:
    """A server that became ACTIVE after `seconds`, or did not; `ended` is ACTIVE or says how it ended."""

    server: Server | None
    ended: str
    disk: WitnessedDisk
    seconds: float

    @property
    def reproduce(self) -> tuple[str, ...]:
        return (*((self.server.reproduce,) if self.server else ()), *self.disk.reproduce)


@dataclass(frozen=True)
class Console:
    """What a guest has written to its console: whether it says that it is up, and the ids in its marker line."""

    booted: bool
    markers: frozenset[str]
    tail: str
    reproduce: str


@dataclass(frozen=True)
class ServerActions:
    """What is done to servers."""

    environment: Environment
    cloud: Cloud
    clusters: Clusters
    run: Run
    own: OwnMeans = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", OwnMeans(self.environment, self.cloud, self.run))

    def create(self, what: str, site: Site, **source: object) -> str:
        """Ask for a server in the site's zone; returns its id.

        :param source: `image=`, `volume=` or `image=` with `new_volume_gib=`; see `helpers.openstack.nova.Nova.create`
        :raises openstack.exceptions.HttpException: when Nova refuses it
        """
        name = self.run.name(what)
        flavor, network = self._flavor(source), self._network(site)
        with self.run.ledger.asking("server", name, site=site.name):
            server_id = self.cloud.nova.create(
                name,
                flavor=flavor,
                zone=site.availability_zone,
                network=network,
                **source,  # type: ignore[arg-type]
            )
        self.run.ledger.plan("server", name, id=server_id, site=site.name)
        return server_id

    def _flavor(self, source: Mapping[str, object]) -> str:
        """The flavor's name, or the id of the run's own."""
        if not self.environment.own_flavor:
            return str(self.environment.flavor)
        # the size of a new volume is requested, and not the flavor's
        return self.own.flavor(str(source["image"]) if {"image"} == source.keys() else None)

    def _network(self, site: Site) -> str | None:
        """The id of the network."""
        if self.environment.own_network:
            return self.own.network()
        network = self.environment.network_of(site)
        return self.cloud.network_id(network) if network else None

    def boot(self, what: str, site: Site, *, keep: bool = True, **source: object) -> BootedServer:
        """A server in the site's zone, ACTIVE.

        :param keep: whether a later stage needs it; if not, it is looked at and removed, and burdens the site no more
        :raises Failed: Nova refuses it, or it does not become ACTIVE
        """
        began = time.monotonic()
        request = f"{site.name}: server {self.run.name(what)} in zone {site.availability_zone}"
        with refusals_fail(request, *self._request_commands(what, site, **source)):
            server_id = self.create(what, site, **source)
        server = self.reach(server_id, "ACTIVE", request)
        seconds = round(time.monotonic() - began, 1)
        image = str(source["image"]) if "image" in source else None
        disk = server_disk(server_id, self.clusters, home=site.name)
        if not keep:
            self.remove(server_id)
        return BootedServer(server, image, disk, seconds)

    def attempt(self, what: str, site: Site, *, more_time: float = 0, **source: object) -> AttemptedServer:
        """A server in the site's zone, whatever becomes of it. Once it is ACTIVE or failed, it is observed and removed.

        :param more_time: seconds beyond those for a boot
        :raises Failed: Nova refuses the request itself
        """
        began = time.monotonic()
        request = f"{site.name}: server {self.run.name(what)} in zone {site.availability_zone}"
        with refusals_fail(request, *self._request_commands(what, site, **source)):
            server_id = self.create(what, site, **source)
        server, ended = None, "ACTIVE"
        try:
            server = self.cloud.nova.wait_status(server_id, ended, self.environment.timeouts.boot + more_time)
        except ServerFailed as error:
            server, ended = error.server, str(error)
        seconds = round(time.monotonic() - began, 1)
        disk = server_disk(server_id, self.clusters, home=site.name)
        self.remove(server_id)
        return AttemptedServer(server, ended, disk, seconds)

    def _request_commands(self, what: str, site: Site, **source: object) -> tuple[str, ...]:
        """The request for a server itself, and what shows whether there is one: a refused one has no record to show."""
        network, name, reproduce = self.environment.network_of(site), self.run.name(what), self.cloud.nova.command
        if self.environment.own_network:
            network = self.own.network()
        options = {
            "--flavor": self._flavor(source),
            "--availability-zone": site.availability_zone,
            "--network": network,
            "--nic": None if network else "none",
            "--image": source.get("image"),
            "--volume": source.get("volume"),
            "--boot-from-volume": source.get("new_volume_gib"),
        }
        words = [str(word) for option, value in options.items() if value for word in (option, value)]
        microversion = ("--os-compute-api-version", MICROVERSION)
        return (
            reproduce(*microversion, "server", "create", *words, name),
            reproduce("server", "list", "--all-projects", "--name", name),
        )

    def reach(self, server_id: str, status: str, what: str) -> Server:
        """Wait for a status.

        :raises Failed: the server does not get there
        """
        try:
            return self.cloud.nova.wait_status(server_id, status, self.environment.timeouts.boot)
        except ServerFailed as error:
            seen = error.server
            raise Failed(
                f"{what}\nexpected: {status}\nseen:     {error}" + (f"\nhost:     {seen.host}" if seen else ""),
                reproduce=(self.cloud.nova.command("server", "show", server_id),),
            ) from error

    def stop(self, server_id: str) -> Server:
        """Stop a server and wait until it is SHUTOFF."""
        self.cloud.nova.stop(server_id)
        return self.reach(server_id, "SHUTOFF", f"stop of server {server_id}")

    def start(self, server_id: str) -> Server:
        """Start a server and wait until it is ACTIVE."""
        self.cloud.nova.start(server_id)
        return self.reach(server_id, "ACTIVE", f"start of server {server_id}")

    def remove(self, server_id: str) -> None:
        """Delete a server and wait until it is gone."""
        self.cloud.nova.delete(server_id)
        wait_until(
            lambda: self.cloud.nova.server(server_id),
            lambda server: server is None,
            timeout=self.environment.timeouts.delete,
            what=f"deletion of server {server_id}",
        )

    def settled_reads(self, cluster: Cluster, pool: str) -> PoolReads:
        """A pool's read counters once they stand still: the OSDs report them with some seconds' delay.

        Not when somebody else reads all the time: then as they are after the time for it is over.
        """
        seen: list[PoolReads] = []

        def still(reads: PoolReads) -> bool:
            seen.append(reads)
            return len(seen) >= _STILL and len({one.read_bytes for one in seen[-_STILL:]}) == 1

        try:
            return wait_until(
                lambda: cluster.pool_read_bytes(pool),
                still,
                timeout=6 * cluster.spec.stats_period,
                what=f"read counters of {pool}",
                interval=cluster.spec.stats_period / 2,
                max_interval=cluster.spec.stats_period / 2,
            )
        except TimedOut:
            return seen[-1]

    def watch_reads(self, cluster: Cluster, pool: str, seconds: float) -> None:
        """Let others read for so long."""
        with contextlib.suppress(TimedOut):
            wait_until(
                lambda: cluster.pool_read_bytes(pool),
                lambda _: False,
                timeout=seconds,
                what=f"what others read from {pool}",
                interval=cluster.spec.stats_period,
            )

    def take_image(self, server_id: str, what: str) -> str:
        """An image of a server, by `server image create`, active; returns its id.

        A new Glance adds the checksum later, and locks the image until then (`location_import`).

        :raises Failed: Nova refuses it, or the image does not become active
        """
        name = self.run.name(what)
        reproduce = self.cloud.nova.command("server", "image", "create", "--name", name, server_id)
        glance = self.cloud.glance(self.environment.central)
        with refusals_fail(f"image of server {server_id}", reproduce), self.run.ledger.asking("image", name):
            image_id = self.cloud.nova.create_image(server_id, name, glance.owned)
        self.run.ledger.plan("image", name, id=image_id)
        try:
            record = wait_until(
                lambda: glance.image(image_id),
                lambda record: record is None or not (record.status in _ON_THE_WAY or record.import_task),
                timeout=self.environment.timeouts.snapshot,
                what=f"image {image_id} of server {server_id}",
                interval=0.5,
            )
        except TimedOut as error:
            raise Failed(str(error), reproduce=(glance.show_command(image_id),)) from error
        if record is None or record.status != "active":
            seen = record.status if record else "gone"
            raise Failed(
                f"image {image_id} of server {server_id}\nexpected: active\nseen:     {seen}",
                reproduce=(glance.show_command(image_id), reproduce),
            )
        return image_id

    def console(self, server_id: str) -> Console:
        """The guest's console once it says that it is up, or as it is when the time for a boot is over."""
        words = self.environment.image.console
        reproduce = self.cloud.nova.command("console", "log", "show", server_id)
        if words is None:  # nothing is known of what this image writes
            return Console(False, frozenset(), "", reproduce)

        def read() -> Console:
            text = self.cloud.nova.console(server_id)
            lines = [line for line in text.splitlines() if words.marker and words.marker in line]
            markers = frozenset(re.findall(UUID, lines[-1] if lines else ""))
            return Console(words.booted in text, markers, text[-800:], reproduce)

        try:
            return wait_until(
                read,
                lambda console: console.booted,
                timeout=self.environment.timeouts.boot,
                what=f"console of server {server_id}",
                interval=0.5,
            )
        except TimedOut:
            return read()

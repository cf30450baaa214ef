"""Acting on volumes: make them from images, snapshot them; each is in the run's ledger before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.actions.images import refusals_fail
from helpers.ceph.clusters import Clusters
from helpers.environment import Environment, Site
from helpers.openstack.cinder import Volume, VolumeFailed, VolumeSnapshot
from helpers.openstack.cloud import Cloud
from helpers.outcomes import Failed
from helpers.runs.run import Run
from helpers.wait import TimedOut, wait_until
from helpers.witnesses.disks import WitnessedDisk, volume_disk

GIB = 1024**3


@dataclass(frozen=True)
class MadeVolume:
    """A volume that became available; `disk` is what the pools `volumes` of all clusters hold."""

    volume: Volume
    disk: WitnessedDisk

    @property
    def reproduce(self) -> tuple[str, ...]:
        return (self.volume.reproduce, *self.disk.reproduce)


@dataclass(frozen=True)
class VolumeActions:
    """What is done to volumes."""

    environment: Environment
    cloud: Cloud
    clusters: Clusters
    run: Run

    def create(self, what: str, site: Site, *, image: str, image_bytes: int) -> MadeVolume:
        """A volume in the site's zone, from an image, just large enough for it, available.

        :raises Failed: Cinder refuses it, or it does not become available
        """
        name, cinder = self.run.name(what), self.cloud.cinder
        request = f"{site.name}: volume {name} of image {image} in zone {site.availability_zone}"
        size, zone = gib(image_bytes), site.availability_zone
        words = ("--size", str(size), "--availability-zone", zone, "--image", image)
        asking = self.run.ledger.asking("volume", name, site=site.name)
        accepted = refusals_fail(
            request,
            cinder.command("volume", "create", *words, name),
            cinder.command("volume", "list", "--name", name),
        )
        with accepted, asking:
            volume_id = cinder.create(name, size=size, zone=zone, image=image)
        self.run.ledger.plan("volume", name, id=volume_id, site=site.name)
        volume = self.reach(volume_id, "available", request)
        return MadeVolume(volume, volume_disk(volume_id, self.clusters, home=site.name))

    def reach(self, volume_id: str, status: str, what: str) -> Volume:
        """Wait for a status.

        :raises Failed: the volume does not get there
        """
        try:
            return self.cloud.cinder.wait_volume(volume_id, status, self.environment.timeouts.volume)
        except VolumeFailed as error:
            host = f"\nhost:     {error.seen.host}" if isinstance(error.seen, Volume) else ""
            raise Failed(
                f"{what}\nexpected: {status}\nseen:     {error}{host}",
                reproduce=(
                    self.cloud.cinder.command("volume", "show", volume_id),
                    self.cloud.cinder.command("volume", "service", "list"),
                ),
            ) from error

    def settled(self, volume_id: str) -> Volume:
        """A volume once it is available or in use.

        :raises Failed: it is gone, or neither when the time for it is over
        """
        try:
            volume = wait_until(
                lambda: self.cloud.cinder.volume(volume_id),
                lambda volume: volume is None or volume.status in {"available", "in-use"},
                timeout=self.environment.timeouts.volume,
                what=f"volume {volume_id}",
                interval=0.5,
            )
        except TimedOut as error:
            raise Failed(
                f"volume {volume_id}\nexpected: available or in-use\nseen:     {error.last}, {error.reason}",
                reproduce=(self.cloud.cinder.command("volume", "show", volume_id),),
            ) from error
        if volume is None:
            raise Failed(f"volume {volume_id}\nexpected: there\nseen:     gone")
        return volume

    def snapshot(self, volume_id: str, what: str) -> VolumeSnapshot:
        """A snapshot of a volume, also of one in use (`--force`), available.

        :raises Failed: Cinder refuses it, or it does not become available
        """
        name, cinder = self.run.name(what), self.cloud.cinder
        request = f"snapshot {name} of volume {volume_id}"
        accepted = refusals_fail(
            request,
            cinder.command("volume", "snapshot", "create", "--force", "--volume", volume_id, name),
            cinder.command("volume", "snapshot", "list", "--name", name),
        )
        with accepted, self.run.ledger.asking("snapshot", name):
            snapshot_id = cinder.create_snapshot(volume_id, name)
        self.run.ledger.plan("snapshot", name, id=snapshot_id)
        return self.available_snapshot(snapshot_id, request)

    def available_snapshot(self, snapshot_id: str, request: str) -> VolumeSnapshot:
        """A snapshot that was asked for, by whomever, as soon as it is available.

        :param request: what was asked for, for the message
        :raises Failed: it does not become available
        """
        cinder = self.cloud.cinder
        try:
            return cinder.wait_snapshot(snapshot_id, "available", self.environment.timeouts.volume)
        except VolumeFailed as error:
            raise Failed(
                f"{request}\nexpected: available\nseen:     {error}",
                reproduce=(cinder.command("volume", "snapshot", "show", snapshot_id),),
            ) from error

    def observe(self, volume_id: str, site: Site) -> MadeVolume:
        """A volume as it is now.

        :raises Failed: there is no such volume
        """
        volume = self.cloud.cinder.volume(volume_id)
        if volume is None:
            reproduce = self.cloud.cinder.command("volume", "show", volume_id)
            raise Failed(f"{site.name}: volume {volume_id}\nexpected: there\nseen:     gone", reproduce=(reproduce,))
        return MadeVolume(volume, volume_disk(volume_id, self.clusters, home=site.name))


def gib(size: int) -> int:
    """Bytes as whole GiB, rounded up, at least 1."""
    return max(1, -(-size // GIB))

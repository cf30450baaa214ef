"""Debian's real Nova with one bug: the lab's start.py runs this file before nova-compute or nova-api starts.

The file bug.json in the same folder names the bug. Each bug wraps one method of Nova, so that everything else behaves
as in Nova itself.
"""

from __future__ import annotations

from typing import Any

import nova.objects  # type: ignore[import-not-found]
import rbd  # type: ignore[import-not-found]
from buggy_service import MIB, Wrapper, activate, copy_elsewhere, elsewhere, nothing, wrap  # type: ignore[import-not-found]
from nova import exception

nova.objects.register_all()

from nova import availability_zones  # noqa: E402
from nova.storage import rbd_utils  # type: ignore[import-not-found]  # noqa: E402
from nova.virt.libvirt import driver, imagebackend  # type: ignore[import-not-found]  # noqa: E402
from nova.volume import cinder  # type: ignore[import-not-found]  # noqa: E402

# Disks of servers


def _after_clone(act: Any) -> None:
    """Call `act(disk, Glance's record of the image)` for each disk that was cloned."""

    def clone(original: Wrapper, self: Any, context: Any, image_id: str, *args: Any, **keywords: Any) -> Any:
        result = original(self, context, image_id, *args, **keywords)
        act(self, imagebackend.IMAGE_API.get(context, image_id))
        return result

    wrap(imagebackend.Rbd, "clone", clone)


def _is_snapshot(image: Any) -> bool:
    return bool(image["properties"].get("image_type") == "snapshot")


def server_disk_is_flat() -> None:
    _after_clone(lambda disk, image: disk.flatten())


def snapshot_boots_flat() -> None:
    _after_clone(lambda disk, image: disk.flatten() if _is_snapshot(image) else None)


def server_disk_at_central_too(conf: str, user: str) -> None:
    def act(disk: Any, image: Any) -> None:
        with rbd_utils.RADOSClient(disk.driver) as client:
            copy_elsewhere(client.ioctx, disk.rbd_name, conf, user, "vms")

    _after_clone(act)


def boot_reads_from_central(conf: str, user: str) -> None:
    def act(disk: Any, image: Any) -> None:
        # Ceph does not count reads of blocks that were never written; three passes exceed the size of the image.
        for _ in range(3):
            with elsewhere(conf, user, "images") as pool, rbd.Image(pool, image["id"], read_only=True) as whole:
                for offset in range(0, whole.size(), 4 * MIB):
                    whole.read(offset, min(4 * MIB, whole.size() - offset))

    _after_clone(act)


def guest_finds_no_disk() -> None:
    def act(disk: Any, image: Any) -> None:
        with rbd_utils.RBDVolumeProxy(disk.driver, disk.rbd_name) as opened:
            opened.write(bytes(MIB), 0)

    _after_clone(act)


def deleted_server_leaves_its_disk() -> None:
    wrap(driver.LibvirtDriver, "_cleanup_rbd", nothing)


# Servers


def console_is_empty() -> None:
    wrap(driver.LibvirtDriver, "get_console_output", lambda original, *args: b"")


def stopped_server_does_not_start() -> None:
    def power_on(original: Wrapper, self: Any, *args: Any, **keywords: Any) -> None:
        raise exception.NovaException("no more room for this guest")

    wrap(driver.LibvirtDriver, "power_on", power_on)


def server_in_another_zone(host: str, zone: str) -> None:
    def zone_of(original: Wrapper, context: Any, instance: Any) -> Any:
        return zone if instance.host == host else original(context, instance)

    wrap(availability_zones, "get_instance_availability_zone", zone_of)


# Snapshots of servers


def _taken_indirectly(concerns: Any) -> None:
    """Make Nova upload the snapshots of some servers instead of creating them in the cluster.

    `concerns` decides by Glance's record of the image from which the server was created.
    """

    def snapshot(original: Wrapper, self: Any, context: Any, name: str, form: str, image_id: str, base: str) -> Any:
        if concerns(imagebackend.IMAGE_API.get(context, base)):
            raise exception.ImageUnacceptable(image_id=image_id, reason="the parent's pool is not known")
        return original(self, context, name, form, image_id, base)

    wrap(imagebackend.Rbd, "direct_snapshot", snapshot)


def snapshot_lands_at_central() -> None:
    _taken_indirectly(lambda base: not _is_snapshot(base))


def second_generation_lands_at_central() -> None:
    _taken_indirectly(_is_snapshot)


# Volumes


def volume_of_another_zone_accepted() -> None:
    wrap(cinder.API, "check_availability_zone", nothing)


def refused_server_keeps_the_volume(zone: str) -> None:
    def delete(original: Wrapper, self: Any, context: Any, attachment_id: str) -> Any:
        volume = self.get(context, self.attachment_get(context, attachment_id)["volume_id"])
        return original(self, context, attachment_id) if volume["availability_zone"] == zone else None

    wrap(cinder.API, "attachment_delete", delete)


activate(globals())

"""Debian's real Cinder with one bug: the lab's start.py runs this file before cinder-volume or cinder-api starts.

The file bug.json in the same folder names the bug. Each bug wraps one method of Cinder, so that everything else behaves
as in Cinder itself.
"""

from __future__ import annotations

from typing import Any

import cinder.objects  # type: ignore[import-not-found]
from buggy_service import Wrapper, activate, copy_elsewhere, nothing, wrap  # type: ignore[import-not-found]

cinder.objects.register_all()

from cinder.api.v2.views import volumes as views  # type: ignore[import-not-found]  # noqa: E402
from cinder.volume.drivers import rbd as driver  # type: ignore[import-not-found]  # noqa: E402

# Volumes from images


def _after_clone(act: Any) -> None:
    """Call `act(driver, volume)` for each volume that was cloned from an image."""

    def clone(original: Wrapper, self: Any, context: Any, volume: Any, *args: Any, **keywords: Any) -> Any:
        update, cloned = original(self, context, volume, *args, **keywords)
        if cloned:
            act(self, volume)
        return update, cloned

    wrap(driver.RBDDriver, "clone_image", clone)


def volume_is_flat() -> None:
    _after_clone(lambda self, volume: self._flatten(self.configuration.rbd_pool, volume.name))


def volume_at_central_too(conf: str, user: str) -> None:
    def act(self: Any, volume: Any) -> None:
        with driver.RADOSClient(self) as client:
            copy_elsewhere(client.ioctx, volume.name, conf, user, "volumes")

    _after_clone(act)


# Snapshots of volumes


def _after_snapshot(act: Any) -> None:
    """Call `act(volume, snapshot name)` for each snapshot that was created."""

    def create(original: Wrapper, self: Any, snapshot: Any) -> Any:
        result = original(self, snapshot)
        with driver.RBDVolumeProxy(self, snapshot.volume_name) as volume:
            act(volume, snapshot.name)
        return result

    wrap(driver.RBDDriver, "create_snapshot", create)


def volume_snapshot_unprotected() -> None:
    _after_snapshot(lambda volume, name: volume.unprotect_snap(name))


def volume_snapshot_missing() -> None:
    def act(volume: Any, name: str) -> None:
        volume.unprotect_snap(name)
        volume.remove_snap(name)

    _after_snapshot(act)


# Deletion of volumes


def deleted_volume_leaves_its_data() -> None:
    wrap(driver.RBDDriver, "delete_volume", nothing)


def volume_cannot_be_deleted() -> None:
    def delete(original: Wrapper, self: Any, volume: Any) -> None:
        raise RuntimeError(f"{volume.name} cannot be deleted")

    wrap(driver.RBDDriver, "delete_volume", delete)


# Volumes in the API


def volume_stays_available(zone: str) -> None:
    def detail(original: Wrapper, self: Any, request: Any, volume: Any) -> Any:
        said = original(self, request, volume)
        if volume.get("availability_zone") == zone and said["volume"]["status"] == "in-use":
            said["volume"] |= {"status": "available", "attachments": []}
        return said

    wrap(views.ViewBuilder, "detail", detail)


activate(globals())

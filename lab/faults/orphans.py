"""Faults that leave orphans in a cluster: data that belongs to no image, server or volume."""

from __future__ import annotations

import uuid

from lab.faults.breaking import Breaking


def orphaned_disk(at: Breaking) -> None:
    at.put_rbd("vms", f"{uuid.uuid4()}_disk")


def orphaned_image(at: Breaking) -> None:
    """Create the image with a protected snapshot, as Glance does."""
    name = str(uuid.uuid4())
    at.put_rbd("images", name)
    at.lab.rbd(at.site, "snap", "create", f"images/{name}@snap")
    at.lab.rbd(at.site, "snap", "protect", f"images/{name}@snap")


def orphaned_image_in_trash(at: Breaking) -> None:
    name = str(uuid.uuid4())
    at.put_rbd("images", name)
    at.lab.rbd(at.site, "trash", "mv", f"images/{name}")


def orphaned_volume(at: Breaking) -> None:
    at.put_rbd("volumes", f"volume-{uuid.uuid4()}")

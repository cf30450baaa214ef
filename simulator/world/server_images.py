"""Images of servers: a copy of the disk, or only a pointer to snapshots for a volume-backed server."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from simulator.world.clock import now
from simulator.world.content import Content
from simulator.world.images import Image, Location
from simulator.world.refusal import Refusal
from simulator.world.servers import Server

if TYPE_CHECKING:
    from simulator.world.identity import User
    from simulator.world.world import World


def create_image(world: World, server: Server, user: User, name: str, metadata: dict[str, str]) -> Image:
    """Start creating an image of the server. Raises Refusal in the states in which Nova refuses."""
    if server.vm_state not in ("active", "stopped", "paused", "suspended"):
        message = f"Cannot 'createImage' instance {server.id} while it is in vm_state {server.vm_state}"
        raise Refusal(409, message)
    world.servers.check_no_task(server, "createImage")
    image = Image(str(uuid.uuid4()), user.project.id, name, visibility="private")
    image.properties = server.image_properties | metadata
    world.images.records[image.id] = image
    if not server.image_id and server.volumes:
        _point_to_volumes(world, server, user, image)
        return image
    image.properties |= {
        "base_image_ref": server.image_id or "",
        "image_type": "snapshot",
        "instance_uuid": server.id,
        "user_id": user.id,
        "owner_project_name": user.project.name,
        "owner_user_name": user.name,
        "boot_roles": ",".join(user.roles),
    }
    image.min_disk = server.flavor.disk
    server.task_state = "image_snapshot"
    world.clock.start(_copy_disk(world, server, image))
    return image


def _point_to_volumes(world: World, server: Server, user: User, image: Image) -> None:
    """Take a Cinder snapshot of each volume, and create an image without data in central's Glance, as nova-api does."""
    glance, mapping = world.central.images, []
    for number, volume_id in enumerate(server.volumes):
        wanted = {
            "volume_id": volume_id,
            "force": True,
            "name": f"snapshot for {image.name}",
            "description": world.volumes.get(volume_id).description,
        }
        snapshot = world.volumes.take_snapshot(user, wanted)
        entry = {
            "source_type": "snapshot",
            "destination_type": "volume",
            "snapshot_id": snapshot.id,
            "boot_index": number or 0,
            "device_type": "disk",
            "disk_bus": "virtio",
            "volume_size": snapshot.size,
            "delete_on_termination": False,
        }
        mapping.append(entry)
    image.properties |= {
        "root_device_name": "/dev/vda",
        "bdm_v2": "True",
        "block_device_mapping": json.dumps(mapping),
        "base_image_ref": "",
    }
    image.disk_format, image.container_format, image.min_disk = "raw", "bare", server.flavor.disk
    empty = Content(0, {})
    store = glance.stores[glance.default]
    world.write_copy(store, image.id, empty)
    image.locations = [Location(store.url(image.id), store.id)]
    image.size, image.checksum, image.status = 0, empty.digest("md5"), "active"
    image.os_hash_algo, image.os_hash_value = "sha512", empty.digest("sha512")


async def _copy_disk(world: World, server: Server, image: Image) -> None:
    """Copy the disk to a flat image in the images pool of the site's cluster; Glance receives only the location.

    During the copy, the disk has a snapshot from which it is copied.
    """
    site = world.sites[server.site or ""]
    root = world.servers.root(server)
    content = root.content if root is not None else server.disk
    server.task_state = "image_pending_upload"
    if content is None:
        server.task_state = None
        world.images.records.pop(image.id, None)
        return
    copied_from = uuid.uuid4().hex
    if root is not None:
        site.ceph.snapshot(site.nova.images_pool, root.name, copied_from)
    await world.clock.takes("createImage", content.used)
    if root is not None:
        root.snapshots.pop(copied_from, None)
    server.task_state = "image_uploading"
    own = site.glance or world.central.images
    glance = world.hooks.through("snapshot.glance", own, site=site)
    # what another Glance gets is uploaded into its default store
    here = (
        store for store in glance.stores.values() if glance is own and store.cluster is site.cluster and site.cluster
    )
    store = next(here, glance.stores[glance.default])
    if image.id in world.images.records and store.cluster is not None:
        await world.reach(store.cluster)
        world.write_copy(store, image.id, content)
        image.locations = [Location(store.url(image.id), store.id)]
        image.size, image.disk_format, image.container_format = content.size, "raw", "bare"
        image.properties |= {"image_location": "snapshot", "image_state": "available", "owner_id": server.project}
        image.status, image.updated = "active", now()
        if site.cluster is None:
            image.checksum, image.os_hash_algo = content.digest("md5"), "sha512"
            image.os_hash_value = content.digest("sha512")
        world.hooks.through("snapshot.stored", image, content=content, server=server)
    server.task_state = None

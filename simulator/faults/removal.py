"""Faults of deleting an image, or one of its copies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.faults.changes import changed, hooked, modelled
from simulator.world.clusters import Cluster
from simulator.world.content import Content
from simulator.world.images import Image
from simulator.world.sites import Glance, Site
from simulator.world.world import World


def _after_delete(world: World, at: Site, change: Any) -> Any:
    """`change(cluster, the RBD image that was there)` after the image was deleted everywhere."""

    def hook(value: None, image_id: str, site: Site) -> None:
        image = at.ceph.pool("images").images.get(image_id)
        if image is not None and not any(at.ceph.children("images", image_id)):

            async def later() -> None:
                if image_id not in world.images.records:
                    change(at.ceph, image)

            world.clock.start(later())

    return hooked(world, "image.delete", hook)


@modelled()
def delete_leaves_data(world: World, site: Site) -> Iterator[None]:
    """image-delete leaves the data in the site's cluster."""
    with _after_delete(world, site, lambda cluster, image: cluster.pool("images").images.setdefault(image.name, image)):
        yield


@modelled()
def delete_to_trash(world: World, site: Site) -> Iterator[None]:
    """image-delete moves the data in the site's cluster to the trash, where it stays."""
    with _after_delete(world, site, lambda cluster, image: cluster.pool("images").trash.setdefault(image.id, image)):
        yield


@modelled()
def delete_is_forgotten(world: World, site: Site) -> Iterator[None]:
    """image-delete answers 204 and deletes nothing."""

    def forget(glance: Glance, image_id: str) -> None:
        world.images.get(image_id)

    with changed(world.images, "delete", forget):
        yield


def _delete_from(world: World, then: Any) -> Any:
    honest = world.images.delete_from

    def delete_from(glance: Glance, store: str, image_id: str) -> None:
        image = world.images.get(image_id)
        before = {location.store: world.images.cluster_of(location) for location in image.locations}
        honest(glance, store, image_id)
        then(image, store, before[store])

    return changed(world.images, "delete_from", delete_from)


@modelled()
def stores_delete_leaves_data(world: World, site: Site) -> Iterator[None]:
    """stores-delete takes the store out of the record and leaves the data."""

    def then(image: Image, store: str, cluster: Cluster) -> None:
        cluster.create("images", image.id, Content(image.size or 0, {}))

    with _delete_from(world, then):
        yield


@modelled()
def stores_delete_removes_two(world: World, site: Site) -> Iterator[None]:
    """stores-delete removes one copy more than it was asked to."""

    def then(image: Image, store: str, cluster: Cluster) -> None:
        if len(image.locations) > 1:
            world.images.remove_data(image.locations.pop())

    with _delete_from(world, then):
        yield


@modelled(where="central")
def stores_delete_keeps_the_record(world: World, site: Site) -> Iterator[None]:
    """stores-delete removes the data and leaves the store in the record."""

    def then(image: Image, store: str, cluster: Cluster) -> None:
        at = next(each for each in world.central.images.stores.values() if each.id == store)
        image.locations.append(type(image.locations[0])(at.url(image.id), store))

    with _delete_from(world, then):
        yield

"""Faults of deleting an image or one of its copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simulator.faults.changes import changed, hooked, modelled
from simulator.world.clusters import Cluster
from simulator.world.content import Content
from simulator.world.images import Image, Location
from simulator.world.sites import Glance, Site
from simulator.world.world import World


@contextmanager
def _after_removal(world: World, at: Site, change: Any) -> Iterator[None]:
    """Call `change(pool, removed RBD image)` after an image, or the site's copy of it, was deleted."""

    def hook(value: None, image_id: str, **context: object) -> None:
        pool = at.ceph.pool("images")
        before = pool.images.get(image_id)

        async def later() -> None:
            if before is not None and image_id not in pool.images:
                change(pool, before)

        world.clock.start(later())

    with hooked(world, "image.delete", hook), hooked(world, "image.delete_from", hook):
        yield


@modelled()
def delete_leaves_data(world: World, site: Site) -> Iterator[None]:
    with _after_removal(world, site, lambda pool, image: pool.images.setdefault(image.name, image)):
        yield


@modelled()
def delete_to_trash(world: World, site: Site) -> Iterator[None]:
    with _after_removal(world, site, lambda pool, image: pool.trash.setdefault(image.id, image)):
        yield


@modelled()
def delayed_delete(world: World, site: Site) -> Iterator[None]:
    honest = world.images.delete

    def hide(glance: Glance, image_id: str) -> None:
        if glance is not site.images or world.images.get(image_id).protected:
            honest(glance, image_id)
        else:
            del world.images.records[image_id]

    with changed(world.images, "delete", hide):
        yield


@modelled()
def delete_is_forgotten(world: World, site: Site) -> Iterator[None]:
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
    def then(image: Image, store: str, cluster: Cluster) -> None:
        cluster.create("images", image.id, Content(image.size or 0, {}))

    with _delete_from(world, then):
        yield


@modelled()
def stores_delete_removes_two(world: World, site: Site) -> Iterator[None]:
    def then(image: Image, store: str, cluster: Cluster) -> None:
        if image.locations:
            world.images.remove_data(image.locations.pop())

    with _delete_from(world, then):
        yield


@modelled()
def stores_delete_keeps_the_record(world: World, site: Site) -> Iterator[None]:
    def then(image: Image, store: str, cluster: Cluster) -> None:
        at = next(each for each in world.central.images.stores.values() if each.id == store)
        if cluster is site.cluster:
            image.locations.append(Location(at.url(image.id), store))

    with _delete_from(world, then):
        yield


@modelled()
def stores_delete_removes_all(world: World, site: Site) -> Iterator[None]:
    def then(image: Image, store: str, cluster: Cluster) -> None:
        for location in image.locations if cluster is site.cluster else ():
            world.images.remove_data(location)

    with _delete_from(world, then):
        yield

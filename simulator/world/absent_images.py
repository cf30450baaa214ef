"""What nova-compute does where the site's cluster has no copy of a server's image.

Source: nova/virt/libvirt/imagebackend.py (Rbd.clone, copy_to_store) and driver.py (clone_fallback_to_fetch) of 2026.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.world.images import FAILED, IMPORTING, Image
from simulator.world.imports import ImportFlow
from simulator.world.refusal import BuildFailed, Refusal
from simulator.world.sites import COPY_TIMEOUT, Site
from simulator.world.volumes import local_copy

if TYPE_CHECKING:
    from simulator.world.identity import User
    from simulator.world.nodes import Node
    from simulator.world.servers import Server
    from simulator.world.world import World

_NOWHERE = "No image locations are accessible"


@dataclass(frozen=True)
class AbsentImage:
    """An image that a server on this node boots from."""

    world: World
    site: Site
    node: Node
    image: Image

    async def handled(self, server: Server, user: User) -> None:
        """Have the image copied here if so configured. Raises BuildFailed if that failed, and Nova may not download it.

        Where it may, it does so without a word.
        """
        nova, why = self.site.nova.at(self.node), _NOWHERE
        if local_copy(self.world, self.site, self.image) is not None:
            return
        if nova.glance_store:
            why = await self._copied(nova.glance_store, server, user)
        if self.world.hooks.through("absent.refused", nova.never_download and bool(why), server=server, site=self.site):
            told = f"Image {self.image.id} is unacceptable: {why}"
            self.world.log("nova_compute", self.node, f"WARNING [instance: {server.id}] {told}; refusing to fetch it")
            raise BuildFailed(f"Build of instance {server.id} aborted: {told}")

    async def _copied(self, store: str, server: Server, user: User) -> str:
        """Have the site's Glance copy the image with the user's rights; returns why that failed, if it did."""
        glance, body = self.site.images, {"method": {"name": "copy-image"}, "stores": [store]}
        if glance.copy_needs_admin and not user.is_admin:
            reason = f"Exceeded maximum number of retries. Exhausted all hosts available for instance {server.id}."
            raise BuildFailed(reason)
        images, request = self.world.images, f"req-{uuid.uuid4()}"
        try:
            images.check_method(glance, "copy-image")
            wanted: list[str] = images.check_import(glance, self.image, body)
            ImportFlow.begin(self.world, glance, self.image, user, body, wanted, request)
        except Refusal as error:
            if error.status != 400:  # 400: another node has asked before
                return f"Import of image {self.image.id} refused: {error.message}"
        for _ in range(COPY_TIMEOUT * 20):
            await asyncio.sleep(0.05)
            if store in self._stores(FAILED):
                return f"Copy to store {store} unsuccessful because: failed import"
            if store not in self._stores(IMPORTING):
                return "" if store in self.image.stores() else _NOWHERE
        return f"Copy to store {store} timed out"

    def _stores(self, name: str) -> list[Any]:
        return self.image.properties.get(name, "").split(",")

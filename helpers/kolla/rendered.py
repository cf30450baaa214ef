"""Rendered trees: what kolla-ansible has put into /etc/kolla of each host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from helpers.declared import options
from helpers.declared.model import Backend, Compute, GlanceService, Holder
from helpers.declared.texts import Layered
from helpers.kolla.trees import RENDERED, Tree, joined
from helpers.tripleo.findings import Place
from helpers.tripleo.loader import Node


class Rendered:
    """Reads the tree of one host. The host's name is that of the folder above `etc/kolla`, or of the tree."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree, self._folder = tree, "" if folder == "." else folder
        parts = [part for part in PurePosixPath(self._folder).parts if part not in ("etc", "kolla")]
        self.host = parts[-1] if parts else ""

    def _config(self, service: str) -> Layered:
        return self._tree.layered(joined(self._folder, service, RENDERED[service]))

    def _holder(self, service: str) -> Holder | None:
        folder = joined(self._folder, service)
        return self._tree.holder(folder, folder, joined(folder, "ceph"))

    def glance(self) -> GlanceService | None:
        config = self._config("glance-api")
        if not config.texts:
            return None
        return options.glance("glance-api", config.place("DEFAULT"), True, config, self._holder("glance-api"))

    def backends(self) -> Iterator[Backend]:
        yield from options.volumes(self._config("cinder-volume"), (), self._holder("cinder-volume"))
        yield from options.backup(self._config("cinder-backup"), (), self._holder("cinder-backup"))

    def compute(self) -> Compute | None:
        config = self._config("nova-compute")
        if not config.texts:
            return None
        called = (self.host,) if self.host else ()
        place = Place(joined(self._folder, "nova-compute/nova.conf"))
        secrets = dict(self._secrets())
        return options.compute(
            self.host or "nova-compute", called, place, config, self._holder("nova-compute"), secrets
        )

    def _secrets(self) -> Iterator[tuple[str, Node]]:
        """The keys of libvirt's secrets, in files that are called by their UUID."""
        prefix = joined(self._folder, "nova-libvirt/secrets")
        for name, found in self._tree.found.items():
            if name.startswith(f"{prefix}/") and name.endswith(".base64"):
                text = (found.text() or "").strip()
                yield PurePosixPath(name).stem, Node(Place(name, 1, "key"), "text", text)

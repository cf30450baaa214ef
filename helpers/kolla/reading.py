"""Reads a folder of kolla-ansible's files."""

from __future__ import annotations

from pathlib import Path

from helpers.declared.model import Declared, Defaults
from helpers.kolla import trees
from helpers.kolla.custom import Custom
from helpers.kolla.rendered import Rendered
from helpers.kolla.variables import Variables

#: Glance's own default has copy-image, and converts nothing. The UUID of libvirt's secret is one of passwords.yml.
DEFAULTS = Defaults(copy_image=True, conversion=False, secret_is_fsid=False)
KIND = "kolla-ansible"


def read(folder: Path) -> Declared | None:
    """What the files declare, or None if there are neither variables with config/ nor rendered trees."""
    tree = trees.read(folder)
    variables = Variables(tree)
    customs = [Custom(tree, name, variables) for name in _beside(variables, list(tree.custom()))]
    rendered = [Rendered(tree, name) for name in tree.rendered()]
    if not customs and not rendered:
        return None
    every: list[Custom | Rendered] = [*customs, *rendered]
    glances = [one.glance() for one in every]
    backends = [backend for one in every for backend in one.backends()]
    computes = [compute for custom in customs for compute in custom.computes()]
    computes += [compute for one in rendered if (compute := one.compute()) is not None]
    clients = [store.client for glance in glances if glance is not None for store in glance.stores]
    clients += [backend.client for backend in backends]
    clients += [compute.client for compute in computes if compute.client is not None]
    holders = {client.holder.name: client.holder for client in clients if client.holder is not None}
    return Declared(
        folder,
        KIND,
        DEFAULTS,
        tuple(holders.values()),
        tuple(glance for glance in glances if glance is not None),
        tuple(backends),
        tuple(computes),
        (),
        tuple(tree.unreadable),
    )


def _beside(variables: Variables, found: list[str]) -> list[str]:
    """The operator's own configuration: config/ beside globals.yml, otherwise the folders that look like it."""
    beside = [trees.joined(name.rpartition("/")[0], "config") for name in variables.files]
    if not variables.files:
        return []
    return [name for name in found if name in beside] or found or beside[:1]

"""Assigns each store of a `GlanceMultistoreConfig` to a cluster: by a site's name, otherwise by its cluster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from helpers.tripleo.facts import cluster_name, cluster_names, has_storage
from helpers.tripleo.findings import Place
from helpers.tripleo.loader import Node
from helpers.tripleo.stacks import DeploymentFiles, Stack

DEFAULT_ID = "default_backend"
_CEPH_USER = "openstack"


@dataclass(frozen=True, eq=False)
class Store:
    """One additional store of `owner`'s Glance, and the stack of its cluster (None: of no stack)."""

    name: str
    node: Node
    owner: Stack
    about: Stack | None

    @property
    def backend(self) -> str:
        """rbd, file, cinder or swift. The default is the owner's `GlanceBackend`."""
        node = self.node.scalar("GlanceBackend") or self.owner.parameter("GlanceBackend")
        return node.text.strip() if node else "rbd"

    @property
    def user(self) -> str:
        """The cephx user, without `client.`. Heat's default is openstack."""
        node = self.node.scalar("CephClientUserName") or self.owner.parameter("CephClientUserName")
        return node.text.strip() if node else _CEPH_USER

    @property
    def cluster(self) -> Node | None:
        """The cluster that the store names. None means the owner's own."""
        return self.node.scalar("CephClusterName")

    def place(self, key: str) -> Place:
        """The place of a setting, or of the store if the setting is absent."""
        node = self.node.scalar(key)
        return node.place if node else self.node.place


@lru_cache(maxsize=1024)
def stores(files: DeploymentFiles, owner: Stack) -> tuple[Store, ...]:
    """The additional stores of a stack's Glance."""
    named = [
        (name, node)
        for config in owner.definitions("GlanceMultistoreConfig")
        for name, node in config.entries.items()
        if node.kind == "mapping"
    ]
    others = [stack for stack in files.stacks if stack is not owner and has_storage(stack)]
    by_name = {name: stack for stack in others for name in (cluster_name(stack), store_id(stack), stack.name)}
    by_name.pop(DEFAULT_ID, None)
    by_cluster = {cluster_name(stack): stack for stack in others}
    found = []
    for name, node in named:
        cluster = node.scalar("CephClusterName")
        about = by_name.get(name) or (by_cluster.get(cluster.text.strip()) if cluster else None)
        found.append(Store(name, node, owner, about))
    # a cluster that its own stack's files do not name may have any name; a single store left over is on that cluster
    unnamed = [stack for stack in others if not cluster_names(stack) and stack not in {store.about for store in found}]
    strangers = [store for store in found if store.about is None and store.backend == "rbd"]
    if len(unnamed) == len(strangers) == 1:
        found[found.index(strangers[0])] = replace(strangers[0], about=unnamed[0])
    return tuple(found)


def named(config: Node) -> set[str]:
    """The names of the stores in a `GlanceMultistoreConfig` and of their clusters."""
    clusters = [store.scalar("CephClusterName") for store in config.entries.values()]
    return {*config.entries, *(node.text.strip() for node in clusters if node is not None)}


def store_of(files: DeploymentFiles, owner: Stack, stack: Stack) -> Store | None:
    """`owner`'s store on `stack`'s cluster."""
    return next((store for store in stores(files, owner) if store.about is stack), None)


def store_id(stack: Stack) -> str:
    """The id of a stack's local store in its own Glance. Heat's default is `default_backend`."""
    node = stack.parameter("GlanceBackendID")
    return node.text.strip() if node else DEFAULT_ID

"""The operator's own configuration: globals.yml, and a config/ folder that is merged over kolla-ansible's templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from helpers.declared import options
from helpers.declared.model import Backend, Client, Compute, GlanceService, Holder, StoreSection
from helpers.declared.texts import Layered
from helpers.kolla.trees import Tree, joined
from helpers.kolla.variables import Variables
from helpers.tripleo.findings import Place
from helpers.tripleo.loader import Node

#: Folders in config/nova that are not a host's.
_OF_SERVICES = frozenset({"nova-compute", "nova-api", "nova-cell", "nova-libvirt", "policy"})
Entries = Mapping[str, Node]


class Custom:
    """Reads one config/ folder with the variables that belong to it."""

    def __init__(self, tree: Tree, folder: str, variables: Variables) -> None:
        self._tree, self._folder, self._variables = tree, folder, variables
        self._cluster = variables.value("ceph_cluster", "ceph")

    def _path(self, *parts: str) -> str:
        return joined(self._folder, *parts)

    def glance(self) -> GlanceService | None:
        """The one Glance, if it has a store on a cluster."""
        config = self._tree.layered(*map(self._path, ("global.conf", "glance.conf", "glance/glance-api.conf")))
        holder = self._tree.holder(self._path("glance"), self._path("glance"), self._path("glance/glance-api"))
        backends = self._variables.backends("glance_ceph_backends")
        if backends is None and (holder is not None or self._variables.true("glance_backend_ceph")):
            backends = [self._entries("rbd", "glance")]
        backends = backends or []
        if not backends and not config.texts:
            return None
        by_id = {entry["name"].text.strip(): entry for entry in backends if "name" in entry}
        enabled = config.option("DEFAULT", "enabled_backends")
        pairs = [part.partition(":") for part in options.elements(enabled)]
        ids = [store.strip() for store, _, kind in pairs if kind.strip() == "rbd"] if enabled is not None else [*by_id]
        stores = tuple(self._store(store, by_id.get(store), config, holder) for store in ids)
        first = next(iter(backends), {}).get("name")
        default = config.option("glance_store", "default_backend") or self._variables.text("glance_default_backend")
        place = first.place if first is not None else config.place("DEFAULT")
        listed = [store.strip() for store, _, _ in pairs] if enabled is not None else ids
        return GlanceService(
            "glance-api",
            place,
            True,
            stores,
            tuple(listed),
            enabled,
            default or first,
            config.option("DEFAULT", "enabled_import_methods"),
            config.option("image_import_opts", "image_import_plugins"),
        )

    def _store(self, store: str, entry: Entries | None, config: Layered, holder: Holder | None) -> StoreSection:
        conf = config.option(store, "rbd_store_ceph_conf") or self._conf(entry)
        user = config.option(store, "rbd_store_user") or (entry or {}).get("user")
        where = entry["name"].place if entry is not None else config.place(store)
        default = self._variables.value("ceph_glance_user", "glance")
        pool = config.option(store, "rbd_store_pool") or (entry or {}).get("pool")
        client = Client(where, conf, user, default, holder, pool)
        return StoreSection(store, client, entry is not None or config.has(store))

    def _conf(self, entry: Entries | None) -> Node | None:
        """The conf that the templates name for a backend's cluster."""
        cluster = (entry or {}).get("cluster")
        return _conf(cluster) if cluster is not None else None

    def _entries(self, name: str, user: str) -> Entries:
        """The backend that kolla-ansible has without a list."""
        given = self._variables.text("ceph_cluster")
        place = given.place if given is not None else Place(next(iter(self._variables.files), f"{self._folder}/"))
        values = {"name": name, "cluster": self._cluster, "user": self._variables.value(f"ceph_{user}_user", user)}
        return {key: Node(place, "text", value) for key, value in values.items()}

    def backends(self) -> Iterator[Backend]:
        """cinder-volume's RBD backends, and cinder-backup."""
        names = ("global.conf", "cinder.conf", "cinder/cinder-volume.conf")
        config = self._tree.layered(*map(self._path, names))
        folders = (self._path("cinder"), self._path("cinder/cinder-volume"))
        holder = self._tree.holder(self._path("cinder/cinder-volume"), *folders)
        entries = self._variables.backends("cinder_ceph_backends")
        if entries is None and (holder is not None or self._variables.true("cinder_backend_ceph")):
            entries = [self._entries("rbd-1", "cinder")]
        by_name = {entry["name"].text.strip(): entry for entry in entries or [] if "name" in entry}
        enabled = config.option("DEFAULT", "enabled_backends")
        listed = {backend.called[-1]: backend for backend in options.volumes(config, (), holder)}
        for name in options.elements(enabled) if enabled is not None else [*by_name]:
            if name in by_name:
                yield self._volume(name, by_name[name], config, holder)
            elif name in listed:
                yield listed[name]
        for entry in self._variables.backends("cinder_backup_ceph_backend") or []:
            folders = (self._path("cinder"), self._path("cinder/cinder-backup"))
            client = Client(
                next(iter(entry.values())).place,
                self._conf(entry),
                entry.get("user"),
                "cinder-backup",
                self._tree.holder(self._path("cinder/cinder-backup"), *folders),
            )
            yield Backend("backup", "cinder-backup", (), client)

    def _volume(self, name: str, entry: Entries, config: Layered, holder: Holder | None) -> Backend:
        zone = config.option(name, "backend_availability_zone") or entry.get("availability_zone")
        conf = config.option(name, "rbd_ceph_conf") or self._conf(entry)
        user = config.option(name, "rbd_user") or entry.get("user")
        default = self._variables.value("ceph_cinder_user", "cinder")
        return Backend(
            "volume",
            f"volume backend {name}",
            (name,),
            Client(
                entry["name"].place, conf, user, default, holder, config.option(name, "rbd_pool") or entry.get("pool")
            ),
            zone or config.option("DEFAULT", "storage_availability_zone"),
            config.option(name, "rbd_secret_uuid") or self._variables.secret("cinder_rbd_secret_uuid"),
            config.option(name, "rbd_cluster_name"),
        )

    def computes(self) -> Iterator[Compute]:
        """The compute nodes: each host with a folder or a cluster of its own, otherwise all together."""
        nova = self._path("nova")
        folders = [name for name in self._tree.folders(nova) if name not in _OF_SERVICES]
        hosts = list(dict.fromkeys([*folders, *self._variables.clusters]))
        if not hosts and not any(name.startswith(f"{nova}/") for name in self._tree.found):
            return
        for host in hosts or [""]:
            yield self._compute(host)

    def _compute(self, host: str) -> Compute:
        names = ["global.conf", "nova.conf", "nova/nova-compute.conf"]
        own = [joined("nova", host)] if host else []
        names += [f"{folder}/{name}" for folder in own for name in ("nova.conf", "nova-compute.conf")]
        config = self._tree.layered(*map(self._path, names))
        folders = [self._path("nova"), *map(self._path, own)]
        holder = self._tree.holder(folders[-1], *folders)
        of_host = self._tree.holder(folders[-1], folders[-1])
        cluster = self._variables.clusters.get(host)
        default: Node | None = _conf(cluster) if cluster is not None else None
        if default is None and of_host is not None and len(of_host.confs) == 1:
            (conf,) = of_host.confs.values()
            default = Node(conf.text.place, "text", f"/etc/ceph/{conf.name}")
        elif default is None and holder is not None and f"{self._cluster}.conf" in holder.confs:
            default = Node(Place(f"{folders[-1]}/"), "text", f"/etc/ceph/{self._cluster}.conf")
        user = self._variables.value("ceph_nova_user", self._variables.value("ceph_cinder_user", "cinder"))
        name = host or "nova-compute"
        return options.compute(
            name,
            (host,) if host else (),
            Place(f"{folders[-1]}/"),
            config,
            holder,
            default=default,
            default_user=user,
            default_secret=self._variables.secret("rbd_secret_uuid"),
        )


def _conf(cluster: Node) -> Node:
    name = PurePosixPath(cluster.text.strip()).name
    return Node(cluster.place, "text", f"/etc/ceph/{name}.conf")

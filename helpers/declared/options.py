"""Glances, volume backends and computes from the options that oslo.config reads, whatever file they are in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helpers.declared.model import Backend, Client, Compute, GlanceService, Holder, StoreSection
from helpers.declared.texts import Layered
from helpers.nodes.config_files import BadConfigFile, OsloConfig
from helpers.tripleo.findings import Place
from helpers.tripleo.loader import Node


def elements(node: Node | None) -> list[str]:
    """The parts of an option that is a list: `a,b`, `[a, b]`, `["a","b"]`."""
    if node is None:
        return []
    try:
        return list(OsloConfig({"DEFAULT": {"x": (node.text,)}}).get_list("DEFAULT", "x"))
    except BadConfigFile:
        return []


def glance(
    name: str, place: Place, central: bool, config: Layered, holder: Holder | None, addresses: tuple[str, ...] = ()
) -> GlanceService:
    """A Glance. A store without a section is known by its id."""
    enabled = config.option("DEFAULT", "enabled_backends")
    pairs = [part.partition(":") for part in elements(enabled)]
    stores = tuple(
        StoreSection(
            store.strip(),
            Client(
                config.place(store.strip()),
                config.option(store.strip(), "rbd_store_ceph_conf"),
                config.option(store.strip(), "rbd_store_user"),
                holder=holder,
                pool=config.option(store.strip(), "rbd_store_pool"),
            ),
            config.has(store.strip()),
        )
        for store, _, kind in pairs
        if kind.strip() == "rbd"
    )
    return GlanceService(
        name,
        place,
        central,
        stores,
        tuple(store.strip() for store, _, _ in pairs),
        enabled,
        config.option("glance_store", "default_backend"),
        config.option("DEFAULT", "enabled_import_methods"),
        config.option("image_import_opts", "image_import_plugins"),
        addresses,
    )


def volumes(config: Layered, called: tuple[str, ...], holder: Holder | None) -> Iterator[Backend]:
    """The RBD backends of cinder-volume."""
    for section in elements(config.option("DEFAULT", "enabled_backends")):
        driver, conf = config.option(section, "volume_driver"), config.option(section, "rbd_ceph_conf")
        if conf is None and config.has(section) and (driver is None or not driver.text.endswith("RBDDriver")):
            continue  # of another kind; a backend without a section is of none, and has no conf
        yield Backend(
            "volume",
            f"volume backend {section}" + (f" of {called[0]}" if called else ""),
            (*called, section),
            Client(
                config.place(section),
                conf,
                config.option(section, "rbd_user"),
                holder=holder,
                pool=config.option(section, "rbd_pool"),
            ),
            config.option(section, "backend_availability_zone")
            or config.option("DEFAULT", "storage_availability_zone"),
            config.option(section, "rbd_secret_uuid"),
            config.option(section, "rbd_cluster_name"),
            config.option("DEFAULT", "glance_api_servers"),
            config.has(section),
        )


def backup(config: Layered, called: tuple[str, ...], holder: Holder | None) -> Iterator[Backend]:
    """cinder-backup, if it writes to a cluster."""
    driver, conf = config.option("DEFAULT", "backup_driver"), config.option("DEFAULT", "backup_ceph_conf")
    if conf is not None or (driver is not None and "ceph" in driver.text.lower()):
        user = config.option("DEFAULT", "backup_ceph_user")
        client = Client(config.place("DEFAULT"), conf, user, "cinder", holder)
        zone = config.option("DEFAULT", "storage_availability_zone")
        yield Backend("backup", f"cinder-backup {' '.join(called)}".strip(), called, client, zone)


def shares(config: Layered, called: tuple[str, ...], holder: Holder | None) -> Iterator[Backend]:
    """The CephFS backends of manila-share."""
    for section in elements(config.option("DEFAULT", "enabled_share_backends")):
        conf = config.option(section, "cephfs_conf_path")
        if conf is None:
            continue
        yield Backend(
            "share",
            f"share backend {section}",
            (*called, section),
            Client(config.place(section), conf, config.option(section, "cephfs_auth_id"), "manila", holder),
            config.option(section, "backend_availability_zone")
            or config.option("DEFAULT", "storage_availability_zone"),
            cluster=config.option(section, "cephfs_cluster_name"),
        )


def compute(
    name: str,
    called: tuple[str, ...],
    place: Place,
    config: Layered,
    holder: Holder | None,
    secrets: Mapping[str, Node] | None = None,
    default: Node | None = None,
    default_user: str = "admin",
    default_secret: Node | None = None,
) -> Compute:
    """Computes with one configuration. The defaults are those where no option names a conf, user or secret."""
    kind = config.option("libvirt", "images_type")
    conf = config.option("libvirt", "images_rbd_ceph_conf") or default
    uses = conf is not None or (kind is not None and kind.text.strip() == "rbd")
    user, pool = config.option("libvirt", "rbd_user"), config.option("libvirt", "images_rbd_pool")
    where = conf.place if conf is not None else (config.place("libvirt") if config.texts else place)
    return Compute(
        name,
        called,
        config.place("cinder") if config.texts else place,
        Client(where, conf, user, default_user, holder, pool) if uses else None,
        config.option("libvirt", "rbd_secret_uuid") or default_secret,
        config.option("libvirt", "images_rbd_glance_store_name"),
        config.option("glance", "endpoint_override", "api_servers"),
        config.option("cinder", "cross_az_attach"),
        bool(config.texts),
        secrets or {},
    )

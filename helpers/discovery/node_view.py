"""What one machine reports: its services, their containers, and their settings.

Configuration files contain passwords. Only a few options of them are read and kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeVar

from helpers.environment import SERVICE_OF_ROLE, Services
from helpers.environment.values import UUID
from helpers.nodes.config_files import BadConfigFile, OsloConfig, parse_ceph_conf, parse_oslo
from helpers.nodes.containers import Container, containers_on
from helpers.nodes.node import CommandFailed, DeadlinePassed, FileFacts, Runner, read_file
from helpers.tripleo.findings import printable

T = TypeVar("T")

#: Role → pattern of its container's name. A stopped container counts: the service is meant to run there.
_CONTAINERS: Mapping[str, str] = {
    "glance": r"glance[_-]api(?:[_-]internal)?",
    "ceph-mon": rf"ceph-mon-.+|ceph-{UUID}-mon[-.].+",
    "compute": r"nova[_-]compute",
    "cinder-volume": r"cinder[_-]volume|(?:openstack-)?cinder-volume-(?:podman|docker)-\d+",
    "nova-api": r"nova[_-]api",
    "keystone": r"keystone",
    "haproxy": r"haproxy(?:[_-]edge)?|haproxy-bundle-(?:podman|docker)-\d+",
}
#: Service in the environment file → role, TripleO's container, configuration file.
SERVICES: Mapping[str, tuple[str, str, str]] = {
    name: (role, str(usual.container), usual.config[0])
    for role, name in SERVICE_OF_ROLE.items()
    for usual in (Services.usual(name),)
}


@dataclass(frozen=True)
class StoreConfig:
    """A store in glance-api.conf. `fsid` is from the cluster's conf that Glance uses on this machine."""

    id: str
    type: str
    cluster: str | None = None
    fsid: str | None = None
    pool: str | None = None
    user: str | None = None


@dataclass(frozen=True)
class NodeView:
    """The observations on a machine. `services`: service → container (None: on the host); only services that run here.

    `cluster` is the cluster that the services here use as their own, `fsid` the FSID in its conf, and `mon_hosts` the
    addresses of its monitors.
    """

    hostname: str
    roles: frozenset[str] = frozenset()
    services: Mapping[str, str | None] = field(default_factory=dict)
    stores: Mapping[str, StoreConfig] = field(default_factory=dict)
    default_store: str | None = None
    glance_urls: tuple[str, ...] = ()
    cluster: str | None = None
    fsid: str | None = None
    mon_hosts: frozenset[str] = frozenset()
    zone: str | None = None
    pools: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def look_at(node: Runner) -> NodeView:
    """Observe a machine, without changing anything. What cannot be read becomes a remark.

    :raises Unreachable: the login fails
    """
    look = _Look(node)
    roles, services = look.services()
    configs = {service: look.config(service, container) for service, container in services.items()}
    glance, compute = configs.get("glance", _EMPTY), configs.get("nova_compute", _EMPTY)
    cinder = configs.get("cinder_volume", _EMPTY)
    stores = {store.id: store for store in look.stores(glance, services.get("glance"))}
    default = glance.get("glance_store", "default_backend")
    backend = next(iter(cinder.get_list("DEFAULT", "enabled_backends")), "")
    own = [
        stores[default].cluster if default in stores else None,
        _stem(compute.get("libvirt", "images_rbd_ceph_conf") if _on_rbd(compute) else None),
        _stem(cinder.get(backend, "rbd_ceph_conf")),
    ]
    cluster = next((name for name in own if name), None)
    conf = look.ceph_conf(cluster, None)
    pools = {
        "images": stores[default].pool if default in stores else None,
        "vms": compute.get("libvirt", "images_rbd_pool") if own[1] else None,
        "volumes": cinder.get(backend, "rbd_pool"),
    }
    return NodeView(
        hostname=look.hostname,
        roles=roles,
        services=services,
        stores=stores,
        default_store=default,
        glance_urls=tuple(dict.fromkeys(url for url in (*_own_urls(glance), *_used_urls(compute)) if url)),
        cluster=cluster,
        fsid=conf[0],
        mon_hosts=conf[1],
        # Cinder's default if the option is absent
        zone=(cinder.get("DEFAULT", "storage_availability_zone") or "nova") if "cinder_volume" in services else None,
        pools={name: pool for name, pool in pools.items() if pool},
        remarks=tuple(look.remarks),
    )


_EMPTY = OsloConfig({})


class _Look:
    """The observation of one machine. What cannot be read becomes a remark, and the rest is still read."""

    def __init__(self, node: Runner) -> None:
        self.node = node
        self.remarks: list[str] = []
        self.hostname = self._attempt(lambda: node.hostname) or node.name
        self._containers = self._attempt(lambda: containers_on(node)) or ()
        self._files: dict[tuple[str, str | None], FileFacts] = {}

    def _attempt(self, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except (CommandFailed, DeadlinePassed) as error:  # their text starts with the machine's name
            self.remarks.append(printable(str(error)))
        except BadConfigFile as error:
            self.remarks.append(f"{self.node.name}: {printable(str(error))}")
        return None

    def services(self) -> tuple[frozenset[str], dict[str, str | None]]:
        """The roles of the machine, and the container of each service whose configuration is read."""
        by_role = {role: _matching(pattern, self._containers) for role, pattern in _CONTAINERS.items()}
        roles = {role for role, found in by_role.items() if found}
        services: dict[str, str | None] = {}
        for service, (role, _, path) in SERVICES.items():
            if by_role[role]:
                services[service] = by_role[role][0].name
            elif not self._containers and self._file(path, None).exists and service != "nova_api":
                # a machine without containers; nova.conf alone does not distinguish nova-api from nova-compute
                services[service] = None
                roles.add(role)
        return frozenset(roles), services

    def config(self, service: str, container: str | None) -> OsloConfig:
        """The service's configuration as the service sees it. Empty if it cannot be read."""
        file = self._file(SERVICES[service][2], container)
        return self._attempt(lambda: parse_oslo(file.content or "")) or _EMPTY

    def stores(self, glance: OsloConfig, container: str | None) -> list[StoreConfig]:
        """The stores that are enabled in Glance, each with the FSID of its cluster."""
        kinds = self._attempt(lambda: glance.get_dict("DEFAULT", "enabled_backends")) or {}
        found = []
        for store, kind in kinds.items():
            # librados's default if the option is absent
            path = glance.get(store, "rbd_store_ceph_conf") or "/etc/ceph/ceph.conf"
            if kind != "rbd":
                found.append(StoreConfig(store, kind))
                continue
            cluster = _stem(path)
            fsid, _ = self.ceph_conf(cluster, container)
            pool, user = glance.get(store, "rbd_store_pool"), glance.get(store, "rbd_store_user")
            found.append(StoreConfig(store, kind, cluster, fsid, pool, user))
        return found

    def ceph_conf(self, cluster: str | None, container: str | None) -> tuple[str | None, frozenset[str]]:
        """FSID and monitors from a cluster's conf in the container, otherwise on the host."""
        if cluster is None:
            return None, frozenset()
        path = f"/etc/ceph/{cluster}.conf"
        file = self._file(path, container)
        if not file.exists and container is not None:
            file = self._file(path, None)
        conf = self._attempt(lambda: parse_ceph_conf(file.content or "")) or parse_ceph_conf("")
        return conf.fsid, self._attempt(lambda: conf.mon_hosts) or frozenset()

    def _file(self, path: str, container: str | None) -> FileFacts:
        if (path, container) not in self._files:
            self._files[path, container] = self._read(path, container)
        return self._files[path, container]

    def _read(self, path: str, container: str | None) -> FileFacts:
        missing = FileFacts(path, exists=False)
        if container is None:
            return self._attempt(lambda: read_file(self.node, path)) or missing
        running = {one.name: one.engine for one in self._containers if one.running}
        if container not in running:
            self.remarks.append(f"{self.node.name}: container {container} does not run, so its {path} was not read")
            return missing
        return self._attempt(lambda: read_file(self.node, path, (running[container], "exec", container))) or missing


def _matching(pattern: str, containers: tuple[Container, ...]) -> list[Container]:
    """The containers of a service, running ones first."""
    found = [container for container in containers if re.fullmatch(pattern, container.name)]
    return sorted(found, key=lambda container: not container.running)


def _own_urls(glance: OsloConfig) -> list[str | None]:
    """The URLs that a Glance has for itself."""
    host, port = glance.get("DEFAULT", "bind_host"), glance.get("DEFAULT", "bind_port") or "9292"
    bound = f"http://{host}:{port}" if host and host not in {"0.0.0.0", "::"} else None  # noqa: S104 - compared only
    return [glance.get("DEFAULT", "worker_self_reference_url"), glance.get("DEFAULT", "public_endpoint"), bound]


def _used_urls(nova: OsloConfig) -> list[str | None]:
    """The URLs of the Glance that Nova uses."""
    return [nova.get("glance", "endpoint_override"), *nova.get_list("glance", "api_servers")]


def _on_rbd(nova: OsloConfig) -> bool:
    return nova.get("libvirt", "images_type") == "rbd"


def _stem(path: str | None) -> str | None:
    """The cluster's name, which is the name of its conf."""
    return PurePosixPath(path).stem if path else None

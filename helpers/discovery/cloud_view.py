"""What the cloud reports: its catalog, services, zones and hypervisors, and the stores of each Glance."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from openstack.connection import Connection

from helpers.environment import Site
from helpers.environment.values import short
from helpers.openstack import clients as api_clients
from helpers.openstack.answers import API_ERRORS, in_words
from helpers.openstack.cinder import Cinder
from helpers.openstack.glance import Glance
from helpers.openstack.login import Endpoint, catalog
from helpers.openstack.nova import Nova, Service
from helpers.openstack.records import Store
from helpers.tripleo.findings import printable

T = TypeVar("T")


@dataclass(frozen=True)
class CloudView:
    """The answers of the APIs. Hosts are short names.

    `zones`: compute host → availability zone; `addresses`: compute host → address of its hypervisor; `controllers`:
    hosts of Nova's other services; `volume_zones`: host of cinder-volume → zone; `volume_clusters`: the same host →
    its cluster.
    """

    image_url: str | None
    identity_host: str | None
    zones: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    controllers: tuple[str, ...] = ()
    volume_zones: Mapping[str, str] = field(default_factory=dict)
    volume_clusters: Mapping[str, str | None] = field(default_factory=dict)
    flavors: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Ask:
    """Queries a cloud, without changing anything. What it does not answer becomes a remark."""

    def __init__(self, connection: Connection, cloud: str) -> None:
        self._connection, self._cloud = connection, cloud
        self.remarks: list[str] = []

    def view(self) -> CloudView:
        """Query everything that is needed from central's APIs."""
        endpoints = catalog(self._connection)
        services = {endpoint.service for endpoint in endpoints}
        nova, compute = Nova(self._connection, self._cloud), "compute" in services
        known = (self._attempt("Nova's services", nova.services) if compute else None) or ()
        aggregates = (self._attempt("Nova's zones", nova.zones) if compute else None) or {}
        cinder = bool(services & {"volumev3", "block-storage"})
        listed = (self._attempt("Cinder's services", self._volume_services) if cinder else None) or ()
        volumes = [(short(s.host.split("@")[0]), s) for s in listed if s.binary == "cinder-volume"]
        zones = {short(service.host): service.zone for service in known if service.binary == "nova-compute"}
        zones |= {short(host): zone for zone, hosts in aggregates.items() for host in hosts}
        network = "network" in services
        return CloudView(
            image_url=_without_version(_public(endpoints, "image")),
            identity_host=urlsplit(_public(endpoints, "identity") or "").hostname,
            zones=zones,
            addresses=(self._attempt("Nova's hypervisors", self._hypervisors) if compute else None) or {},
            controllers=tuple(dict.fromkeys(short(s.host) for s in known if s.binary != "nova-compute")),
            volume_zones={host: service.zone for host, service in volumes},
            volume_clusters={host: service.cluster for host, service in volumes},
            flavors=(self._attempt("the flavors", nova.flavors) if compute else None) or (),
            networks=(self._attempt("the networks", self._networks) if network else None) or (),
            remarks=tuple(self.remarks),
        )

    def stores(self, site: str, url: str) -> tuple[Store, ...] | None:
        """The answer of `stores-info` from the Glance at this address, or None if it is of no use."""
        at = Site(site, False, "", None, None, None, url, None)
        glance = Glance(api_clients.image(self._connection, url), at, self._cloud)
        return self._attempt(f"Glance of {site} at {url}", glance.stores)

    def _volume_services(self) -> tuple[Service, ...]:
        return Cinder(self._connection, self._cloud).services()

    def _hypervisors(self) -> dict[str, str]:
        found = api_clients.compute(self._connection).hypervisors(details=True)
        return {short(one.name): str(one.host_ip) for one in found if one.host_ip}

    def _networks(self) -> tuple[str, ...]:
        return tuple(sorted({str(one.name) for one in api_clients.network(self._connection).networks()}))

    def _attempt(self, what: str, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except API_ERRORS as error:
            said = in_words(error)
        except Exception as error:  # openstacksdk fails in many ways on an answer of an unexpected form
            said = f"{type(error).__name__}: {error}"
        self.remarks.append(f"{what}: no answer that helps: {printable(said)}")
        return None


def same_host(one: str | None, other: str | None) -> bool:
    """Whether two names or addresses are those of one machine, as far as this machine can resolve them."""
    if one is None or other is None:
        return False
    return one == other or bool(_resolved(one) & _resolved(other))


def _resolved(host: str) -> frozenset[str]:
    try:
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, None))
    except OSError:
        return frozenset()


def _public(endpoints: tuple[Endpoint, ...], service: str) -> str | None:
    return next((one.url for one in endpoints if (one.service, one.interface) == (service, "public")), None)


def _without_version(url: str | None) -> str | None:
    return re.sub(r"/v\d+(\.\d+)?/?$", "", url).rstrip("/") if url else None

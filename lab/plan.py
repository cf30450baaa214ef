"""The parts of a lab: sites, hosts, addresses and names. This module is pure data and does not touch the machine."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

Network = ipaddress.IPv4Network

DEFAULT_NAME = "lab"
CENTRAL = "central"
CENTRAL_STACK = "control-plane"
CENTRAL_STORE = "default_backend"
REGION = "regionOne"
KEYSTONE_PORT = 5000
GLANCE_PORT = 9292
NOVA_PORT = 8774
CINDER_PORT = 8776
PLACEMENT_PORT = 8778
NEUTRON_PORT = 9696
HEAT_PORT = 8004
GUEST_IMAGE_PORT = 8099
SSH_USER = "heat-admin"
UNDERCLOUD = "undercloud"
UNDERCLOUD_USER = "stack"
POOLS = ("vms", "volumes", "images")
MOST_DCN_SITES = 22

_UNDERCLOUD_OCTET = 2
_CENTRAL_OCTET = 10
_OCTETS_A_SITE = 10
# Leaves addresses for the site's first hosts.
_SCALE_OUT_OCTET = 5
_SEVERAL_HOSTS = 3


class PlanError(ValueError):
    """The options ask for a lab that cannot be laid out."""


class Role(Enum):
    """The role of a host.

    The values are the names of TripleO's roles (`DistributedComputeHCI`, …) as used in host names.
    """

    UNDERCLOUD = UNDERCLOUD
    CONTROLLER = "controller"
    HCI = "distributedcomputehci"
    HCI_SCALE_OUT = "distributedcomputehciscaleout"
    COMPUTE = "distributedcompute"


@dataclass(frozen=True)
class Host:
    """One machine of the deployment, which is a set of namespaces in the lab.

    Every host of a site is a compute node.
    """

    name: str
    site: str
    address: str
    role: Role = Role.HCI

    @property
    def octet(self) -> int:
        return int(self.address.rsplit(".", 1)[1])

    @property
    def user(self) -> str:
        """The user who logs in to the host."""
        return UNDERCLOUD_USER if self.role is Role.UNDERCLOUD else SSH_USER

    @property
    def mon(self) -> bool:
        """Whether the host has Ceph's monitor and manager, and with them Glance and the volume service."""
        return self.role in {Role.CONTROLLER, Role.HCI}

    @property
    def osd(self) -> bool:
        return self.mon or self.role is Role.HCI_SCALE_OUT

    @property
    def glance(self) -> bool:
        return self.mon

    @property
    def cinder_volume(self) -> bool:
        return self.mon

    @property
    def haproxy(self) -> bool:
        """Whether the host has a HAProxy instead of a Glance."""
        return self.role is Role.HCI_SCALE_OUT

    @property
    def glance_url(self) -> str:
        """The URL of the host's Glance, or of the HAProxy in its place."""
        return f"http://{self.address}:{GLANCE_PORT}"


@dataclass(frozen=True)
class Site:
    """One location. A site with storage has its own Ceph cluster, named like the site."""

    name: str
    hosts: tuple[Host, ...]
    central: bool = False

    @property
    def storage(self) -> bool:
        """Whether the site has a Ceph cluster, a store and a Glance."""
        return any(host.osd for host in self.hosts)

    @property
    def mons(self) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.mon)

    @property
    def osds(self) -> tuple[Host, ...]:
        """The hosts with an OSD; the index of a host is the number of its OSD."""
        return tuple(host for host in self.hosts if host.osd)

    @property
    def glances(self) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.glance)

    @property
    def haproxies(self) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if host.haproxy)

    @property
    def cluster(self) -> str:
        return self.name

    @property
    def stack(self) -> str:
        """The name of the stack that deploys the site, as in the guide."""
        return CENTRAL_STACK if self.central else self.name

    @property
    def store_at_central(self) -> str:
        """The ID of this site's store in central's Glance."""
        return CENTRAL_STORE if self.central else self.name

    @property
    def first(self) -> Host:
        return self.hosts[0]

    @property
    def glance_url(self) -> str:
        return self.first.glance_url


@dataclass(frozen=True)
class Layout:
    """The hosts and sites in addition to one host at each site.

    `three_hosts` and `scale_out` name DCN sites. `without_storage` is the number of DCN sites, added last, that have
    compute nodes only.
    """

    three_hosts: tuple[str, ...] = ()
    scale_out: tuple[str, ...] = ()
    without_storage: int = 0

    def __str__(self) -> str:
        parts = [f"{_SEVERAL_HOSTS} hosts at {', '.join(self.three_hosts)}"] if self.three_hosts else []
        parts += [f"a scale-out host at {', '.join(self.scale_out)}"] if self.scale_out else []
        parts += [f"DCN sites without storage: {self.without_storage}"] if self.without_storage else []
        return " and ".join(parts) or "one host at each site"


@dataclass(frozen=True)
class Plan:
    """The whole lab. `name` prefixes all interfaces and namespaces, so that two labs can share a machine."""

    name: str
    subnet: Network
    state: Path
    sites: tuple[Site, ...] = field(default_factory=tuple)
    # Whether the lab has Nova, Cinder and Neutron; without them, it is an images-only lab.
    instances: bool = True

    @property
    def central(self) -> Site:
        return self.sites[0]

    @property
    def dcn(self) -> tuple[Site, ...]:
        return self.sites[1:]

    @property
    def storage_sites(self) -> tuple[Site, ...]:
        return tuple(site for site in self.sites if site.storage)

    @property
    def dcn_storage(self) -> tuple[Site, ...]:
        return tuple(site for site in self.dcn if site.storage)

    @property
    def controller(self) -> Host:
        return self.central.first

    @property
    def hosts(self) -> tuple[Host, ...]:
        return tuple(host for site in self.sites for host in site.hosts)

    @property
    def undercloud(self) -> Host:
        """The machine that knows the stacks, which belongs to no site."""
        address = str(self.subnet.network_address + _UNDERCLOUD_OCTET)
        return Host(UNDERCLOUD, UNDERCLOUD, address, Role.UNDERCLOUD)

    @property
    def machines(self) -> tuple[Host, ...]:
        """The hosts of all sites, and the undercloud."""
        return (*self.hosts, self.undercloud)

    @property
    def bridge(self) -> str:
        return f"br-{self.name}"

    @property
    def bridge_address(self) -> str:
        return str(self.subnet.network_address + 1)

    @property
    def keystone_url(self) -> str:
        return f"http://{self.controller.address}:{KEYSTONE_PORT}/v3"

    @property
    def guest_image_url(self) -> str:
        return f"http://{self.controller.address}:{GUEST_IMAGE_PORT}/guest.qcow2"

    def images_of(self, host: Host) -> str:
        """Return the URL from which the host's nova-compute requests images.

        A site without storage uses central's Glance.
        """
        return host.glance_url if host.glance or host.haproxy else self.central.glance_url

    def netns(self, host: Host) -> str:
        return f"{self.name}-{host.name}"

    def veth(self, host: Host) -> str:
        """Return the bridge's end of the host's link, for example `v-lab-20` for the host at .20."""
        return f"v-{self.name}-{host.octet}"

    def host(self, name: str) -> Host:
        for host in self.machines:
            if host.name == name:
                return host
        raise PlanError(f"no host {name!r} in this lab; its hosts: {', '.join(h.name for h in self.machines)}")

    def site(self, name: str) -> Site:
        for site in self.sites:
            if site.name == name:
                return site
        raise PlanError(f"no site {name!r} in this lab; its sites: {', '.join(s.name for s in self.sites)}")


def make_plan(
    name: str, subnet: str, state: Path, dcn: int, *, instances: bool = True, layout: Layout | None = None
) -> Plan:
    """Lay out central and `dcn` sites with storage in `subnet` (an IPv4 /24).

    Raises PlanError for impossible options.
    """
    layout = layout or Layout()
    if not re.fullmatch(r"[a-z][a-z0-9]{0,7}", name):
        raise PlanError(
            f"--name {name!r}: one to eight lower-case letters or digits, a letter first "
            "(interface names derive from it and may have 15 characters)"
        )
    _check_sites(dcn, layout, instances=instances)
    try:
        network = ipaddress.IPv4Network(subnet)
    except ValueError as error:
        raise PlanError(f"--subnet {subnet!r}: {error}") from error
    if network.prefixlen != 24:
        raise PlanError(f"--subnet {subnet}: must be a /24, for example 192.0.2.0/24")
    controller = Host(f"{CENTRAL_STACK}-{Role.CONTROLLER.value}-0", CENTRAL, _address(network, 0), Role.CONTROLLER)
    sites = [Site(CENTRAL, (controller,), central=True)]
    for number in range(dcn + layout.without_storage):
        sites.append(_dcn_site(network, number, layout, storage=number < dcn))
    return Plan(name=name, subnet=network, state=state, sites=tuple(sites), instances=instances)


def _check_sites(dcn: int, layout: Layout, *, instances: bool) -> None:
    without = layout.without_storage
    if not 0 <= dcn <= MOST_DCN_SITES:
        raise PlanError(f"--dcn {dcn}: between 0 and {MOST_DCN_SITES} DCN sites fit into a /24")
    if not 0 <= without <= MOST_DCN_SITES - dcn:
        raise PlanError(f"--dcn-without-storage {without}: {dcn} and as many as {MOST_DCN_SITES - dcn} more fit")
    if without and not instances:
        raise PlanError("--dcn-without-storage: such a site has nothing but compute nodes; leave --services images out")
    known = [_dcn_name(number) for number in range(dcn)]
    for option, names in (("--site", layout.three_hosts), ("--scale-out", layout.scale_out)):
        for site in names:
            if site not in known:
                raise PlanError(
                    f"{option} {site}: no DCN site with storage has this name; those are {', '.join(known) or 'none'}"
                )


def _dcn_site(network: Network, number: int, layout: Layout, *, storage: bool) -> Site:
    site = _dcn_name(number)
    roles = [(Role.HCI if storage else Role.COMPUTE, 0, 0)]
    if site in layout.three_hosts:
        roles += [(Role.HCI, place, place) for place in range(1, _SEVERAL_HOSTS)]
    if site in layout.scale_out:
        roles.append((Role.HCI_SCALE_OUT, 0, _SCALE_OUT_OCTET))
    hosts = (
        Host(f"{site}-{role.value}-{place}", site, _address(network, number + 1, offset), role)
        for role, place, offset in roles
    )
    return Site(site, tuple(hosts))


def _dcn_name(number: int) -> str:
    return f"dcn{number}"


def _address(network: Network, place: int, offset: int = 0) -> str:
    """Return the address of a host at the site with this index; central has index 0."""
    return str(network.network_address + _CENTRAL_OCTET + _OCTETS_A_SITE * place + offset)

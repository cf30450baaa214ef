"""What a lab consists of: sites, hosts, addresses and names. Pure data, nothing here touches the machine."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path

Network = ipaddress.IPv4Network

DEFAULT_NAME = "lab"
CENTRAL = "central"
CENTRAL_STORE = "default_backend"
REGION = "regionOne"
KEYSTONE_PORT = 5000
GLANCE_PORT = 9292
NOVA_PORT = 8774
CINDER_PORT = 8776
PLACEMENT_PORT = 8778
NEUTRON_PORT = 9696
GUEST_IMAGE_PORT = 8099
SSH_USER = "heat-admin"
POOLS = ("vms", "volumes", "images")
MOST_DCN_SITES = 22

_CENTRAL_OCTET = 10
_OCTETS_A_SITE = 10


class PlanError(ValueError):
    """The options ask for a lab that cannot be laid out."""


@dataclass(frozen=True)
class Host:
    """One machine of the deployment; in the lab, a set of namespaces."""

    name: str
    site: str
    address: str

    @property
    def octet(self) -> int:
        return int(self.address.rsplit(".", 1)[1])


@dataclass(frozen=True)
class Site:
    """One location with a Ceph cluster of its own, named as the site is."""

    name: str
    hosts: tuple[Host, ...]
    central: bool = False

    @property
    def cluster(self) -> str:
        return self.name

    @property
    def store_at_central(self) -> str:
        """The id by which central's Glance knows this site's cluster."""
        return CENTRAL_STORE if self.central else self.name

    @property
    def first(self) -> Host:
        return self.hosts[0]

    @property
    def glance_url(self) -> str:
        return f"http://{self.first.address}:{GLANCE_PORT}"


@dataclass(frozen=True)
class Plan:
    """The whole lab: `name` prefixes every interface and namespace, so two labs can share a machine."""

    name: str
    subnet: Network
    state: Path
    sites: tuple[Site, ...] = field(default_factory=tuple)
    # Nova, Cinder and Neutron, too; without them the lab is one of images only.
    instances: bool = True

    @property
    def central(self) -> Site:
        return self.sites[0]

    @property
    def dcn(self) -> tuple[Site, ...]:
        return self.sites[1:]

    @property
    def controller(self) -> Host:
        return self.central.first

    @property
    def hosts(self) -> tuple[Host, ...]:
        return tuple(host for site in self.sites for host in site.hosts)

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

    def netns(self, host: Host) -> str:
        return f"{self.name}-{host.name}"

    def veth(self, host: Host) -> str:
        """The bridge's end of the host's link: `v-lab-20` is the one of the host at .20."""
        return f"v-{self.name}-{host.octet}"

    def host(self, name: str) -> Host:
        for host in self.hosts:
            if host.name == name:
                return host
        raise PlanError(f"no host {name!r} in this lab; its hosts: {', '.join(h.name for h in self.hosts)}")

    def site(self, name: str) -> Site:
        for site in self.sites:
            if site.name == name:
                return site
        raise PlanError(f"no site {name!r} in this lab; its sites: {', '.join(s.name for s in self.sites)}")


def make_plan(name: str, subnet: str, state: Path, dcn: int, *, instances: bool = True) -> Plan:
    """Lay out central and `dcn` sites in `subnet` (an IPv4 /24); raises PlanError for what cannot be."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,7}", name):
        raise PlanError(
            f"--name {name!r}: one to eight lower-case letters or digits, a letter first "
            "(interface names derive from it and may have 15 characters)"
        )
    if not 0 <= dcn <= MOST_DCN_SITES:
        raise PlanError(f"--dcn {dcn}: between 0 and {MOST_DCN_SITES} DCN sites fit into a /24")
    try:
        network = ipaddress.IPv4Network(subnet)
    except ValueError as error:
        raise PlanError(f"--subnet {subnet!r}: {error}") from error
    if network.prefixlen != 24:
        raise PlanError(f"--subnet {subnet}: must be a /24, for example 192.0.2.0/24")
    central = Site(CENTRAL, (_host("control-plane-controller-0", CENTRAL, network, _CENTRAL_OCTET),), central=True)
    sites = [central]
    for number in range(dcn):
        site = f"dcn{number}"
        octet = _CENTRAL_OCTET + _OCTETS_A_SITE * (number + 1)
        sites.append(Site(site, (_host(f"{site}-distributedcomputehci-0", site, network, octet),)))
    return Plan(name=name, subnet=network, state=state, sites=tuple(sites), instances=instances)


def _host(name: str, site: str, network: Network, octet: int) -> Host:
    return Host(name=name, site=site, address=str(network.network_address + octet))

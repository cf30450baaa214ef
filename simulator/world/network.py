"""Networks, ports and security groups, as far as servers need Neutron."""

from __future__ import annotations

import ipaddress
import uuid
from dataclasses import dataclass, field

from simulator.world.refusal import Refusal


def _id() -> str:
    return str(uuid.uuid4())


@dataclass
class Network:
    name: str
    project: str
    zone: str
    cidr: str
    id: str = field(default_factory=_id)
    subnet_id: str = field(default_factory=_id)


@dataclass
class Port:
    network: Network
    address: str
    project: str
    name: str = ""
    device_id: str = ""
    device_owner: str = ""
    host: str = ""
    groups: list[str] = field(default_factory=list)
    status: str = "DOWN"
    id: str = field(default_factory=_id)

    @property
    def mac(self) -> str:
        digits = self.id.replace("-", "")
        return f"fa:16:3e:{digits[0:2]}:{digits[2:4]}:{digits[4:6]}"


@dataclass
class Group:
    name: str
    project: str
    description: str = ""
    id: str = field(default_factory=_id)


class Networks:
    """The networks of the deployment: one per site, named as in the guide, all in one project."""

    def __init__(self, sites: list[str], project: str) -> None:
        self.networks: dict[str, Network] = {}
        self.ports: dict[str, Port] = {}
        #: whether tenants may have networks of their own
        self.tenant_networks = True
        self.groups = {group.id: group for group in (Group("default", project), Group("basic", project))}
        for number, site in enumerate(sites):
            network = Network(f"{site}-network", project, site, f"10.{64 + number // 256}.{number % 256}.0/24")
            self.networks[network.id] = network

    def network(self, network_id: str) -> Network:
        try:
            return self.networks[network_id]
        except KeyError:
            raise Refusal(404, f"Network {network_id} could not be found.") from None

    def create(self, name: str, project: str) -> Network:
        """Return a new tenant network, without a subnet."""
        if not self.tenant_networks:
            raise Refusal(503, "Unable to create the network. No tenant network is available for allocation.")
        network = Network(name, project, "", "", subnet_id="")
        self.networks[network.id] = network
        return network

    def create_subnet(self, network_id: str, cidr: str) -> Network:
        """Give a network its subnet."""
        network = self.network(network_id)
        network.cidr, network.subnet_id = cidr, _id()
        return network

    def delete(self, network_id: str) -> None:
        """Delete a network with its subnet."""
        network = self.network(network_id)
        if any(port.network is network for port in self.ports.values()):
            message = f"Unable to complete operation on network {network_id}. There are one or more ports still in use"
            raise Refusal(409, f"{message} on the network.")
        del self.networks[network_id]

    def plug(self, network: Network, project: str, groups: list[str], name: str = "") -> Port:
        """Return a new port with the network's next free address."""
        if not network.subnet_id:
            raise Refusal(400, f"Network {network.id} requires a subnet in order to boot instances on.")
        taken = {port.address for port in self.ports.values() if port.network is network}
        hosts = ipaddress.ip_network(network.cidr).hosts()
        address = next(str(host) for host in hosts if str(host) not in taken and int(host) % 256 > 9)
        port = Port(network, address, project, name, groups=groups)
        self.ports[port.id] = port
        return port

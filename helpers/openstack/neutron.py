"""Neutron: a network for the run's own servers."""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import openstack.exceptions
from openstack.connection import Connection

from helpers.openstack import clients as api_clients
from helpers.openstack.command_line import command_line
from helpers.openstack.retries import once, the_one_named

#: A range for tests of networks (RFC 2544). Only the servers of the network see it.
CIDR = "198.18.0.0/20"
#: What Neutron answers, as HTTP 503, if it is not configured to offer tenant networks (neutron_lib.exceptions).
_NOT_OFFERED = frozenset({"NoNetworkAvailable", "TenantNetworksDisabled"})


class Neutron:
    """The Networking service, a thin layer over openstacksdk's proxy.

    :param cloud: the entry of clouds.yaml, for command lines
    """

    def __init__(self, connection: Connection, cloud: str) -> None:
        self._client = functools.cache(partial(api_clients.network, connection))
        self._cloud = cloud

    @property
    def _proxy(self) -> Any:
        return self._client()

    def command(self, *words: str) -> str:
        """The equivalent `openstack` command line."""
        return command_line(self._cloud, *words)

    def create(self, name: str) -> str | None:
        """Create a tenant network. Returns its id, or None if this Neutron offers no tenant networks.

        :raises openstack.exceptions.HttpException: Neutron refuses it
        """

        def ask() -> str | None:
            response = self._proxy.post("/networks", json={"network": {"name": name}})
            if response.status_code == 503 and _error_type(response) in _NOT_OFFERED:
                return None
            openstack.exceptions.raise_from_response(response)
            return str(response.json()["network"]["id"])

        return once(ask, lambda: the_one_named(name, self.named(name)), f"network {name}")

    def create_subnet(self, network_id: str, name: str) -> None:
        """Create the subnet without which Nova uses no network. It is deleted with its network."""
        body = {"name": name, "network_id": network_id, "ip_version": 4, "cidr": CIDR}
        body |= {"enable_dhcp": False, "gateway_ip": None}

        def ask() -> bool:
            response = self._proxy.post("/subnets", json={"subnet": body})
            openstack.exceptions.raise_from_response(response)
            return True

        once(ask, lambda: any(self._proxy.subnets(network_id=network_id)) or None, f"subnet {name}")

    def exists(self, network_id: str) -> bool:
        """Whether there is such a network."""
        return network_id in {one.id for one in self._proxy.networks(id=network_id)}

    def named(self, prefix: str) -> list[tuple[str, str]]:
        """Id and name of every network whose name begins so."""
        return [(one.id, one.name) for one in self._proxy.networks() if (one.name or "").startswith(prefix)]

    def delete(self, network_id: str) -> None:
        """Delete a network and its subnets. A network that is already gone is no error.

        :raises openstack.exceptions.ConflictException: a server still has a port in it
        """
        self._proxy.delete_network(network_id, ignore_missing=True)


def _error_type(response: Any) -> str:
    try:
        return str(response.json()["NeutronError"]["type"])
    except (ValueError, KeyError, TypeError):
        return ""

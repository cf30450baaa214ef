"""Neutron v2.0: networks, subnets, ports and security groups."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.api.service import Ask, Table, application
from simulator.world.network import Group, Network, Port
from simulator.world.refusal import Refusal
from simulator.world.world import World


def _render(request: Request, error: Refusal) -> Response:
    kind = {404: "ResourceNotFound", 409: "Conflict", 503: "NoNetworkAvailable"}.get(
        error.status, HTTPStatus(error.status).phrase.replace(" ", "")
    )
    body = {"NeutronError": {"type": kind, "message": error.message, "detail": ""}}
    return JSONResponse(body, error.status)


class Neutron:
    """The network service."""

    def __init__(self, world: World) -> None:
        self._world, self._networks = world, world.networks

    def application(self) -> Starlette:
        rows: Table = [
            ("GET", "/networks", self.networks),
            ("POST", "/networks", self.create_network),
            ("GET", "/networks/{id}", self.network),
            ("DELETE", "/networks/{id}", self.delete_network),
            ("GET", "/subnets", self.subnets),
            ("POST", "/subnets", self.create_subnet),
            ("GET", "/subnets/{id}", self.subnet),
            ("GET", "/ports", self.ports),
            ("POST", "/ports", self.create_port),
            ("GET", "/ports/{id}", self.port),
            ("DELETE", "/ports/{id}", self.delete_port),
            ("GET", "/security-groups", self.groups),
            ("POST", "/security-groups", self.create_group),
            ("GET", "/security-groups/{id}", self.group),
            ("DELETE", "/security-groups/{id}", self.delete_group),
            ("GET", "/security-group-rules", self.rules),
            ("GET", "/floatingips", self.floating),
            ("GET", "/agents", self.agents),
            ("GET", "/extensions", self.extensions),
        ]
        table = [(method, f"/v2.0{path}", handler) for method, path, handler in rows]
        discovery: Table = [
            ("GET", "/", self.versions),
            ("GET", "/v2.0", self.version),
            ("GET", "/v2.0/", self.version),
        ]
        return application(self._world, "network", [*discovery, *table], _render, ("/", "/v2.0", "/v2.0/"))

    async def versions(self, ask: Ask) -> Response:
        href = f"{self._world.urls['network']}/v2.0/"
        return JSONResponse(
            {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": href}]}]}
        )

    async def version(self, ask: Ask) -> Response:
        return JSONResponse({"resources": []})

    def _matching(self, ask: Ask, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        wanted = {name: ask.request.query_params.getlist(name) for name in ask.request.query_params}
        return [
            each for each in found if all(str(each[name]) in values for name, values in wanted.items() if name in each)
        ]

    def _pick(self, ask: Ask, kind: str, found: list[dict[str, Any]]) -> dict[str, Any]:
        for each in found:
            if each["id"] == ask.path("id"):
                return each
        raise Refusal(404, f"{kind} {ask.path('id')} could not be found.")

    def _network(self, network: Network) -> dict[str, Any]:
        return {
            "id": network.id,
            "name": network.name,
            "project_id": network.project,
            "tenant_id": network.project,
            "status": "ACTIVE",
            "admin_state_up": True,
            "shared": False,
            "router:external": False,
            "mtu": 1500,
            "subnets": [network.subnet_id] if network.subnet_id else [],
            "provider:network_type": "flat" if network.zone else "geneve",
            "provider:physical_network": network.zone or None,
            "provider:segmentation_id": None,
            "port_security_enabled": True,
            # empty because there are no DHCP agents
            "availability_zones": [],
            "availability_zone_hints": [],
            "ipv4_address_scope": None,
            "ipv6_address_scope": None,
            "description": "",
            "tags": [],
            "created_at": "2023-01-01T00:00:00Z",
            "updated_at": "2023-01-01T00:00:00Z",
            "revision_number": 1,
        }

    def _subnet(self, network: Network) -> dict[str, Any]:
        return {
            "id": network.subnet_id,
            "name": f"{network.zone}-subnet",
            "network_id": network.id,
            "project_id": network.project,
            "tenant_id": network.project,
            "ip_version": 4,
            "cidr": network.cidr,
            "gateway_ip": None,
            "enable_dhcp": False,
            "allocation_pools": [],
            "dns_nameservers": [],
            "host_routes": [],
            "tags": [],
        }

    def _port(self, port: Port) -> dict[str, Any]:
        return {
            "id": port.id,
            "name": port.name,
            "network_id": port.network.id,
            "project_id": port.project,
            "tenant_id": port.project,
            "mac_address": port.mac,
            "fixed_ips": [{"subnet_id": port.network.subnet_id, "ip_address": port.address}],
            "device_id": port.device_id,
            "device_owner": port.device_owner,
            "status": port.status,
            "admin_state_up": True,
            "security_groups": port.groups,
            "binding:host_id": port.host,
            "binding:vif_type": "bridge",
            "port_security_enabled": True,
            "description": "",
            "tags": [],
        }

    def _group(self, group: Group) -> dict[str, Any]:
        return {
            "id": group.id,
            "name": group.name,
            "description": group.description,
            "project_id": group.project,
            "tenant_id": group.project,
            "security_group_rules": [],
            "stateful": True,
            "shared": False,
            "tags": [],
        }

    async def networks(self, ask: Ask) -> Response:
        found = [self._network(each) for each in self._networks.networks.values()]
        return JSONResponse({"networks": self._matching(ask, found)})

    async def network(self, ask: Ask) -> Response:
        return JSONResponse({"network": self._network(self._networks.network(ask.path("id")))})

    async def create_network(self, ask: Ask) -> Response:
        wanted = (await ask.body()).get("network", {})
        network = self._networks.create(wanted.get("name", ""), ask.user.project.id)
        return JSONResponse({"network": self._network(network)}, 201)

    async def delete_network(self, ask: Ask) -> Response:
        self._networks.delete(ask.path("id"))
        return Response(status_code=204)

    async def create_subnet(self, ask: Ask) -> Response:
        wanted = (await ask.body()).get("subnet", {})
        network = self._networks.create_subnet(wanted.get("network_id", ""), wanted.get("cidr", ""))
        return JSONResponse({"subnet": self._subnet(network)}, 201)

    async def subnets(self, ask: Ask) -> Response:
        found = [self._subnet(each) for each in self._networks.networks.values() if each.subnet_id]
        return JSONResponse({"subnets": self._matching(ask, found)})

    async def subnet(self, ask: Ask) -> Response:
        found = [self._subnet(each) for each in self._networks.networks.values() if each.subnet_id]
        return JSONResponse({"subnet": self._pick(ask, "Subnet", found)})

    async def ports(self, ask: Ask) -> Response:
        found = [self._port(each) for each in self._networks.ports.values()]
        return JSONResponse({"ports": self._matching(ask, found)})

    async def create_port(self, ask: Ask) -> Response:
        wanted = (await ask.body()).get("port", {})
        network = self._networks.network(wanted.get("network_id", ""))
        groups = wanted.get("security_groups") or []
        port = self._networks.plug(network, ask.user.project.id, groups, wanted.get("name", ""))
        return JSONResponse({"port": self._port(port)}, 201)

    async def port(self, ask: Ask) -> Response:
        found = [self._port(each) for each in self._networks.ports.values()]
        return JSONResponse({"port": self._pick(ask, "Port", found)})

    async def delete_port(self, ask: Ask) -> Response:
        if self._networks.ports.pop(ask.path("id"), None) is None:
            raise Refusal(404, f"Port {ask.path('id')} could not be found.")
        return Response(status_code=204)

    async def groups(self, ask: Ask) -> Response:
        found = [self._group(each) for each in self._networks.groups.values()]
        return JSONResponse({"security_groups": self._matching(ask, found)})

    async def create_group(self, ask: Ask) -> Response:
        wanted = (await ask.body()).get("security_group", {})
        group = Group(wanted.get("name", ""), ask.user.project.id, wanted.get("description", ""))
        self._networks.groups[group.id] = group
        return JSONResponse({"security_group": self._group(group)}, 201)

    async def group(self, ask: Ask) -> Response:
        found = [self._group(each) for each in self._networks.groups.values()]
        return JSONResponse({"security_group": self._pick(ask, "Security group", found)})

    async def delete_group(self, ask: Ask) -> Response:
        if self._networks.groups.pop(ask.path("id"), None) is None:
            raise Refusal(404, f"Security group {ask.path('id')} does not exist")
        return Response(status_code=204)

    async def rules(self, ask: Ask) -> Response:
        return JSONResponse({"security_group_rules": []})

    async def floating(self, ask: Ask) -> Response:
        return JSONResponse({"floatingips": []})

    async def agents(self, ask: Ask) -> Response:
        return JSONResponse({"agents": []})

    async def extensions(self, ask: Ask) -> Response:
        return JSONResponse({"extensions": [{"alias": "security-group", "name": "security-group", "links": []}]})

"""Nova v2.1: servers and related resources."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response

from simulator.api.faults import render
from simulator.api.service import Ask, Handler, Table, application
from simulator.api.versions import document, microversion
from simulator.world.clock import glance_time, micro_time, now
from simulator.world.network import Port
from simulator.world.refusal import Refusal
from simulator.world.server_images import create_image
from simulator.world.servers import Flavor, Server
from simulator.world.sites import Site
from simulator.world.world import World

_LOWEST, _HIGHEST = "2.1", "2.93"
_POWER = {"ACTIVE": 1, "SHUTOFF": 4, "REBOOT": 1}


def _service_id(binary: str, host: str) -> str:
    """Return the ID of a service (from microversion 2.53 on), which is the same for every request."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{binary}.{host}"))


class Nova:
    """The compute service."""

    def __init__(self, world: World) -> None:
        self._world, self._servers = world, world.servers

    def application(self) -> Starlette:
        rows: Table = [
            ("GET", "/servers", self.index),
            ("GET", "/servers/detail", self.detail),
            ("POST", "/servers", self.create),
            ("GET", "/servers/{id}", self.show),
            ("PUT", "/servers/{id}", self.update),
            ("DELETE", "/servers/{id}", self.delete),
            ("POST", "/servers/{id}/action", self.action),
            ("GET", "/servers/{id}/os-volume_attachments", self.attachments),
            ("POST", "/servers/{id}/os-volume_attachments", self.attach),
            ("DELETE", "/servers/{id}/os-volume_attachments/{volume}", self.detach),
            ("GET", "/servers/{id}/os-interface", self.interfaces),
            ("GET", "/servers/{id}/os-security-groups", self.server_groups),
            ("GET", "/flavors", self.flavors),
            ("POST", "/flavors", self.create_flavor),
            ("GET", "/flavors/detail", self.flavors),
            ("GET", "/flavors/{id}", self.flavor),
            ("DELETE", "/flavors/{id}", self.delete_flavor),
            ("GET", "/flavors/{id}/os-extra_specs", self.extra_specs),
            ("GET", "/os-keypairs", self.keypairs),
            ("POST", "/os-keypairs", self.create_keypair),
            ("GET", "/os-keypairs/{name}", self.keypair),
            ("DELETE", "/os-keypairs/{name}", self.delete_keypair),
            ("GET", "/os-services", self.services),
            ("GET", "/os-aggregates", self.aggregates),
            ("GET", "/os-availability-zone", self.zones),
            ("GET", "/os-availability-zone/detail", self.zones_detail),
            ("GET", "/os-hypervisors", self.hypervisors),
            ("GET", "/os-hypervisors/detail", self.hypervisors),
            ("GET", "/extensions", self.extensions),
            ("GET", "/limits", self.limits),
        ]
        table = [(method, f"/v2.1{path}", self._versioned(handler)) for method, path, handler in rows]
        discovery: Table = [
            ("GET", "/", self.versions),
            ("GET", "/v2.1", self._versioned(self.version)),
            ("GET", "/v2.1/", self._versioned(self.version)),
        ]
        return application(self._world, "compute", [*discovery, *table], render, ("/", "/v2.1", "/v2.1/"))

    def _versioned(self, handler: Handler) -> Handler:
        async def answer(ask: Ask) -> Response:
            major, minor = self._version(ask)
            try:
                response = await handler(ask)
            except Refusal as error:
                if error.status == 401:
                    raise
                response = render(ask.request, error)
            # also for answers without a body
            response.headers.setdefault("content-type", "application/json")
            response.headers["OpenStack-API-Version"] = f"compute {major}.{minor}"
            response.headers["X-OpenStack-Nova-API-Version"] = f"{major}.{minor}"
            return response

        return answer

    def _version(self, ask: Ask) -> tuple[int, int]:
        return microversion(ask.request, "compute", _LOWEST, _HIGHEST)

    def _document(self) -> dict[str, Any]:
        return document("v2.1", f"{self._world.urls['compute']}/v2.1/", _LOWEST, _HIGHEST, "compute+json;version=2.1")

    async def versions(self, ask: Ask) -> Response:
        return JSONResponse({"versions": [self._document()]})

    async def version(self, ask: Ask) -> Response:
        return JSONResponse({"version": self._document()})

    # --- servers ---

    def _links(self, kind: str, identifier: str) -> list[dict[str, str]]:
        base = self._world.urls["compute"]
        return [
            {"rel": "self", "href": f"{base}/v2.1/{kind}/{identifier}"},
            {"rel": "bookmark", "href": f"{base}/{kind}/{identifier}"},
        ]

    def _flavor_of(self, server: Server, version: tuple[int, int]) -> dict[str, Any]:
        flavor = server.flavor
        if version < (2, 47):
            return {"id": flavor.id, "links": self._links("flavors", flavor.id)[1:]}
        return {
            "original_name": flavor.name,
            "vcpus": flavor.vcpus,
            "ram": flavor.ram,
            "disk": flavor.disk,
            "ephemeral": 0,
            "swap": 0,
            "extra_specs": {},
        }

    def _addresses(self, server: Server) -> dict[str, list[dict[str, Any]]]:
        if server.vm_state == "building":
            return {}
        return {
            port.network.name: [
                {"version": 4, "addr": port.address, "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": port.mac}
            ]
            for port in server.ports
        }

    def _server(self, ask: Ask, server: Server) -> dict[str, Any]:
        version = self._version(ask)
        found: dict[str, Any] = {
            "id": server.id,
            "name": server.name,
            "status": server.status,
            "tenant_id": server.project,
            "user_id": server.user,
            "metadata": server.metadata,
            "hostId": uuid.uuid5(uuid.NAMESPACE_DNS, server.host).hex if server.host else "",
            "image": {"id": server.image_id, "links": self._links("images", server.image_id)[1:]}
            if server.image_id
            else "",
            "flavor": self._flavor_of(server, version),
            "created": glance_time(server.created),
            "updated": glance_time(server.updated),
            "addresses": self._addresses(server),
            "accessIPv4": "",
            "accessIPv6": "",
            "links": self._links("servers", server.id),
            "OS-DCF:diskConfig": "MANUAL",
            "OS-EXT-AZ:availability_zone": server.zone if server.host or server.status == "ERROR" else "",
            "config_drive": "",
            "key_name": server.key,
            "OS-SRV-USG:launched_at": micro_time(server.launched),
            "OS-SRV-USG:terminated_at": micro_time(server.terminated),
            "OS-EXT-STS:task_state": server.task_state,
            "OS-EXT-STS:vm_state": server.vm_state,
            "OS-EXT-STS:power_state": _POWER.get(server.status, 0),
            "os-extended-volumes:volumes_attached": [
                {"id": each} | ({"delete_on_termination": each in server.dies_with_server} if version >= (2, 3) else {})
                for each in server.volumes
            ],
        }
        # the compute node creates the ports
        if server.ports and server.host:
            found["security_groups"] = [{"name": name} for name in server.groups]
        if server.status in ("ACTIVE", "BUILD", "REBOOT"):
            found["progress"] = 0
        fault = server.fault
        if fault and server.status in ("ERROR", "DELETED"):
            found["fault"] = {"code": fault.code, "created": glance_time(fault.created), "message": fault.message}
            if ask.user.is_admin and fault.code == 500:
                found["fault"]["details"] = f"Traceback (most recent call last):\n{fault.message}\n"
        if ask.user.is_admin:
            found |= {
                "OS-EXT-SRV-ATTR:host": server.host,
                "OS-EXT-SRV-ATTR:hypervisor_hostname": server.host,
                "OS-EXT-SRV-ATTR:instance_name": f"instance-{server.id[:8]}",
            }
            if version >= (2, 3):
                found |= {
                    "OS-EXT-SRV-ATTR:hostname": server.name.lower(),
                    "OS-EXT-SRV-ATTR:reservation_id": f"r-{server.id[:8]}",
                    "OS-EXT-SRV-ATTR:launch_index": 0,
                    "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda" if server.host or fault else None,
                    "OS-EXT-SRV-ATTR:kernel_id": "",
                    "OS-EXT-SRV-ATTR:ramdisk_id": "",
                    "OS-EXT-SRV-ATTR:user_data": None,
                }
            if version >= (2, 16):
                found["host_status"] = "UP" if server.host else ""
        if version >= (2, 9):
            found["locked"] = False
        if version >= (2, 19):
            found["description"] = None
        if version >= (2, 26):
            found["tags"] = []
        if version >= (2, 63):
            found["trusted_image_certificates"] = None
        if version >= (2, 71):
            found["server_groups"] = []
        if version >= (2, 73):
            found["locked_reason"] = None
        return self._world.hooks.through("server.record", found, server=server)

    def _one(self, ask: Ask) -> Server:
        server = self._servers.get(ask.path("id"))
        if not ask.user.is_admin and server.project != ask.user.project.id:
            raise Refusal(404, f"Instance {server.id} could not be found.")
        return server

    def _listed(self, ask: Ask) -> list[Server]:
        everybody = ask.user.is_admin and ask.query("all_tenants") in ("1", "True", "true")
        name, status, zone = ask.query("name"), ask.query("status"), ask.query("availability_zone")
        if ask.query("marker"):
            return []
        return [
            server
            for server in self._servers.servers.values()
            if (everybody or server.project == ask.user.project.id)
            and name.strip("^$") in server.name
            and status.upper() in ("", server.status)
            and zone in ("", server.zone)
        ]

    async def index(self, ask: Ask) -> Response:
        found = [
            {"id": each.id, "name": each.name, "links": self._links("servers", each.id)} for each in self._listed(ask)
        ]
        return JSONResponse({"servers": found})

    async def detail(self, ask: Ask) -> Response:
        return JSONResponse({"servers": [self._server(ask, each) for each in self._listed(ask)]})

    async def show(self, ask: Ask) -> Response:
        return JSONResponse({"server": self._server(ask, self._one(ask))})

    async def create(self, ask: Ask) -> Response:
        wanted = (await ask.body()).get("server")
        if not isinstance(wanted, dict) or not wanted.get("name") or not wanted.get("flavorRef"):
            raise Refusal(400, "Invalid input for field/attribute server: 'name' and 'flavorRef' are required.")
        if wanted.get("key_name") and wanted["key_name"] not in self._world.keypairs:
            raise Refusal(400, "Invalid key_name provided.")
        known = self._world.networks.groups
        for group in wanted.get("security_groups") or []:
            name = known[group["name"]].name if group["name"] in known else group["name"]
            if name not in {each.name for each in known.values()}:
                raise Refusal(400, f"Unable to find security_group with name or id '{name}'")
            group["name"] = name
        ports = self._ports(ask, wanted)
        try:
            server = self._servers.create(ask.user, wanted, ports)
        except Refusal:
            for port in ports:
                self._world.networks.ports.pop(port.id, None)
            raise
        for port in ports:
            port.device_id, port.device_owner, port.status = server.id, f"compute:{server.zone}", "ACTIVE"
        body = {
            "id": server.id,
            "links": self._links("servers", server.id),
            "OS-DCF:diskConfig": "MANUAL",
            "security_groups": [{"name": name} for name in server.groups],
            "adminPass": uuid.uuid4().hex[:12],
        }
        return JSONResponse({"server": body}, 202, {"Location": self._links("servers", server.id)[0]["href"]})

    def _ports(self, ask: Ask, wanted: dict[str, Any]) -> list[Port]:
        asked, networks = wanted.get("networks"), self._world.networks
        if isinstance(asked, str):
            if self._version(ask) < (2, 37):
                message = (
                    f"Invalid input for field/attribute networks. Value: {asked}. {asked!r} is not of type 'array'"
                )
                raise Refusal(400, message)
            if asked == "none":
                return []
            asked = None
        elif asked is None and self._version(ask) >= (2, 37):
            raise Refusal(400, "Invalid input for field/attribute server. 'networks' is a required property")
        if not asked:
            own = [each for each in networks.networks.values() if each.project == ask.user.project.id]
            if len(own) > 1:
                raise Refusal(409, "Multiple possible networks found, use a Network ID to be more specific.")
            return [networks.plug(each, ask.user.project.id, []) for each in own]
        ports = []
        for entry in asked:
            if entry.get("port"):
                if entry["port"] not in networks.ports:
                    raise Refusal(400, f"Port {entry['port']} could not be found.")
                ports.append(networks.ports[entry["port"]])
            else:
                if entry.get("uuid") not in networks.networks:
                    raise Refusal(400, f"Network {entry.get('uuid')} could not be found.")
                ports.append(networks.plug(networks.networks[entry["uuid"]], ask.user.project.id, []))
        return ports

    async def update(self, ask: Ask) -> Response:
        server, wanted = self._one(ask), (await ask.body()).get("server", {})
        server.name = wanted.get("name", server.name)
        return JSONResponse({"server": self._server(ask, server)})

    async def delete(self, ask: Ask) -> Response:
        self._servers.delete(self._one(ask))
        return Response(status_code=204)

    async def action(self, ask: Ask) -> Response:
        server, body = self._one(ask), await ask.body()
        name = next(iter(body), "")
        if name == "os-stop":
            self._servers.stop(server)
        elif name == "os-start":
            self._servers.start(server)
        elif name == "reboot":
            self._servers.reboot(server)
        elif name == "forceDelete":
            self._servers.delete(server)
        elif name == "os-getConsoleOutput":
            length = (body[name] or {}).get("length")
            lines = self._world.hooks.through("console", list(server.console), server=server)
            lines = lines[-int(length) :] if length not in (None, -1, "-1") else lines
            return JSONResponse({"output": "".join(f"{line}\n" for line in lines)})
        elif name == "createImage":
            metadata = body[name].get("metadata") or {}
            image = create_image(self._world, server, ask.user, body[name]["name"], metadata)
            if self._version(ask) >= (2, 45):
                return JSONResponse({"image_id": image.id}, 202)
            return Response(status_code=202, headers={"Location": f"{self._world.urls['image']}/v2/images/{image.id}"})
        else:
            raise Refusal(400, f"There is no such action: {name}")
        return Response(status_code=202)

    # --- attachments of servers ---

    def _attachment(self, server: Server, volume_id: str, version: tuple[int, int]) -> dict[str, Any]:
        volume = self._world.volumes.get(volume_id)
        device = next((each.device for each in volume.attachments if each.server_id == server.id), None)
        found: dict[str, Any] = {"volumeId": volume_id, "serverId": server.id, "device": device}
        if version < (2, 89):
            found["id"] = volume_id
        if version >= (2, 70):
            found["tag"] = None
        if version >= (2, 79):
            found["delete_on_termination"] = volume_id in server.dies_with_server
        if version >= (2, 89):
            found |= {"attachment_id": volume.attachments[0].id if volume.attachments else None, "bdm_uuid": volume_id}
        return found

    async def attachments(self, ask: Ask) -> Response:
        server = self._one(ask)
        found = [self._attachment(server, each, self._version(ask)) for each in server.volumes]
        return JSONResponse({"volumeAttachments": found})

    async def attach(self, ask: Ask) -> Response:
        server, wanted = self._one(ask), (await ask.body()).get("volumeAttachment", {})
        self._servers.check_no_task(server, "attach_volume")
        volume = self._world.volumes.get(wanted.get("volumeId", ""))
        if volume.status != "available":
            raise Refusal(
                400, f"Invalid volume: volume '{volume.id}' status must be 'available'. Currently in '{volume.status}'"
            )
        # nova-api checks its own setting at central; nova-compute checks the site's after the request was accepted
        told = self._servers.other_zone(server, volume)
        if told and self._world.central.nova.cross_az_attach is False:
            raise Refusal(400, told)
        device = self._servers.attach_to_running(server, volume)
        version = self._version(ask)
        found: dict[str, Any] = {"id": volume.id, "serverId": server.id, "volumeId": volume.id, "device": device}
        if version >= (2, 70):
            found["tag"] = None
        if version >= (2, 79):
            found["delete_on_termination"] = False
        return JSONResponse({"volumeAttachment": found})

    async def detach(self, ask: Ask) -> Response:
        server = self._one(ask)
        if ask.path("volume") not in server.volumes:
            raise Refusal(404, f"volume_id not found: {ask.path('volume')}")
        self._servers.detach(server, self._world.volumes.get(ask.path("volume")))
        return Response(status_code=202)

    async def interfaces(self, ask: Ask) -> Response:
        found = [
            {
                "net_id": port.network.id,
                "port_id": port.id,
                "mac_addr": port.mac,
                "port_state": port.status,
                "fixed_ips": [{"subnet_id": port.network.subnet_id, "ip_address": port.address}],
            }
            for port in self._one(ask).ports
        ]
        return JSONResponse({"interfaceAttachments": found})

    async def server_groups(self, ask: Ask) -> Response:
        found = [{"name": name, "rules": []} for name in self._one(ask).groups]
        return JSONResponse({"security_groups": found})

    # --- flavors and keys ---

    def _flavor(self, flavor: Flavor, version: tuple[int, int]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": flavor.id,
            "name": flavor.name,
            "ram": flavor.ram,
            "disk": flavor.disk,
            "swap": 0 if version >= (2, 75) else "",
            "OS-FLV-EXT-DATA:ephemeral": 0,
            "OS-FLV-DISABLED:disabled": False,
            "vcpus": flavor.vcpus,
            "os-flavor-access:is_public": flavor.public,
            "rxtx_factor": 1.0,
            "links": self._links("flavors", flavor.id),
        }
        if version >= (2, 55):
            found["description"] = None
        if version >= (2, 61):
            found["extra_specs"] = {}
        return found

    async def flavors(self, ask: Ask) -> Response:
        known = [] if ask.query("marker") else list(self._servers.flavors.values())
        private = ask.user.is_admin and ask.query("is_public").lower() == "none"
        found = [self._flavor(each, self._version(ask)) for each in known if each.public or private]
        return JSONResponse({"flavors": found})

    async def create_flavor(self, ask: Ask) -> Response:
        ask.admin_only("Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.")
        wanted = (await ask.body()).get("flavor", {})
        public = bool(wanted.get("os-flavor-access:is_public", True))
        sizes = (int(wanted["ram"]), int(wanted["vcpus"]), int(wanted["disk"]))
        flavor = self._servers.create_flavor(wanted["name"], *sizes, public=public)
        return JSONResponse({"flavor": self._flavor(flavor, self._version(ask))})

    async def delete_flavor(self, ask: Ask) -> Response:
        ask.admin_only("Policy doesn't allow os_compute_api:os-flavor-manage:delete to be performed.")
        if self._servers.flavors.pop(ask.path("id"), None) is None:
            raise Refusal(404, f"Flavor {ask.path('id')} could not be found.")
        return Response(status_code=202)

    async def flavor(self, ask: Ask) -> Response:
        found = self._servers.flavors.get(ask.path("id"))
        if found is None:
            raise Refusal(404, f"Flavor {ask.path('id')} could not be found.")
        return JSONResponse({"flavor": self._flavor(found, self._version(ask))})

    async def extra_specs(self, ask: Ask) -> Response:
        return JSONResponse({"extra_specs": {}})

    def _keypair(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "public_key": self._world.keypairs[name],
            "fingerprint": "SHA256:simulated",
            "type": "ssh",
        }

    async def keypairs(self, ask: Ask) -> Response:
        names = [] if ask.query("marker") else list(self._world.keypairs)
        return JSONResponse({"keypairs": [{"keypair": self._keypair(name)} for name in names]})

    async def create_keypair(self, ask: Ask) -> Response:
        wanted = (await ask.body()).get("keypair", {})
        name = wanted.get("name", "")
        if name in self._world.keypairs:
            raise Refusal(409, f"Key pair '{name}' already exists.")
        self._world.keypairs[name] = wanted.get("public_key") or "ssh-ed25519 AAAA"
        return JSONResponse({"keypair": self._keypair(name) | {"user_id": ask.user.id}}, 201)

    async def keypair(self, ask: Ask) -> Response:
        if ask.path("name") not in self._world.keypairs:
            raise Refusal(404, f"Keypair {ask.path('name')} not found for user {ask.user.id}")
        extra = {"id": 1, "user_id": ask.user.id, "deleted": False, "created_at": micro_time(now())}
        return JSONResponse({"keypair": self._keypair(ask.path("name")) | extra})

    async def delete_keypair(self, ask: Ask) -> Response:
        if self._world.keypairs.pop(ask.path("name"), None) is None:
            raise Refusal(404, f"Keypair {ask.path('name')} not found for user {ask.user.id}")
        return Response(status_code=204)

    # --- the service itself ---

    def _computes(self) -> list[tuple[Site, str, bool]]:
        return [
            (site, node.name, node.name not in site.nova.down)
            for site in self._world.sites.values()
            for node in site.nodes
            if "compute" in node.roles
        ]

    async def services(self, ask: Ask) -> Response:
        ask.admin_only("Policy doesn't allow os_compute_api:os-services:list to be performed.")
        central, version = self._world.central.nodes[0].name, self._version(ask)
        rows = [("nova-scheduler", central, "internal", True), ("nova-conductor", central, "internal", True)]
        rows += [("nova-compute", host, site.nova.zone, up) for site, host, up in self._computes()]
        found = []
        for number, (binary, host, zone, up) in enumerate(rows, 1):
            if ask.query("binary") not in ("", binary) or ask.query("host") not in ("", host):
                continue
            identifier = _service_id(binary, host) if version >= (2, 53) else number
            found.append(
                {
                    "id": identifier,
                    "binary": binary,
                    "host": host,
                    "zone": zone,
                    "status": "enabled",
                    "state": "up" if up else "down",
                    "updated_at": micro_time(now()),
                    "disabled_reason": None,
                }
                | ({"forced_down": False} if version >= (2, 11) else {})
            )
        return JSONResponse({"services": self._world.hooks.through("nova.services", found)})

    def _hosts_by_zone(self) -> dict[str, list[tuple[str, bool]]]:
        zones: dict[str, list[tuple[str, bool]]] = {}
        for site, host, up in self._computes():
            zones.setdefault(site.nova.zone, []).append((host, up))
        return zones

    async def aggregates(self, ask: Ask) -> Response:
        ask.admin_only("Policy doesn't allow os_compute_api:os-aggregates:index to be performed.")
        found = [
            {
                "id": number,
                "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, zone)),
                "name": zone,
                "availability_zone": zone,
                "hosts": [host for host, _ in hosts],
                "metadata": {"availability_zone": zone},
                "created_at": micro_time(now()),
                "updated_at": None,
                "deleted": False,
                "deleted_at": None,
            }
            for number, (zone, hosts) in enumerate(self._hosts_by_zone().items(), 1)
        ]
        return JSONResponse({"aggregates": found})

    async def zones(self, ask: Ask) -> Response:
        found = [
            {"zoneName": zone, "zoneState": {"available": any(up for _, up in hosts)}, "hosts": None}
            for zone, hosts in self._hosts_by_zone().items()
        ]
        return JSONResponse({"availabilityZoneInfo": found})

    async def zones_detail(self, ask: Ask) -> Response:
        ask.admin_only("Policy doesn't allow os_compute_api:os-availability-zone:detail to be performed.")

        def host(service: str, up: bool) -> dict[str, Any]:
            return {service: {"active": True, "available": up, "updated_at": micro_time(now())}}

        central = self._world.central.nodes[0].name
        found = [
            {
                "zoneName": "internal",
                "zoneState": {"available": True},
                "hosts": {central: host("nova-conductor", True) | host("nova-scheduler", True)},
            }
        ]
        for zone, hosts in self._hosts_by_zone().items():
            shown = {name: host("nova-compute", up) for name, up in hosts}
            found.append({"zoneName": zone, "zoneState": {"available": any(up for _, up in hosts)}, "hosts": shown})
        return JSONResponse({"availabilityZoneInfo": found})

    async def hypervisors(self, ask: Ask) -> Response:
        ask.admin_only("Policy doesn't allow os_compute_api:os-hypervisors:list to be performed.")
        version, details = self._version(ask), ask.request.url.path.endswith("/detail")
        found = []
        for number, (site, host, up) in enumerate(self._computes(), 1):
            shown: dict[str, Any] = {
                "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, host)) if version >= (2, 53) else number,
                "hypervisor_hostname": host,
                "state": "up" if up else "down",
                "status": "enabled",
            }
            if details:
                service = _service_id("nova-compute", host) if version >= (2, 53) else number
                shown |= {
                    "hypervisor_type": "QEMU",
                    "hypervisor_version": 7002022,
                    "host_ip": next(node.address for node in site.nodes if node.name == host),
                    "service": {"id": service, "host": host, "disabled_reason": None},
                }
                if version >= (2, 88):
                    shown["uptime"] = " 08:00:00 up 1 day, 0 users, load average: 0.00, 0.00, 0.00" if up else None
            found.append(shown)
        return JSONResponse({"hypervisors": [] if ask.query("marker") else found})

    async def extensions(self, ask: Ask) -> Response:
        return JSONResponse({"extensions": []})

    async def limits(self, ask: Ask) -> Response:
        absolute = {"maxTotalInstances": 1000, "totalInstancesUsed": len(self._servers.servers), "maxTotalCores": 1000}
        return JSONResponse({"limits": {"rate": [], "absolute": absolute}})

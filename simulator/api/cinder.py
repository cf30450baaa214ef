"""Cinder v3: volumes, snapshots, services, clusters and zones."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response

from simulator.api.faults import render
from simulator.api.service import Ask, Handler, Table, application, to_folder
from simulator.api.versions import document, microversion
from simulator.world.clock import micro_time, now
from simulator.world.refusal import Refusal
from simulator.world.sites import Site
from simulator.world.volumes import Volume, VolumeSnapshot
from simulator.world.world import World

_LOWEST, _HIGHEST = "3.0", "3.70"
_BACKEND = "tripleo_ceph"
_TYPE = {"id": "6e7a1d3c-7c5a-4f0b-8a5e-0c9f0f6f3a10", "name": "tripleo"}


class Cinder:
    """The volume service."""

    def __init__(self, world: World) -> None:
        self._world, self._volumes = world, world.volumes

    def application(self) -> Starlette:
        rows: Table = [
            ("GET", "/volumes", self.index),
            ("GET", "/volumes/detail", self.detail),
            ("POST", "/volumes", self.create),
            ("GET", "/volumes/{id}", self.show),
            ("PUT", "/volumes/{id}", self.update),
            ("DELETE", "/volumes/{id}", self.delete),
            ("POST", "/volumes/{id}/action", self.action),
            ("GET", "/snapshots", self.snapshots),
            ("GET", "/snapshots/detail", self.snapshots),
            ("POST", "/snapshots", self.create_snapshot),
            ("GET", "/snapshots/{id}", self.show_snapshot),
            ("DELETE", "/snapshots/{id}", self.delete_snapshot),
            ("GET", "/os-services", self.services),
            ("GET", "/clusters", self.clusters),
            ("GET", "/clusters/detail", self.clusters),
            ("GET", "/os-availability-zone", self.zones),
            ("GET", "/types", self.types),
            ("GET", "/types/default", self.default_type),
            ("GET", "/types/{id}", self.default_type),
            ("GET", "/extensions", self.extensions),
            ("GET", "/limits", self.limits),
        ]
        # the project ID in the path is optional
        table = [
            (method, f"/v3{middle}{path}", self._versioned(handler))
            for middle in ("", "/{project}")
            for method, path, handler in rows
        ]
        discovery: Table = [
            ("GET", "/", self.versions),
            ("GET", "/v3", to_folder),
            ("GET", "/v3/", self._versioned(self.versions)),
        ]
        return application(self._world, "volume", [*discovery, *table], render, ("/",))

    async def versions(self, ask: Ask) -> Response:
        href = f"{self._world.urls['volume']}/v3/"
        found = document("v3.0", href, _LOWEST, _HIGHEST, "volume+json;version=3")
        return JSONResponse({"versions": [found]}, 300 if ask.request.url.path == "/" else 200)

    def _versioned(self, handler: Handler) -> Handler:
        async def answer(ask: Ask) -> Response:
            major, minor = self._version(ask)
            try:
                response = await handler(ask)
            except Refusal as error:
                if error.status == 401:
                    raise
                response = render(ask.request, error)
            response.headers["OpenStack-API-Version"] = f"volume {major}.{minor}"
            if response.body:
                response.headers["x-compute-request-id"] = ask.request.scope["request_id"]
            else:
                response.headers["content-type"] = "text/html; charset=UTF-8"
            return response

        return answer

    def _version(self, ask: Ask) -> tuple[int, int]:
        return microversion(ask.request, "volume", _LOWEST, _HIGHEST)

    def _links(self, kind: str, project: str, identifier: str) -> list[dict[str, str]]:
        base = self._world.urls["volume"]
        return [
            {"rel": "self", "href": f"{base}/v3/{project}/{kind}/{identifier}"},
            {"rel": "bookmark", "href": f"{base}/{project}/{kind}/{identifier}"},
        ]

    def _host(self, site: Site) -> str:
        return self._hosts(site)[0]

    def _hosts(self, site: Site) -> list[str]:
        """Return the hosts of the site's volume services: one per node at a DCN site, one shared name at central."""
        nodes = [node.name for node in site.nodes if "cinder-volume" in node.roles]
        return [f"{name}@{_BACKEND}" for name in (["hostgroup"] if site.central else nodes)]

    def _volume(self, ask: Ask, volume: Volume) -> dict[str, Any]:
        """Return a volume's record as its creation returns it; `_shown` adds the fields of later answers."""
        site, version = self._world.sites[volume.site], self._version(ask)
        found: dict[str, Any] = {
            "id": volume.id,
            "status": volume.status,
            "size": volume.size,
            "availability_zone": volume.zone,
            "created_at": micro_time(volume.created),
            "updated_at": micro_time(volume.updated),
            "name": volume.name,
            "description": volume.description,
            "volume_type": _TYPE["name"],
            "snapshot_id": volume.snapshot_id,
            "source_volid": volume.source_id,
            "metadata": volume.metadata,
            "links": self._links("volumes", volume.project, volume.id),
            "user_id": volume.user,
            "bootable": str(volume.bootable).lower(),
            "encrypted": False,
            "replication_status": None,
            "consistencygroup_id": None,
            "multiattach": False,
            "attachments": [
                {
                    "id": volume.id,
                    "attachment_id": each.id,
                    "volume_id": volume.id,
                    "server_id": each.server_id,
                    "host_name": each.host if ask.user.is_admin else None,
                    "device": each.device,
                    "attached_at": micro_time(each.attached),
                }
                for each in volume.attachments
            ],
        }
        if ask.user.is_admin:
            found["migration_status"] = None
            if version >= (3, 21):
                found["provider_id"] = None
        if version >= (3, 13):
            found["group_id"] = None
        if version >= (3, 48):
            # both are known only after a service has taken the volume
            service = uuid.uuid5(uuid.NAMESPACE_DNS, self._host(site))
            found |= {"shared_targets": not volume.placed, "service_uuid": str(service) if volume.placed else None}
        if version >= (3, 61) and ask.user.is_admin:
            found["cluster_name"] = self._cluster(site) if volume.placed else None
        if version >= (3, 63):
            found["volume_type_id"] = _TYPE["id"]
        if version >= (3, 65):
            found["consumes_quota"] = True
        return found

    def _shown(self, ask: Ask, volume: Volume) -> dict[str, Any]:
        found = self._volume(ask, volume) | {"os-vol-tenant-attr:tenant_id": volume.project}
        if ask.user.is_admin:
            host = f"{self._host(self._world.sites[volume.site])}#{_BACKEND}"
            found |= {
                "os-vol-host-attr:host": host if volume.placed else None,
                "os-vol-mig-status-attr:migstat": None,
                "os-vol-mig-status-attr:name_id": None,
            }
        if volume.image:
            found["volume_image_metadata"] = volume.image
        return self._world.hooks.through("volume.record", found, volume=volume)

    def _cluster(self, site: Site) -> str | None:
        return f"{site.cinder.cluster}@{_BACKEND}" if site.cinder and site.cinder.cluster else None

    def _listed(self, ask: Ask) -> list[Volume]:
        user, name, status = ask.user, ask.query("name"), ask.query("status")
        everybody = user.is_admin and ask.query("all_tenants") in ("1", "True", "true")
        return [
            volume
            for volume in self._volumes.volumes.values()
            if (everybody or volume.project == user.project.id)
            and name in ("", volume.name)
            and status in ("", volume.status)
        ]

    async def index(self, ask: Ask) -> Response:
        found = [
            {"id": each.id, "name": each.name, "links": self._links("volumes", each.project, each.id)}
            for each in self._listed(ask)
        ]
        return JSONResponse({"volumes": [] if ask.query("marker") else found})

    async def detail(self, ask: Ask) -> Response:
        return JSONResponse(
            {"volumes": [] if ask.query("marker") else [self._shown(ask, v) for v in self._listed(ask)]}
        )

    def _one(self, ask: Ask) -> Volume:
        volume = self._volumes.get(ask.path("id"))
        if not ask.user.is_admin and volume.project != ask.user.project.id:
            raise Refusal(404, f"Volume {volume.id} could not be found.")
        return volume

    async def create(self, ask: Ask) -> Response:
        wanted = (await ask.body()).get("volume")
        if not isinstance(wanted, dict):
            raise Refusal(400, "Missing required element 'volume' in request body.")
        volume = self._volumes.create(ask.user, wanted)
        return JSONResponse({"volume": self._volume(ask, volume)}, 202)

    async def show(self, ask: Ask) -> Response:
        return JSONResponse({"volume": self._shown(ask, self._one(ask))})

    async def update(self, ask: Ask) -> Response:
        volume, wanted = self._one(ask), (await ask.body()).get("volume", {})
        volume.name = wanted.get("name", volume.name)
        volume.description = wanted.get("description", volume.description)
        return JSONResponse({"volume": self._volume(ask, volume)})

    async def delete(self, ask: Ask) -> Response:
        self._volumes.delete(self._one(ask))
        return Response(status_code=202)

    async def action(self, ask: Ask) -> Response:
        volume, body = self._one(ask), await ask.body()
        if "os-reset_status" in body:
            ask.admin_only("Policy doesn't allow volume_extension:volume_admin_actions:reset_status to be performed.")
            volume.status = body["os-reset_status"].get("status", volume.status)
        elif "os-force_delete" in body:
            volume.status = "error"
            self._volumes.delete(volume)
        elif "os-set_bootable" in body:
            volume.bootable = bool(body["os-set_bootable"].get("bootable"))
        else:
            raise Refusal(400, f"There is no such action: {', '.join(body)}")
        return Response(status_code=202)

    # --- snapshots ---

    def _snapshot(self, ask: Ask, snapshot: VolumeSnapshot) -> dict[str, Any]:
        """Return a snapshot's record as its creation returns it; `_shown_snapshot` adds the fields of later answers."""
        found: dict[str, Any] = {
            "id": snapshot.id,
            "created_at": micro_time(snapshot.created),
            "updated_at": micro_time(snapshot.updated),
            "name": snapshot.name,
            "description": snapshot.description,
            "volume_id": snapshot.volume_id,
            "status": snapshot.status,
            "size": snapshot.size,
            "metadata": snapshot.metadata,
        }
        version = self._version(ask)
        if version >= (3, 14):
            found["group_snapshot_id"] = None
        if version >= (3, 41):
            found["user_id"] = snapshot.user
        if version >= (3, 65):
            found["consumes_quota"] = True
        return found

    def _shown_snapshot(self, ask: Ask, snapshot: VolumeSnapshot) -> dict[str, Any]:
        return self._snapshot(ask, snapshot) | {
            "os-extended-snapshot-attributes:project_id": snapshot.project,
            "os-extended-snapshot-attributes:progress": "100%" if snapshot.status == "available" else "0%",
        }

    async def snapshots(self, ask: Ask) -> Response:
        volume, name = ask.query("volume_id"), ask.query("name")
        everybody = ask.user.is_admin and ask.query("all_tenants") in ("1", "True", "true")
        found = [
            self._shown_snapshot(ask, each)
            for each in self._volumes.snapshots.values()
            if (everybody or each.project == ask.user.project.id)
            and volume in ("", each.volume_id)
            and name in ("", each.name)
        ]
        return JSONResponse({"snapshots": [] if ask.query("marker") else found})

    async def create_snapshot(self, ask: Ask) -> Response:
        wanted = (await ask.body()).get("snapshot")
        if not isinstance(wanted, dict):
            raise Refusal(400, "Missing required element 'snapshot' in request body.")
        if self._version(ask) >= (3, 66):
            # since this version, a volume in use needs no `force`, and `false` is refused
            if str(wanted.get("force", True)).lower() == "false":
                raise Refusal(400, "Invalid input for field/attribute force: it is invalid since microversion 3.66.")
            wanted["force"] = True
        return JSONResponse({"snapshot": self._snapshot(ask, self._volumes.take_snapshot(ask.user, wanted))}, 202)

    async def show_snapshot(self, ask: Ask) -> Response:
        return JSONResponse({"snapshot": self._shown_snapshot(ask, self._volumes.snapshot(ask.path("id")))})

    async def delete_snapshot(self, ask: Ask) -> Response:
        self._volumes.delete_snapshot(self._volumes.snapshot(ask.path("id")))
        return Response(status_code=202)

    # --- the service itself ---

    async def services(self, ask: Ask) -> Response:
        ask.admin_only("Policy doesn't allow volume_extension:services:index to be performed.")
        version = self._version(ask)
        central = self._world.central
        found = [self._service("cinder-scheduler", central.nodes[0].name, central, True, version)]
        for site in self._world.storage_sites:
            if site.cinder:
                found += [
                    self._service("cinder-volume", host, site, not site.cinder.down, version)
                    for host in self._hosts(site)
                ]
        found = [
            each
            for each in found
            if ask.query("binary") in ("", each["binary"]) and ask.query("host") in ("", each["host"])
        ]
        return JSONResponse({"services": self._world.hooks.through("cinder.services", found)})

    def _service(self, binary: str, host: str, site: Site, up: bool, version: tuple[int, int]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "binary": binary,
            "host": host,
            "zone": site.cinder.zone if site.cinder else site.zone,
            "status": "enabled",
            "state": "up" if up else "down",
            "updated_at": micro_time(now()),
            "disabled_reason": None,
        }
        if binary == "cinder-volume":
            found |= {"replication_status": "disabled", "active_backend_id": None, "frozen": False}
            if version >= (3, 49):
                found["backend_state"] = "up" if up else "down"
        if version >= (3, 7):
            found["cluster"] = self._cluster(site) if binary == "cinder-volume" else None
        return found

    async def clusters(self, ask: Ask) -> Response:
        ask.admin_only("Policy doesn't allow clusters:get_all to be performed.")
        if self._version(ask) < (3, 7):
            raise Refusal(404, "The resource could not be found.")
        found = []
        for site in self._world.storage_sites:
            if site.cinder and site.cinder.cluster:
                up = not site.cinder.down
                found.append(
                    {
                        "name": self._cluster(site),
                        "binary": "cinder-volume",
                        "state": "up" if up else "down",
                        "status": "enabled",
                        "replication_status": "disabled",
                        "num_hosts": len(self._hosts(site)),
                        "num_down_hosts": 0 if up else len(self._hosts(site)),
                        "last_heartbeat": micro_time(now()),
                        "created_at": micro_time(now()),
                        "updated_at": micro_time(now()),
                        "disabled_reason": None,
                        "frozen": False,
                        "active_backend_id": None,
                    }
                )
        return JSONResponse({"clusters": self._world.hooks.through("cinder.clusters", found)})

    async def zones(self, ask: Ask) -> Response:
        zones = sorted({site.cinder.zone for site in self._world.storage_sites if site.cinder})
        found = [{"zoneName": zone, "zoneState": {"available": True}} for zone in zones]
        return JSONResponse({"availabilityZoneInfo": found})

    async def types(self, ask: Ask) -> Response:
        return JSONResponse({"volume_types": [_TYPE | {"is_public": True, "description": None, "extra_specs": {}}]})

    async def default_type(self, ask: Ask) -> Response:
        return JSONResponse({"volume_type": _TYPE | {"is_public": True, "description": None, "extra_specs": {}}})

    async def extensions(self, ask: Ask) -> Response:
        return JSONResponse({"extensions": []})

    async def limits(self, ask: Ask) -> Response:
        volumes = self._volumes.volumes.values()
        absolute = {
            "maxTotalVolumes": 1000,
            "totalVolumesUsed": len(volumes),
            "maxTotalVolumeGigabytes": 10000,
            "totalGigabytesUsed": sum(volume.size for volume in volumes),
            "maxTotalSnapshots": 1000,
            "totalSnapshotsUsed": len(self._volumes.snapshots),
        }
        return JSONResponse({"limits": {"rate": [], "absolute": absolute}})

"""Glance v2: one application for the endpoints of all sites, which finds the site by the requested address."""

from __future__ import annotations

import html
import json
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from simulator.api.image_schema import CONTAINER_FORMATS, DISK_FORMATS, PROPERTIES, SCHEMAS, UUID_PATTERN, VISIBILITIES
from simulator.api.service import Ask, application, to_folder
from simulator.world.clock import glance_time, now
from simulator.world.content import Content
from simulator.world.identity import User
from simulator.world.images import Image, ImageTask, Location
from simulator.world.imports import ImportFlow, passes_filter
from simulator.world.refusal import Refusal
from simulator.world.sites import Glance as Backend
from simulator.world.world import World

_VERSIONS = ("2.15", "2.13", "2.12", "2.11", "2.10", *(f"2.{minor}" for minor in range(9, -1, -1)))
_READ_ONLY = {name for name, schema in PROPERTIES.items() if schema.get("readOnly")} | {"id"}
_OWN = (
    "name",
    "visibility",
    "protected",
    "container_format",
    "disk_format",
    "min_disk",
    "min_ram",
    "owner",
    "os_hidden",
)
_SHOWN = (
    *(
        "name",
        "disk_format",
        "container_format",
        "visibility",
        "size",
        "virtual_size",
        "status",
        "checksum",
        "protected",
    ),
    *("min_ram", "min_disk", "owner", "os_hidden", "os_hash_algo", "os_hash_value"),
)
_HTML = "text/html; charset=UTF-8"
_HIDDEN_PROPERTIES = {"os_glance_stage_host"}


def _render(request: Request, error: Refusal) -> Response:
    """Render an HTTP error as webob does: as HTML, or as JSON if the client accepts only JSON."""
    title = HTTPStatus(error.status).phrase
    status = f"{error.status} {title}"
    accept = request.headers.get("accept", "")
    if "application/json" in accept and "text/html" not in accept and "*/*" not in accept:
        text = f"{html.escape(error.message)}<br /><br />\n\n\n"
        return JSONResponse({"message": text, "code": status, "title": title}, error.status)
    body = f"{html.escape(error.message)}<br /><br />\n\n\n"
    page = (
        f"<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n"
        f"  {body}\n </body>\n</html>"
    )
    return Response(page, error.status, {"Content-Type": _HTML})


def _unauthorized(request: Request) -> Response:
    message = "This server could not verify that you are authorized to access the document you requested."
    return _render(request, Refusal(401, message))


def _empty(status: int) -> Response:
    return Response(status_code=status, headers={"Content-Type": _HTML})


class Glance:
    """The image service at the endpoint of each site."""

    def __init__(self, world: World, internal: bool = False) -> None:
        self._world, self._internal = world, internal

    def application(self) -> Starlette:
        image = "/v2/images/{id}"
        table = [
            ("GET", "/", self.versions),
            ("GET", "/versions", self.versions),
            ("GET", "/v2", to_folder),
            ("GET", "/v2/", self.nothing),
            ("GET", "/v2/schemas/{name}", self.schema),
            ("GET", "/v2/info/stores", self.stores),
            ("GET", "/v2/info/stores/detail", self.stores_detail),
            ("GET", "/v2/info/import", self.import_methods),
            ("GET", "/v2/images", self.index),
            ("POST", "/v2/images", self.create),
            ("GET", image, self.show),
            ("PATCH", image, self.update),
            ("DELETE", image, self.delete),
            ("GET", f"{image}/file", self.download),
            ("PUT", f"{image}/file", self.upload),
            ("PUT", f"{image}/stage", self.stage),
            ("POST", f"{image}/import", self.import_image),
            ("GET", f"{image}/tasks", self.image_tasks),
            ("GET", f"{image}/members", self.members),
            ("GET", f"{image}/locations", self.locations),
            ("DELETE", "/v2/stores/{store}/{id}", self.delete_from_store),
            ("GET", "/v2/tasks", self.tasks),
            ("GET", "/v2/tasks/{id}", self.task),
        ]
        return application(self._world, "image", table, _render, ("/", "/versions"), _unauthorized)

    def _backend(self, ask: Ask) -> Backend:
        return ask.site.services_images if self._internal else ask.site.images

    # --- discovery ---

    async def versions(self, ask: Ask) -> Response:
        backend = self._backend(ask)
        href, versions = f"{backend.url}/v2/", (*(() if backend.locations_api == "none" else ("2.17",)), *_VERSIONS)
        found = [
            {
                "id": f"v{version}",
                "status": "CURRENT" if number == 0 else "SUPPORTED",
                "links": [{"rel": "self", "href": href}],
            }
            for number, version in enumerate(versions)
        ]
        return JSONResponse({"versions": found}, 200 if ask.request.url.path == "/versions" else 300)

    async def nothing(self, ask: Ask) -> Response:
        """Return 404, because the path of a version has no document; a token is required all the same."""
        raise Refusal(404, "The resource could not be found.")

    async def schema(self, ask: Ask) -> Response:
        if ask.path("name") not in SCHEMAS:
            raise Refusal(404, "The resource could not be found.")
        return JSONResponse(SCHEMAS[ask.path("name")])

    def _stores(self, backend: Backend) -> list[dict[str, Any]]:
        found = []
        for store in backend.stores.values():
            entry: dict[str, Any] = {"id": store.id}
            if store.description:
                entry["description"] = store.description
            if store.id == backend.default:
                entry["default"] = "true"
            if store.type == "http":
                entry["read-only"] = "true"
            found.append(entry)
        return found

    async def stores(self, ask: Ask) -> Response:
        found = self._world.hooks.through("stores", self._stores(self._backend(ask)), site=ask.site)
        return JSONResponse({"stores": found})

    async def stores_detail(self, ask: Ask) -> Response:
        ask.admin_only("You are not authorized to complete stores_info_detail action.")
        backend = self._backend(ask)
        found = self._stores(backend)
        for entry in found:
            store = backend.stores[entry["id"]]
            rbd = {"chunk_size": 8388608, "pool": store.pool, "thin_provisioning": True}
            entry |= {"type": store.type, "properties": rbd if store.cluster else {}}
        return JSONResponse({"stores": self._world.hooks.through("stores", found, site=ask.site)})

    async def import_methods(self, ask: Ask) -> Response:
        value = self._backend(ask).import_methods
        methods = {"description": "Import methods available.", "type": "array", "value": value}
        return JSONResponse({"import-methods": methods})

    # --- records ---

    def _record(self, ask: Ask, image: Image) -> dict[str, Any]:
        backend = self._backend(ask)
        found: dict[str, Any] = {k: v for k, v in image.properties.items() if k not in _HIDDEN_PROPERTIES}
        found |= {name: getattr(image, name) for name in _SHOWN}
        found |= {"id": image.id, "created_at": glance_time(image.created), "updated_at": glance_time(image.updated)}
        if backend.show_locations:
            found["locations"] = [{"url": at.url, "metadata": {"store": at.store}} for at in image.locations]
        if backend.show_direct_url and image.locations:
            found["direct_url"] = image.locations[0].url
        href = f"/v2/images/{image.id}"
        found |= {"tags": image.tags, "self": href, "file": f"{href}/file", "schema": "/v2/schemas/image"}
        if image.stores():
            found["stores"] = ",".join(image.stores())
        return self._world.hooks.through("image.record", found, site=ask.site, image=image)

    def _visible(self, user: User, image: Image) -> bool:
        return user.is_admin or user.project.id == image.owner or image.visibility in ("public", "community")

    def _image(self, ask: Ask, change: str = "") -> Image:
        """Return the image as this Glance sees it. With `change`, refuse users who may not change it."""
        image = self._world.images.seen_through(self._backend(ask), ask.path("id"))
        if not self._visible(ask.user, image):
            raise Refusal(404, f"No image found with ID {image.id}")
        if change and not ask.user.is_admin and ask.user.project.id != image.owner:
            raise Refusal(403, f"You are not authorized to complete {change} action.")
        return image

    async def index(self, ask: Ask) -> Response:
        query = dict(ask.request.query_params)
        found = [image for image in self._world.images.records.values() if self._listed(ask.user, image, query)]
        sort, _, direction = query.get("sort", "").split(",")[0].partition(":")
        sort = sort or query.get("sort_key", "created_at")
        down = (direction or query.get("sort_dir", "desc")) == "desc"
        key = {"created_at": "created", "updated_at": "updated"}.get(sort, sort)
        if key not in Image.__dataclass_fields__:
            raise Refusal(400, f"Invalid sort key: {sort}. It must be one of the following: name, status, …")
        found.sort(key=lambda image: (str(getattr(image, key) or ""), image.id), reverse=down)
        marker = query.pop("marker", None)
        if marker:
            identifiers = [image.id for image in found]
            if marker not in identifiers:
                raise Refusal(400, f"Marker {marker} could not be found.")
            found = found[identifiers.index(marker) + 1 :]
        limit = int(query["limit"]) if query.get("limit", "").isdecimal() else 25
        page = found[:limit]
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        first = "/v2/images" + (f"?{asked}" if asked else "")
        body: dict[str, Any] = {
            "images": [self._record(ask, image) for image in page],
            "first": first,
            "schema": "/v2/schemas/images",
        }
        if len(page) == limit and page:
            body["next"] = f"/v2/images?{asked}{'&' if asked else ''}marker={page[-1].id}"
        return JSONResponse(body)

    def _listed(self, user: User, image: Image, query: Mapping[str, str]) -> bool:
        if image.visibility == "community" and query.get("visibility") not in ("community", "all"):
            return user.project.id == image.owner
        if not self._visible(user, image) or str(image.os_hidden).lower() != query.get("os_hidden", "false").lower():
            return False
        if "tag" in query and query["tag"] not in image.tags:
            return False
        for name in ("name", "id", "status", "visibility", "owner", "disk_format", "container_format"):
            wanted = query.get(name)
            if wanted and wanted != "all":
                values = wanted[3:].split(",") if wanted.startswith("in:") else [wanted]
                if str(getattr(image, name)) not in [value.strip('"') for value in values]:
                    return False
        extra = [name for name in query if name in image.properties]
        return all(image.properties[name] == query[name] for name in extra)

    async def create(self, ask: Ask) -> Response:
        body = await ask.body()
        for name in ("direct_url", "self", "file", "schema", "stores"):
            if name in body:
                raise Refusal(403, f"Attribute '{name}' is read-only.")
        for name in body:
            if name in ("location", "deleted", "deleted_at") or name.startswith("os_glance"):
                raise Refusal(403, f"Attribute '{name}' is reserved.")
            if name in _READ_ONLY - {"id"}:
                raise Refusal(403, f"Attribute '{name}' is read-only.")
        identifier = body.pop("id", None) or str(uuid.uuid4())
        self._check_values(body | {"id": identifier})
        if identifier in self._world.images.records:
            raise Refusal(409, f"Image ID {identifier} already exists!")
        image = Image(identifier, ask.user.project.id)
        image.tags = body.pop("tags", [])
        for name in _OWN:
            if body.get(name) is not None:
                setattr(image, name, body.pop(name))
        body.pop("locations", None)
        image.properties = {name: str(value) for name, value in body.items() if value is not None}
        self._world.images.records[identifier] = image
        backend = self._backend(ask)
        headers = {
            "Location": f"{backend.url}/v2/images/{identifier}",
            "OpenStack-image-import-methods": ",".join(backend.import_methods),
            "OpenStack-image-store-ids": ",".join(backend.stores),
        }
        return JSONResponse(self._record(ask, image), 201, headers)

    @staticmethod
    def _check_values(values: Mapping[str, Any]) -> None:
        def wrong(name: str, why: str) -> Refusal:
            return Refusal(400, f"Provided object does not match schema 'image': {why}: Failed validating {name!r}")

        allowed = {"disk_format": DISK_FORMATS, "container_format": CONTAINER_FORMATS, "visibility": VISIBILITIES}
        for name, choices in allowed.items():
            if values.get(name) is not None and values[name] not in choices:
                raise wrong(name, f"{values[name]!r} is not one of {list(choices)}")
        if "id" in values and not re.match(UUID_PATTERN, str(values["id"])):
            raise wrong("id", f"{values['id']!r} does not match {UUID_PATTERN!r}")
        if len(str(values.get("name") or "")) > 255:
            raise wrong("name", f"{values['name']!r} is too long")

    async def show(self, ask: Ask) -> Response:
        await self._world.read_image(self._backend(ask), ask.path("id"))
        return JSONResponse(self._record(ask, self._image(ask)))

    async def update(self, ask: Ask) -> Response:
        image = self._image(ask, "modify_image")
        kind = ask.request.headers.get("content-type", "").split(";")[0]
        if kind not in ("application/openstack-images-v2.1-json-patch", "application/openstack-images-v2.0-json-patch"):
            raise Refusal(415, "The request media type is not supported by this server.")
        try:
            changes = json.loads(await ask.request.body())
        except ValueError:
            raise Refusal(400, "Malformed JSON in request body.") from None
        if not isinstance(changes, list):
            raise Refusal(400, "Request body must be a JSON array of operation objects.")
        for change in changes:
            self._change(ask, image, change)
        image.updated = now()
        return JSONResponse(self._record(ask, image))

    def _change(self, ask: Ask, image: Image, change: Mapping[str, Any]) -> None:
        operation, path = str(change.get("op")), str(change.get("path", "")).lstrip("/").split("/")
        name = path[0].replace("~1", "/").replace("~0", "~")
        value = change.get("value")
        if name == "locations":
            self._change_locations(ask, image, operation, path, value)
            return
        if name in _READ_ONLY or name in ("location", "deleted", "deleted_at"):
            raise Refusal(403, f"Attribute '{name}' is read-only.")
        if name.startswith("os_glance"):
            raise Refusal(403, f"Attribute '{name}' is reserved.")
        if operation == "remove":
            if name in _OWN:
                raise Refusal(403, f"Property {name} may not be removed.")
            if image.properties.pop(name, None) is None:
                raise Refusal(409, f"Property {name} does not exist.")
            return
        self._check_values({name: value})
        if name in (*_OWN, "tags"):
            setattr(image, name, value)
        elif operation == "replace" and name not in image.properties:
            raise Refusal(409, f"Property {name} does not exist.")
        else:
            image.properties[name] = str(value)

    def _change_locations(self, ask: Ask, image: Image, operation: str, path: list[str], value: Any) -> None:
        backend = self._backend(ask)
        if not backend.show_locations:
            raise Refusal(403, f"It's not allowed to {operation} locations if locations are invisible.")
        if operation == "remove":
            if len(image.locations) == 1:
                raise Refusal(403, "Cannot remove last location in the image.")
            location = image.locations[int(path[1])]
            self._world.images.remove_data(location)
            image.locations.remove(location)
            return
        for entry in value if isinstance(value, list) else [value]:
            location = Location(entry["url"], backend.store_of(entry["url"]))
            cluster = self._world.images.cluster_of(location)
            if cluster is None or location.store is None:
                raise Refusal(400, "Invalid location")
            _, pool, name, snapshot = location.parts()
            found = cluster.pool(pool).images.get(name)
            if found is None or snapshot not in found.snapshots:
                raise Refusal(400, "Invalid location")
            image.locations.append(location)
            image.size, image.status = found.size, "active"

    async def delete(self, ask: Ask) -> Response:
        identifier = ask.path("id")
        if identifier not in self._world.images.records:
            raise Refusal(404, f"Failed to find image {identifier} to delete")
        self._image(ask, "delete_image")
        self._world.hooks.through("image.delete", None, image_id=identifier, site=ask.site)
        self._world.images.delete(self._backend(ask), identifier)
        await self._world.clock.takes("delete")
        return _empty(204)

    async def delete_from_store(self, ask: Ask) -> Response:
        store, identifier = ask.path("store"), ask.path("id")
        self._world.hooks.through("image.delete_from", None, image_id=identifier, store=store, site=ask.site)
        self._world.images.delete_from(self._backend(ask), store, identifier)
        await self._world.clock.takes("delete")
        return _empty(204)

    # --- data ---

    def _location(self, ask: Ask, image: Image) -> tuple[Location, Content]:
        backend = self._backend(ask)
        for location in image.locations:
            cluster = self._world.images.cluster_of(location)
            if cluster is None or location.store not in backend.stores:
                continue
            _, pool, name, snapshot = location.parts()
            found = cluster.pool(pool).images.get(name)
            if found is not None and snapshot in found.snapshots:
                return location, cluster.read(pool, name, snapshot)
        raise Refusal(500, "The image cannot be read from any of its stores.")

    async def download(self, ask: Ask) -> Response:
        image = self._image(ask)
        if not image.locations:
            return _empty(204)
        _, content = self._location(ask, image)
        headers = {"Content-Length": str(content.size)}
        if image.checksum:
            headers["Content-MD5"] = image.checksum
        return StreamingResponse(content.chunks(), 200, headers, "application/octet-stream")

    async def upload(self, ask: Ask) -> Response:
        image, backend = self._image(ask, "upload_image"), self._backend(ask)
        store = ask.request.headers.get("x-image-meta-store", backend.default)
        if store not in backend.stores:
            raise Refusal(400, f"Store for identifier {store} not found")
        if image.status != "queued":
            raise Refusal(409, f"Image status transition from {image.status} to saving is not allowed")
        if not image.disk_format or not image.container_format:
            raise Refusal(400, "Properties disk_format, container_format must be set prior to saving data.")
        data = self._world.hooks.through("uploaded", await ask.request.body(), site=ask.site)
        content = Content.of(data)
        image.status = "saving"
        await self._world.take_time_to_write_copy(backend.stores[store], image.id, content)
        image.locations.append(Location(backend.stores[store].url(image.id), store))
        image.size, image.checksum = content.size, content.digest("md5")
        image.os_hash_algo, image.os_hash_value = "sha512", content.digest("sha512")
        image.status, image.updated = "active", now()
        return _empty(204)

    async def stage(self, ask: Ask) -> Response:
        image, backend = self._image(ask, "modify_image"), self._backend(ask)
        if image.status != "queued":
            raise Refusal(409, f"Image status transition from {image.status} to uploading is not allowed")
        data = await ask.request.body()
        image.status, image.size = "uploading", len(data)
        image.properties["os_glance_stage_host"] = backend.url
        backend.staging[image.id] = self._world.hooks.through("staged", data, site=ask.site, image=image)
        return _empty(204)

    # --- imports and tasks ---

    async def import_image(self, ask: Ask) -> Response:
        body, backend = await ask.body(), self._backend(ask)
        if "method" not in body:
            raise Refusal(400, "Import request requires a 'method' field.")
        method = body["method"].get("name")
        if method is None:
            raise Refusal(400, "Import request requires a 'name' field.")
        self._world.images.check_method(backend, method)
        for name in ("all_stores_must_succeed", "all_stores"):
            if not isinstance(body.get(name, False), bool):
                raise Refusal(400, f"'{name}' must be boolean value only")
        image = self._image(ask, "" if method == "copy-image" else "modify_image")
        if method == "copy-image" and backend.copy_needs_admin:
            ask.admin_only("You are not authorized to complete copy_image action.")
        self._world.hooks.through("import", None, image=image, method=method, body=body, site=ask.site)
        stores = self._world.images.check_import(backend, image, body)
        if not stores:
            return _empty(202)
        uri = body["method"].get("uri", "")
        if method == "web-download" and not passes_filter(backend, uri):
            raise Refusal(400, f"URI for web-download does not pass filtering: {uri}")
        ImportFlow.begin(self._world, backend, image, ask.user, body, stores, ask.request.scope["request_id"])
        return _empty(202)

    async def image_tasks(self, ask: Ask) -> Response:
        image = self._image(ask)
        found = [
            {
                "id": task.id,
                "type": "api_image_import",
                "status": task.status,
                "owner": task.owner,
                "expires_at": task.expires.isoformat(timespec="microseconds") if task.expires else None,
                "created_at": task.created.isoformat(timespec="microseconds"),
                "updated_at": task.updated.isoformat(timespec="microseconds"),
                "deleted_at": None,
                "deleted": False,
                "image_id": task.image_id,
                "request_id": task.request,
                "user_id": task.user,
                "input": task.input,
                "result": task.result,
                "message": task.message,
            }
            for task in self._world.images.tasks.values()
            if task.image_id == image.id
        ]
        return JSONResponse({"tasks": found})

    async def locations(self, ask: Ask) -> Response:
        shown_to = self._backend(ask).locations_api
        if shown_to == "none":
            raise Refusal(404, "The resource could not be found.")
        image = self._image(ask)
        if shown_to == "services":
            raise Refusal(403, "You are not authorized to complete fetch_image_location action.")
        ask.admin_only("You are not authorized to complete fetch_image_location action.")
        return JSONResponse([{"url": at.url, "metadata": {"store": at.store}} for at in image.locations])

    async def members(self, ask: Ask) -> Response:
        self._image(ask)
        return JSONResponse({"members": [], "schema": "/v2/schemas/members"})

    @staticmethod
    def _stub(task: ImageTask) -> dict[str, Any]:
        found = {
            "id": task.id,
            "type": "api_image_import",
            "status": task.status,
            "owner": task.owner,
            "created_at": glance_time(task.created),
            "updated_at": glance_time(task.updated),
            "self": f"/v2/tasks/{task.id}",
            "schema": "/v2/schemas/task",
        }
        return found | ({"expires_at": glance_time(task.expires)} if task.expires else {})

    async def tasks(self, ask: Ask) -> Response:
        ask.admin_only("You are not authorized to complete tasks_api_access action.")
        found = sorted(self._world.images.tasks.values(), key=lambda task: task.created, reverse=True)
        status = ask.query("status")
        found = [task for task in found if status in ("", task.status)]
        marker, limit = ask.query("marker"), int(ask.query("limit", "25"))
        if marker:
            found = found[[task.id for task in found].index(marker) + 1 :] if marker in self._world.images.tasks else []
        page = found[:limit]
        asked = "&".join(f"{name}={value}" for name, value in ask.request.query_params.items() if name != "marker")
        first = "/v2/tasks" + (f"?{asked}" if asked else "")
        body = {"tasks": [self._stub(task) for task in page], "first": first, "schema": "/v2/schemas/tasks"}
        if page and len(page) == limit:
            body["next"] = f"{first}{'&' if asked else '?'}marker={page[-1].id}"
        return JSONResponse(body)

    async def task(self, ask: Ask) -> Response:
        ask.admin_only("You are not authorized to complete tasks_api_access action.")
        task = self._world.images.tasks.get(ask.path("id"))
        if task is None:
            raise Refusal(404, f"No task found with ID {ask.path('id')}")
        extra = {
            "input": task.input,
            "result": task.result,
            "message": task.message,
            "image_id": task.image_id,
            "request_id": task.request,
            "user_id": task.user,
        }
        return JSONResponse(self._stub(task) | extra)

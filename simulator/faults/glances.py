"""Faults of Glance's own configuration: stores, defaults, import methods, locations, conversion and the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from simulator.faults.changes import added, changed, hooked, modelled, removed, store_id
from simulator.world.clock import now
from simulator.world.configuration import glance_api_conf
from simulator.world.nodes import File
from simulator.world.refusal import Refusal
from simulator.world.sites import Glance, Site, Store
from simulator.world.world import World

_GLANCE_CONF = "/etc/glance/glance-api.conf"


@modelled()
def store_missing_at_central(world: World, site: Site) -> Iterator[None]:
    with removed(world.central.images.stores, store_id(world, site)):
        yield


@modelled("unknown-store-at-dcn")
def unknown_store_at_central(world: World, site: Site) -> Iterator[None]:
    store = Store("dcn9", None, description="dcn9 rbd glance store", kind="file")
    with added(site.images.stores, store.id, store):
        yield


@modelled()
def central_default_store_wrong(world: World, site: Site) -> Iterator[None]:
    dcn = next(each for each in world.dcn_sites if each.cluster)
    with changed(site.images, "default", store_id(world, dcn)):
        yield


@modelled()
def store_is_read_only_http(world: World, site: Site) -> Iterator[None]:
    with added(world.central.images.stores, store_id(world, site), Store(store_id(world, site), None)):
        yield


@modelled()
def store_in_another_pool(world: World, site: Site) -> Iterator[None]:
    with changed(world.central.images.stores[store_id(world, site)], "pool", "volumes"):
        yield


@modelled()
def dcn_store_named_default_backend(world: World, site: Site) -> Iterator[None]:
    glance, name = site.images, world.central.images.default
    own = replace(glance.stores[glance.default], id=name)
    others = {key: store for key, store in glance.stores.items() if key != glance.default}
    with changed(glance, "stores", {name: own, **others}), changed(glance, "default", name):
        yield


@modelled()
def dcn_default_store_wrong(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "default", site.central_store):
        yield


@modelled()
def dcn_lacks_central_store(world: World, site: Site) -> Iterator[None]:
    with removed(site.images.stores, site.central_store):
        yield


@modelled()
def dcn_has_another_dcn_store(world: World, site: Site) -> Iterator[None]:
    other = next(each for each in world.dcn_sites if each is not site)
    store = Store(other.name, other.ceph, "external", f"{other.name} rbd glance store")
    with added(site.images.stores, other.name, store):
        yield


@modelled("copy-image-disabled-at-dcn")
def copy_image_disabled(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "import_methods", ["glance-direct", "web-download"]):
        yield


@modelled("web-download-disabled-at-central")
def web_download_disabled(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "import_methods", ["glance-direct", "copy-image"]):
        yield


@modelled("locations-hidden-at-dcn")
def locations_hidden(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "show_locations", False):
        yield


@modelled()
def direct_url_hidden(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "show_direct_url", False):
        yield


@modelled("internal-glance-hides-locations-at-dcn", options=("--internal-glance",))
def internal_glance_hides_locations(world: World, site: Site) -> Iterator[None]:
    with changed(site.services_images, "show_locations", False):
        yield


@modelled("public-glance-shows-locations-at-dcn", options=("--internal-glance",))
def public_glance_shows_locations(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "show_locations", True):
        yield


@modelled(options=("--internal-glance",))
def nova_uses_the_public_glance(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "glance_url", site.images.url):
        yield


@modelled(options=("--shared-glance",))
def shared_glance_lacks_a_store(world: World, site: Site) -> Iterator[None]:
    with removed(world.central.images.stores, store_id(world, site)):
        yield


@modelled(options=("--shared-glance",))
def nova_names_a_glance_that_is_not_there(world: World, site: Site) -> Iterator[None]:
    with changed(
        site.nova, "glance_url", site.images.url.replace(world.central.nodes[0].address, site.nodes[0].address)
    ):
        yield


@modelled(options=("--edge-glance",))
def edge_glance_without_copy_image(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "import_methods", ["web-download"]):
        yield


@modelled(options=("--edge-glance",))
def nova_at_the_edge_uses_central_glance(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "glance_url", world.central.images.url):
        yield


@modelled(nodes=3)
def one_glance_lacks_a_store(world: World, site: Site) -> Iterator[None]:
    stores = {key: store for key, store in site.images.stores.items() if key != site.central_store}
    with _one_glance(site, replace(site.images, stores=stores)):
        yield


@modelled(nodes=3)
def one_glance_lacks_copy_image(world: World, site: Site) -> Iterator[None]:
    with _one_glance(site, replace(site.images, import_methods=["web-download"])):
        yield


def _one_glance(site: Site, glance: Glance) -> Any:
    """Configure the last of the site's Glances otherwise than those behind the same endpoint."""
    node = [node for node in site.nodes if "glance" in node.roles][-1]
    file = replace(node.containers["glance_api"].files[_GLANCE_CONF], text=glance_api_conf(glance, node))
    return added(node.containers["glance_api"].files, _GLANCE_CONF, file)


@modelled(nodes=3)
def one_glance_does_not_answer(world: World, site: Site) -> Iterator[None]:
    with changed([node for node in site.nodes if "glance" in node.roles][-1], "images_from", None):
        yield


@modelled(options=("--tls",))
def glance_certificate_about_to_expire(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "certificate_days", 5):
        yield


@modelled(options=("--services-glance",))
def services_glance_without_copy_image(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "import_methods", ["glance-direct"]):
        yield


@modelled(options=("--internal-glance",))
def internal_glance_does_not_answer(world: World, site: Site) -> Iterator[None]:
    with changed(site, "internal_glance", None):
        yield


@modelled("conversion-off-at-dcn")
def conversion_off(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "conversion", False):
        yield


@modelled()
def conversion_to_qcow2(world: World, site: Site) -> Iterator[None]:
    with changed(site.images, "output_format", "qcow2"):
        yield


@modelled("central-glance-answers-500")
def dcn_glance_answers_500(world: World, site: Site) -> Iterator[None]:
    with _broken(world, site):
        yield


@modelled("central-glance-stopped")
def dcn_glance_stopped(world: World, site: Site) -> Iterator[None]:
    with _stopped(world, site):
        yield


@modelled("central-glance-hangs")
def dcn_glance_hangs(world: World, site: Site) -> Iterator[None]:
    with world.silence.of("image", site.name):
        yield


@contextmanager
def _broken(world: World, site: Site) -> Iterator[None]:
    """Answer 500 to every request, and log the reason."""
    reason = "oslo_db.exception.DBConnectionError: (pymysql.err.OperationalError) (2003, no route to the database)"
    refuse = _refuse(site, 500, "Internal Server Error")
    with _logged(site, f"ERROR glance.common.wsgi {reason}"), hooked(world, "request", refuse):
        yield


@contextmanager
def _stopped(world: World, site: Site) -> Iterator[None]:
    """Make Glance end right after every start, and log the reason."""
    reason = "glance_store.exceptions.UnknownScheme: Unknown scheme 'central:rdb' found in URI"
    refuse = _refuse(site, 503, "No server is available to handle this request.")
    with _logged(site, f"CRITICAL glance [-] Unhandled error: {reason}"), hooked(world, "request", refuse):
        yield


@contextmanager
def _logged(site: Site, line: str) -> Iterator[None]:
    """Write this line, with the current time, to the logs of the site's Glances, after a line of the day before."""

    def text() -> str:
        moment = now()
        before = f"{moment - timedelta(days=1):%F %T.000} 7 ERROR glance.common.wsgi yesterday's trouble"
        return f"{before}\n{moment:%F %T.000} 7 {line}\n"

    with ExitStack() as stack:
        for node in site.nodes:
            if "glance" in node.roles:
                stack.enter_context(added(node.files, "/var/log/containers/glance/api.log", File(text)))
        yield


def _refuse(at: Site, status: int, message: str) -> Any:
    def hook(value: None, service: str, request: object, site: Site) -> None:
        if service == "image" and site is at:
            raise Refusal(status, message)

    return hook


def _catalog(world: World, kind: str, url: str, replace: bool) -> Any:
    def hook(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for service in services:
            if service["type"] == kind:
                public = next(each for each in service["endpoints"] if each["interface"] == "public")
                more = public | {"url": url, "id": "0" * 32}
                kept = [each for each in service["endpoints"] if not (replace and each is public)]
                service["endpoints"] = [*kept, more]
        return services

    return hooked(world, "catalog", hook)


@modelled()
def second_public_image_endpoint(world: World, site: Site) -> Iterator[None]:
    with _catalog(world, "image", site.images.url, replace=False):
        yield


@modelled()
def public_image_endpoint_at_dcn(world: World, site: Site) -> Iterator[None]:
    with _catalog(world, "image", site.images.url, replace=True):
        yield


@modelled()
def second_public_identity_endpoint(world: World, site: Site) -> Iterator[None]:
    with _catalog(world, "identity", site.images.url, replace=False):
        yield


@modelled()
def no_public_image_endpoint(world: World, site: Site) -> Iterator[None]:
    def hook(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for service in services:
            if service["type"] == "image":
                service["endpoints"] = [each for each in service["endpoints"] if each["interface"] != "public"]
        return services

    with hooked(world, "catalog", hook):
        yield

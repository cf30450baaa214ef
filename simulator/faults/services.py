"""Faults of Nova's and Cinder's configuration and services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from simulator.faults.changes import added, changed, hooked, modelled
from simulator.world.clusters import cephx_key
from simulator.world.nodes import Container, File
from simulator.world.refusal import Refusal
from simulator.world.sites import Cinder, Site
from simulator.world.world import World


@modelled()
def nova_has_no_secret(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "secret", ""):
        yield


@modelled()
def libvirt_secret_has_another_key(world: World, site: Site) -> Iterator[None]:
    with ExitStack() as stack:
        for node in site.nodes:
            for identifier in list(node.secrets):
                stack.enter_context(added(node.secrets, identifier, cephx_key()))
        yield


@modelled()
def zone_fallback_on(world: World, site: Site) -> Iterator[None]:
    def hook(zone: str, wanted: dict[str, Any]) -> str:
        known = {each.cinder.zone for each in world.storage_sites if each.cinder}
        return zone if zone in known else world.central.zone

    if site.cinder is None:
        raise LookupError(f"site {site.name} has no volume service")
    with changed(site.cinder, "zone", world.central.zone), hooked(world, "volume.zone", hook):
        yield


def _cinder(site: Site) -> Cinder:
    if site.cinder is None:
        raise LookupError(f"site {site.name} has no volume service")
    return site.cinder


@modelled()
def cross_az_attach_true(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "cross_az_attach", True):
        yield


@modelled()
def cross_az_attach_absent(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "cross_az_attach", None):
        yield


@modelled()
def nova_compute_reads_another_file(world: World, site: Site) -> Iterator[None]:
    local = "/etc/nova/local.conf"
    with ExitStack() as stack:
        for container in _containers(site, "nova_compute"):
            options = ("--config-file", "/etc/nova/nova.conf", f"--config-file={local}")
            stack.enter_context(changed(container, "command", (*container.command, *options)))
            stack.enter_context(added(container.files, local, File("[cinder]\ncross_az_attach = true\n")))
        yield


@modelled()
def nova_compute_has_a_local_file(world: World, site: Site) -> Iterator[None]:
    """Add a file to the folder that nova-compute reads by default."""
    with ExitStack() as stack:
        for container in _containers(site, "nova_compute"):
            local = File("[cinder]\ncross_az_attach = true\n")
            stack.enter_context(added(container.files, "/etc/nova/nova.conf.d/99-local.conf", local))
        yield


def _containers(site: Site, name: str) -> list[Container]:
    return [node.containers[name] for node in site.nodes if name in node.containers]


@contextmanager
def _changed_after_the_start(site: Site, container: str, path: str) -> Iterator[None]:
    with ExitStack() as stack:
        for one in _containers(site, container):
            stack.enter_context(changed(one.files[path], "changed", one.started + 600))
        yield


@modelled()
def nova_compute_not_restarted(world: World, site: Site) -> Iterator[None]:
    with _changed_after_the_start(site, "nova_compute", "/etc/nova/nova.conf"):
        yield


@modelled()
def cinder_volume_not_restarted(world: World, site: Site) -> Iterator[None]:
    with _changed_after_the_start(site, "cinder_volume", "/etc/cinder/cinder.conf"):
        yield


@modelled()
def nova_uses_central_glance(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "glance_url", world.central.images.url):
        yield


@modelled()
def nova_uses_another_sites_glance(world: World, site: Site) -> Iterator[None]:
    other = next(each for each in world.dcn_sites if each is not site and each.glance)
    with changed(site.nova, "glance_url", other.images.url):
        yield


@modelled()
def nova_glance_url_has_a_wrong_port(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "glance_url", site.images.url.rsplit(":", 1)[0] + ":9"):
        yield


def _without_answers(world: World, down: str) -> Any:
    """Answer 503 to every request to this service, as HAProxy does without servers."""

    def hook(value: None, service: str, request: Any, site: Site) -> None:
        if service == down:
            raise Refusal(503, "No server is available to handle this request.")

    return hooked(world, "request", hook)


@modelled()
def nova_api_down(world: World, site: Site) -> Iterator[None]:
    with _without_answers(world, "compute"):
        yield


@modelled()
def cinder_api_down(world: World, site: Site) -> Iterator[None]:
    with _without_answers(world, "volume"):
        yield


def _listed_otherwise(world: World, point: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Any:
    """Pass each listed service of an API through `change`, which returns None to omit the service."""

    def hook(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [changed for each in found if (changed := change(each)) is not None]

    return hooked(world, point, hook)


def _down(binary: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda each: {**each, "state": "down"} if each["binary"] == binary else each


@modelled()
def nova_scheduler_down(world: World, site: Site) -> Iterator[None]:
    with _listed_otherwise(world, "nova.services", _down("nova-scheduler")):
        yield


@modelled()
def nova_conductor_down(world: World, site: Site) -> Iterator[None]:
    """List the conductor as down, and also the compute nodes, which report through it."""

    def change(each: dict[str, Any]) -> dict[str, Any]:
        return _down(each["binary"])(each) if each["binary"] in ("nova-conductor", "nova-compute") else each

    with _listed_otherwise(world, "nova.services", change):
        yield


@modelled()
def cinder_scheduler_down(world: World, site: Site) -> Iterator[None]:
    with _listed_otherwise(world, "cinder.services", _down("cinder-scheduler")):
        yield


@modelled()
def cinder_scheduler_missing(world: World, site: Site) -> Iterator[None]:
    with _listed_otherwise(
        world, "cinder.services", lambda each: None if each["binary"] == "cinder-scheduler" else each
    ):
        yield


@modelled()
def compute_disabled(world: World, site: Site) -> Iterator[None]:
    names = {node.name for node in site.nodes}
    with _listed_otherwise(
        world, "nova.services", lambda each: {**each, "status": "disabled"} if each["host"] in names else each
    ):
        yield


@modelled()
def nova_api_hangs(world: World, site: Site) -> Iterator[None]:
    with world.silence.of("compute", site.name):
        yield


@modelled()
def cinder_api_hangs(world: World, site: Site) -> Iterator[None]:
    with world.silence.of("volume", site.name):
        yield


@modelled()
def compute_down(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "down", {node.name for node in site.nodes}):
        yield


@modelled()
def compute_in_another_zone(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "zone", world.central.zone):
        yield


@modelled()
def volume_service_down(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "down", True):
        yield


@modelled()
def volume_service_in_another_zone(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "zone", world.central.zone):
        yield


@modelled()
def volume_service_not_clustered(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "cluster", None):
        yield


@modelled()
def volume_cluster_of_another_site(world: World, site: Site) -> Iterator[None]:
    other = next(each for each in world.dcn_sites if each is not site)
    with changed(_cinder(site), "cluster", other.name):
        yield


@modelled(nodes=3)
def etcd_is_down(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "etcd", ""):
        yield


@modelled(nodes=3)
def etcd_has_no_leader(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "etcd", "false"):
        yield


@modelled(nodes=3)
def volume_services_lock_in_files(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "coordination", "file:///var/lib/cinder"):
        yield


@modelled(options=("--volume-cluster", "none"))
def volume_service_clustered_against_the_plan(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "cluster", f"{site.name}-volumes"):
        yield


@modelled()
def central_volume_service_clustered(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "cluster", site.name):
        yield


@modelled(options=("--absent-images", "copy"))
def nova_copies_to_a_missing_store(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "glance_store", "nowhere"):
        yield


@modelled(options=("--absent-images", "copy"))
def nova_copies_to_central(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "glance_store", site.central_store):
        yield


@modelled(nodes=3, options=("--absent-images", "copy"))
def one_node_has_no_image_copied(world: World, site: Site) -> Iterator[None]:
    with added(site.nova.otherwise, site.nodes[0].name, {"glance_store": ""}):
        yield


@modelled(nodes=3, options=("--absent-images", "refuse"))
def one_node_downloads_images(world: World, site: Site) -> Iterator[None]:
    with added(site.nova.otherwise, site.nodes[0].name, {"never_download": False}):
        yield


@modelled()
def nova_images_type_is_qcow2(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "images_type", "qcow2"):
        yield


@modelled()
def nova_uses_another_pool(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "images_pool", "volumes"):
        yield


@modelled()
def nova_uses_central_ceph(world: World, site: Site) -> Iterator[None]:
    with changed(site.nova, "ceph_conf", f"/etc/ceph/{world.central.ceph.name}.conf"):
        yield


@modelled()
def cinder_uses_central_ceph(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "ceph_conf", f"/etc/ceph/{world.central.ceph.name}.conf"):
        yield


@modelled()
def cinder_uses_another_pool(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "pool", "vms"):
        yield


@modelled()
def cinder_keeps_volumes_in_files(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "driver", "cinder.volume.drivers.nfs.NfsDriver"):
        yield


@modelled()
def second_backend_uses_central_ceph(world: World, site: Site) -> Iterator[None]:
    with added(_cinder(site).more, "fast", rbd_backend(site, conf=world.central.ceph.name)):
        yield


@modelled()
def second_backend_uses_the_pool_of_servers(world: World, site: Site) -> Iterator[None]:
    with added(_cinder(site).more, "fast", rbd_backend(site, rbd_pool="vms")):
        yield


@modelled()
def cinder_has_no_secret(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "secret", ""):
        yield


def rbd_backend(site: Site, conf: str = "", **options: str) -> dict[str, str]:
    """Return the options of a further RBD backend of the site."""
    usual = {
        "volume_driver": "cinder.volume.drivers.rbd.RBDDriver",
        "rbd_ceph_conf": f"/etc/ceph/{conf or site.ceph.name}.conf",
        "rbd_pool": "volumes-fast",
        "rbd_user": "openstack",
        "rbd_secret_uuid": site.nova.secret,
    }
    return usual | options


@modelled()
def secrets_differ(world: World, site: Site) -> Iterator[None]:
    with changed(_cinder(site), "secret", world.central.nova.secret):
        yield

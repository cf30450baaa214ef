"""Harmless variations: a deployment with them is as healthy as one without them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from simulator.commands.shell import Call, Output
from simulator.faults.changes import added, changed, hooked, variation
from simulator.faults.orphans import SIZE, put, take_away
from simulator.faults.services import rbd_backend
from simulator.world.content import Content
from simulator.world.images import Image, Location
from simulator.world.nodes import File
from simulator.world.servers import Server
from simulator.world.sites import Site
from simulator.world.volumes import Volume
from simulator.world.world import World

_LISTED = ["-p", "images", "ls", "--format", "json"]


@variation(site="dcn", source="claims A23: what is not of the pattern is not judged, and no list has everything")
def what_only_looks_orphaned(world: World, site: Site) -> Iterator[None]:
    """The pools hold data of other users, and data that lists leave out: hidden images and migrated volumes."""
    others = [
        put(site, "images", "somebody-s.raw"),
        put(site, "vms", "csi-vol-2f9c1b6e-8e0b-4c36-9a53-0d1f6f3f3d0a"),
        put(site, "volumes", f"volume-{uuid.uuid4()}.deleted"),
    ]
    user = world.identity.users["demo"]
    hidden = Image(str(uuid.uuid4()), user.project.id, "old release", "active")
    hidden.os_hidden = True
    world.images.records[hidden.id] = hidden
    volume = Volume(1, site.zone, site.name, user.project.id, user.id, "migrated", status="available")
    world.volumes.volumes[volume.id] = volume
    renamed = str(uuid.uuid4())
    others += [put(site, "images", hidden.id), put(site, "volumes", f"volume-{renamed}")]

    def migrated(record: dict[str, object], volume: Volume) -> dict[str, object]:
        moved = {"os-vol-mig-status-attr:name_id": renamed} if volume.name == "migrated" else {}
        return {**record, **moved}

    with hooked(world, "volume.record", migrated):
        yield
    del world.images.records[hidden.id]
    del world.volumes.volumes[volume.id]
    take_away(site, *others)


@variation(site="dcn", source="Ceph, RBD image live cycle: a trash keeps an image for its clones, or until its time")
def trash_that_waits(world: World, site: Site) -> Iterator[None]:
    """The trash of the images pool holds an image with a clone, and an image that may not be removed yet."""
    cloned, deferred = str(uuid.uuid4()), str(uuid.uuid4())
    user = world.identity.users["demo"]
    for name in (cloned, deferred):
        put(site, "images", name)
        site.ceph.snapshot("images", name, "snap")
    volume = Volume(1, site.zone, site.name, user.project.id, user.id, "of a deleted image", status="available")
    world.volumes.volumes[volume.id] = volume
    site.ceph.clone("volumes", volume.rbd_name, "images", cloned, "snap", SIZE)
    site.ceph.pool("images").images[deferred].deferred = True
    for name in (cloned, deferred):
        site.ceph.move_to_trash("images", name)
    yield
    del world.volumes.volumes[volume.id]
    take_away(site, cloned, deferred, volume.rbd_name)


@variation(site="dcn", source="claims A23: what is being deleted while it is looked at is nobody's orphan")
def image_is_being_deleted(world: World, site: Site) -> Iterator[None]:
    """Each listing of the images pool has an image without a record, which is gone in the next listing."""

    def hook(output: Output, call: Call) -> Output:
        if call.name != "rbd" or call.node.site != site.name or call.args[-5:] != _LISTED:
            return output
        return Output(json.dumps([*json.loads(output.bytes()), str(uuid.uuid4())]).encode())

    with hooked(world, "command", hook):
        yield


@variation(site="central", source="known-failures 24")
def stores_in_another_order(world: World, site: Site) -> Iterator[None]:
    """Glance lists an image's stores, and its own, in another order."""

    def record(found: dict[str, Any], site: Site, image: Image) -> dict[str, Any]:
        if "stores" in found:
            found["stores"] = ",".join(reversed(found["stores"].split(",")))
        return found

    with hooked(world, "stores", lambda found, site: found[::-1]), hooked(world, "image.record", record):
        yield


@variation(site="central", source="saltstack/salt #39850, ContainX/openstack4j #386")
def another_region(world: World, site: Site) -> Iterator[None]:
    """The same Keystone serves a second region, whose endpoints come first in the catalog."""

    def hook(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for service in services:
            others = [
                each
                | {"id": uuid.uuid4().hex, "region": "regionTwo", "region_id": "regionTwo"}
                | {"url": each["url"].replace("127.0.0.10", "127.0.99.10")}
                for each in service["endpoints"]
            ]
            service["endpoints"] = [*(() if service["type"] == "identity" else others), *service["endpoints"]]
        return services

    with hooked(world, "catalog", hook):
        yield


@variation(site="central", source="claims F5: nothing without a run's id is ever deleted")
def unrelated_resources(world: World, site: Site) -> Iterator[None]:
    """There are images, volumes and servers that belong to no test."""
    with _somebody_elses(world, site, "somebody's"):
        yield


@variation(site="dcn", source="claims F5: nothing without a run's id is ever deleted")
def other_tenants_at_the_site(world: World, site: Site) -> Iterator[None]:
    """Other tenants use the site, with resources named almost like those of this harness."""
    with _somebody_elses(world, site, "dcn-verify"), _somebody_elses(world, site, "dcn-verify.2026.guest"):
        yield


@contextmanager
def _somebody_elses(world: World, site: Site, name: str) -> Iterator[None]:
    """Create an image in the site's store, a server on a clone of it, and a volume, all in another project."""
    user = world.identity.users["demo"]
    store = site.images.stores[site.images.default]
    image = Image(str(uuid.uuid4()), user.project.id, f"{name} image", "active")
    image.disk_format, image.container_format = "raw", "bare"
    content = Content(1 << 20, {})
    world.write_copy(store, image.id, content)
    image.locations = [Location(store.url(image.id), store.id)]
    image.size, image.checksum = content.size, content.digest("md5")
    world.images.records[image.id] = image
    volume = Volume(1, site.zone, site.name, user.project.id, user.id, f"{name} volume", status="available")
    site.ceph.create("volumes", volume.rbd_name, Content(1 << 30, {}))
    world.volumes.volumes[volume.id] = volume
    flavor = world.servers.flavors["1"]
    server = Server(f"{name} server", user.project.id, user.id, flavor, site.zone, image.id)
    server.becomes("ACTIVE", "active")
    server.host, server.site = site.nodes[0].name, site.name
    site.ceph.clone("vms", server.rbd_name, "images", image.id, "snap", content.size)
    world.servers.servers[server.id] = server
    yield
    world.servers.servers.pop(server.id, None)
    site.ceph.pool("vms").images.pop(server.rbd_name, None)
    world.volumes.volumes.pop(volume.id, None)
    site.ceph.pool("volumes").images.pop(volume.rbd_name, None)
    world.images.records.pop(image.id, None)
    site.ceph.pool("images").images.pop(image.id, None)


@variation(site="central", source="known-failures 18: cross_az_attach must be false for nova-api too in some versions")
def nova_api_attaches_no_other_zone(world: World, site: Site) -> Iterator[None]:
    """cross_az_attach is false at central too, so nova-api itself refuses what nova-compute would refuse."""
    with changed(site.nova, "cross_az_attach", False):
        yield


@variation(site="dcn", source="claims B7: trash")
def old_trash(world: World, site: Site) -> Iterator[None]:
    """The trash of the images pool holds an image that was deleted long ago."""
    site.ceph.create("images", "old", Content(1 << 20, {}))
    site.ceph.move_to_trash("images", "old")
    yield
    site.ceph.pool("images").trash.clear()


@variation(site="dcn", source="Cinder release notes, 2023.1: rbd_secret_uuid defaults to the FSID")
def secrets_named_by_fsid(world: World, site: Site) -> Iterator[None]:
    """libvirt has each cluster's key under its FSID, and cinder.conf does not name it."""
    with ExitStack() as stack:
        for at in world.storage_sites:
            for node in at.nodes:
                keys = {at.ceph.fsid if id == at.nova.secret else id: key for id, key in node.secrets.items()}
                stack.enter_context(changed(node, "secrets", keys))
            stack.enter_context(changed(at.nova, "secret", at.ceph.fsid))
            stack.enter_context(changed(at.cinder, "secret", ""))
        yield


@variation(site="dcn", source="claims A17: what counts is this zone's backends of RBD")
def several_volume_backends(world: World, site: Site) -> Iterator[None]:
    """Every cinder-volume has backends of NFS, of another zone, and of a pool of fast disks."""
    with ExitStack() as stack:
        for at in world.storage_sites:
            other = next(each for each in world.storage_sites if each.central is not at.central)
            elsewhere = {"rbd_user": "external", "backend_availability_zone": other.zone, "rbd_pool": "vms"}
            more = {
                "files": {"volume_driver": "cinder.volume.drivers.nfs.NfsDriver"},
                "fast": rbd_backend(at),
                "elsewhere": rbd_backend(at, conf=other.ceph.name, **elsewhere),
            }
            stack.enter_context(changed(at.cinder, "more", more))
        yield


@variation(site="central", source="Glance, Copy image import: the policy copy_image is role:admin by default")
def tenants_may_copy(world: World, site: Site) -> Iterator[None]:
    """The policy of every Glance lets the owner of an image copy it."""
    with ExitStack() as stack:
        for at in world.storage_sites:
            stack.enter_context(changed(at.glance, "copy_needs_admin", False))
        yield


@variation(site="dcn", source="claims A2: descriptions")
def descriptions_differ(world: World, site: Site) -> Iterator[None]:
    """The descriptions of the stores differ from the guide's, or are missing."""

    def hook(found: list[dict[str, Any]], site: Site) -> list[dict[str, Any]]:
        return [{name: value for name, value in entry.items() if name != "description"} for entry in found]

    with hooked(world, "stores", hook):
        yield


@variation(site="dcn", source="LAB.md: Glance store ids ping-pong")
def somebody_reads_through_the_site(world: World, site: Site) -> Iterator[None]:
    """Another user keeps reading images through the site's Glance, which rewrites their store IDs."""

    def hook(found: dict[str, Any], site: Site, image: Image) -> dict[str, Any]:
        world.images.seen_through(at.images, image.id)
        return found

    at = site
    with hooked(world, "image.record", hook):
        yield


@variation(site="dcn", source="claims A8 A9: what counts is what a Ceph client reads")
def conf_files_written_otherwise(world: World, site: Site) -> Iterator[None]:
    """Every ceph.conf is written differently: comments, `mon_host`, and plain addresses in another order."""
    with ExitStack() as stack:
        for node in world.nodes:
            for path, file in node.files.items():
                if path.endswith(".conf"):
                    stack.enter_context(changed(file, "text", _otherwise(file.read())))
        yield


def _otherwise(conf: str) -> str:
    lines = ["# maintained by somebody else"]
    for line in conf.splitlines():
        hosts = re.findall(r"v2:([\d.]+):3300", line)
        lines.append(f"mon_host={', '.join(reversed(hosts))}" if hosts else line.replace(" = ", "="))
    return "\n".join(lines)


@variation(site="dcn", source="Nova release notes, Train: nova-consoleauth is removed, its row stays")
def services_that_are_out_of_use(world: World, site: Site) -> Iterator[None]:
    """Nova still lists a service that its release no longer has, and a host at the site that is under maintenance."""

    def hook(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        old = {**found[0], "id": 90, "binary": "nova-consoleauth", "state": "down"}
        host = {**found[0], "id": 91, "binary": "nova-compute", "host": f"{site.name}-spare-0", "zone": site.nova.zone}
        return [*found, old, {**host, "state": "down", "status": "disabled"}]

    with hooked(world, "nova.services", hook):
        yield


@variation(site="dcn", source="Kolla, set_configs.py: the container copies its files before it becomes the service")
def files_copied_by_the_container(world: World, site: Site) -> Iterator[None]:
    """The services' files are newer than their processes, which copied the files into place before reading them."""
    with ExitStack() as stack:
        for container in (each for node in world.nodes for each in node.containers.values() if each.files):
            copied = container.started + 8
            stack.enter_context(changed(container, "read_only", ()))
            for file in container.files.values():
                stack.enter_context(changed(file, "changed", copied))
            stack.enter_context(added(container.files, "/run_command", File("the service", changed=copied)))
        yield


@variation(site="dcn", source="RDO's units: nova-dist.conf comes first, and cinder-volume has a second process")
def services_are_told_their_files(world: World, site: Site) -> Iterator[None]:
    """nova-compute and cinder-volume start with explicit configuration files, the distribution's defaults first."""
    with ExitStack() as stack:
        for node in world.nodes:
            for name, project in (("nova_compute", "nova"), ("cinder_volume", "cinder")):
                container, own = node.containers.get(name), f"/etc/{project}/{project}.conf"
                if container and own in container.files:
                    dist = f"/usr/share/{project}/{project}-dist.conf"
                    command = (*container.command, "--config-file", dist, "--config-file", own)
                    stack.enter_context(changed(container, "command", command))
                    stack.enter_context(added(container.files, dist, File("[cinder]\ncross_az_attach = true\n")))
        yield

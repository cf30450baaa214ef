"""Servers, volumes and snapshots as openstacksdk sees them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import openstack.exceptions
import pytest

from helpers.nodes.libvirt import parse_disks
from helpers.wait import wait_until

NODE = {"central": "control-plane-controller-0"} | {n: f"{n}-distributedcomputehci-0" for n in ("dcn0", "dcn1")}


@pytest.fixture(scope="module")
def guest(cloud: Any, simulator: Any) -> Iterator[str]:
    """The guest image, at central and dcn0."""
    identifier = str(uuid.uuid4())
    wanted = {
        "id": identifier,
        "name": "guest",
        "disk_format": "qcow2",
        "container_format": "bare",
        "os_distro": "tiny",
    }
    cloud.image.post("/images", json=wanted)
    uri = simulator.environment["image"]["uri"]
    body = {"method": {"name": "web-download", "uri": uri}, "stores": ["default_backend", "dcn0"]}
    cloud.image.post(f"/images/{identifier}/import", json=body)
    wait(lambda: cloud.image.get(f"/images/{identifier}").json(), lambda record: record["status"] == "active")
    yield identifier
    assert cloud.image.delete(f"/images/{identifier}").status_code == 204


def wait(get: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
    return wait_until(get, done, timeout=60, what="the state that is waited for", interval=0.02, max_interval=0.2)


def rows(simulator: Any, site: str, pool: str) -> dict[str, Any]:
    command = f"sudo podman exec ceph-mon-$(hostname) rbd --cluster {site} -p {pool} ls -l --format json"
    found = json.loads(simulator.run(NODE[site], command)[1])
    return {f"{row['image']}@{row['snapshot']}" if "snapshot" in row else row["image"]: row for row in found}


@pytest.fixture
def boot(cloud: Any) -> Iterator[Callable[..., Any]]:
    """Boots a server and waits for its final state. It is deleted at the end, with everything that was made for it."""
    made = []

    def run(zone: str, **options: Any) -> Any:
        server = cloud.compute.create_server(
            name="server", flavor_id="1", availability_zone=zone, networks="none", **options
        )
        made.append(server.id)
        return wait(lambda: cloud.compute.get_server(server.id), lambda each: each.status in ("ACTIVE", "ERROR"))

    yield run
    for identifier in made:
        cloud.compute.delete_server(identifier)
        wait(lambda: [each.id for each in cloud.compute.servers()], lambda ids, gone=identifier: gone not in ids)
    for volume in cloud.block_storage.volumes():
        for snapshot in cloud.block_storage.snapshots(volume_id=volume.id):
            cloud.block_storage.delete_snapshot(snapshot)
        wait(lambda at=volume: list(cloud.block_storage.snapshots(volume_id=at.id)), lambda left: not left)
        cloud.block_storage.delete_volume(volume)
    wait(lambda: list(cloud.block_storage.volumes()), lambda left: not left)


def from_volume(volume: str) -> list[dict[str, Any]]:
    return [{"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0}]


def test_an_ephemeral_disk_is_a_clone_of_the_local_copy(boot: Callable[..., Any], guest: str, simulator: Any):
    server = boot("dcn0", image_id=guest)
    disk = rows(simulator, "dcn0", "vms")[f"{server.id}_disk"]
    assert (server.status, server.availability_zone) == ("ACTIVE", "dcn0")
    assert disk["parent"]["image"] == guest
    assert disk["lock_type"] == "exclusive"
    assert f"{server.id}_disk" not in rows(simulator, "central", "vms")


def test_virsh_shows_the_disk_and_its_sites_monitors(boot: Callable[..., Any], guest: str, simulator: Any):
    server = boot("dcn0", image_id=guest)
    virsh = "sudo podman exec nova_libvirt virsh"
    status, xml, _ = simulator.run(NODE["dcn0"], f"{virsh} dumpxml {server.id}")
    address = simulator.environment["sites"]["dcn0"]["nodes"][NODE["dcn0"]]["address"]
    (disk,) = parse_disks(xml)
    assert (status, disk.protocol, disk.name) == (0, "rbd", f"vms/{server.id}_disk")
    assert disk.hosts == {address}
    assert simulator.run(NODE["dcn0"], f"{virsh} list --all --uuid")[1] == f"{server.id}\n\n"
    nowhere = f"error: failed to get domain '{server.id}'\n"
    assert simulator.run(NODE["dcn1"], f"{virsh} dumpxml {server.id}") == (1, "", nowhere)


def test_an_image_that_is_not_local_is_streamed(boot: Callable[..., Any], guest: str, simulator: Any):
    server = boot("dcn1", image_id=guest)
    assert "parent" not in rows(simulator, "dcn1", "vms")[f"{server.id}_disk"]


def test_a_guest_finds_what_its_earlier_boots_wrote(cloud: Any, boot: Callable[..., Any], guest: str):
    server = boot("dcn0", image_id=guest)
    cloud.compute.stop_server(server.id)
    wait(lambda: cloud.compute.get_server(server.id).status, lambda status: status == "SHUTOFF")
    cloud.compute.start_server(server.id)
    wait(lambda: cloud.compute.get_server(server.id).status, lambda status: status == "ACTIVE")
    console = cloud.compute.get_server_console_output(server.id)["output"]
    booted, marker = f"DCN-VERIFY booted: {server.id}", f"DCN-VERIFY marker: {server.id}"
    assert console.splitlines() == [booted, marker, booted]


def test_a_volume_and_its_snapshot_are_clones_at_the_site(
    cloud: Any, boot: Callable[..., Any], guest: str, simulator: Any
):
    volume = cloud.block_storage.create_volume(size=1, image_id=guest, availability_zone="dcn0", name="pet")
    wait(lambda: cloud.block_storage.get_volume(volume.id).status, lambda status: status == "available")
    server = boot("dcn0", block_device_mapping=from_volume(volume.id))
    assert cloud.block_storage.get_volume(volume.id).status == "in-use"
    with pytest.raises(openstack.exceptions.BadRequestException, match="current status is: in-use"):
        cloud.block_storage.create_snapshot(volume_id=volume.id, name="refused")
    snapshot = cloud.block_storage.create_snapshot(volume_id=volume.id, name="kept", is_forced=True)
    wait(lambda: cloud.block_storage.get_snapshot(snapshot.id).status, lambda status: status == "available")
    found = rows(simulator, "dcn0", "volumes")
    assert found[f"volume-{volume.id}"]["parent"]["image"] == guest
    assert found[f"volume-{volume.id}@snapshot-{snapshot.id}"]["protected"] == "true"
    assert server.status == "ACTIVE"
    assert f"volume-{volume.id}" not in rows(simulator, "central", "volumes")


def test_boot_from_volume_makes_the_volume_at_the_site(
    cloud: Any, boot: Callable[..., Any], guest: str, simulator: Any
):
    mapping = {"uuid": guest, "source_type": "image", "destination_type": "volume", "boot_index": 0, "volume_size": 1}
    server = boot("dcn0", block_device_mapping=[mapping])
    volume = cloud.block_storage.get_volume(server.attached_volumes[0].id)
    assert (server.status, volume.availability_zone) == ("ACTIVE", "dcn0")
    assert rows(simulator, "dcn0", "volumes")[f"volume-{volume.id}"]["parent"]["image"] == guest


def test_a_volume_of_another_zone_is_refused(cloud: Any, boot: Callable[..., Any], guest: str):
    volume = cloud.block_storage.create_volume(size=1, image_id=guest, availability_zone="central")
    wait(lambda: cloud.block_storage.get_volume(volume.id).status, lambda status: status == "available")
    server = boot("dcn0", block_device_mapping=from_volume(volume.id))
    assert (server.status, "not in the same availability_zone" in server.fault["message"]) == ("ERROR", True)
    assert cloud.block_storage.get_volume(volume.id).status == "available"


def test_attaching_a_volume_of_another_zone_is_accepted_and_not_carried_out(
    cloud: Any, boot: Callable[..., Any], guest: str
):
    server = boot("dcn0", image_id=guest)
    volume = cloud.block_storage.create_volume(size=1, availability_zone="central")
    wait(lambda: cloud.block_storage.get_volume(volume.id).status, lambda status: status == "available")

    attachment = cloud.compute.create_volume_attachment(server.id, volume_id=volume.id)

    assert attachment.volume_id == volume.id
    wait(lambda: cloud.block_storage.get_volume(volume.id).status, lambda status: status == "available")
    assert cloud.compute.get_server(server.id).attached_volumes == []


def test_nova_api_refuses_a_volume_of_another_zone_by_itself(
    cloud: Any, simulator: Any, boot: Callable[..., Any], guest: str
):
    """A Nova API whose own cross_az_attach is false refuses a volume of another zone, in the words of the lab."""
    server = boot("dcn0", image_id=guest)
    volume = cloud.block_storage.create_volume(size=1, image_id=guest, availability_zone="central")
    wait(lambda: cloud.block_storage.get_volume(volume.id).status, lambda status: status == "available")
    host, port = simulator.environment["image"]["uri"].rsplit("/", 1)[0].rsplit(":", 1)
    faults = f"{host}:{int(port) + 1}/faults"
    cloud.session.post(faults, json={"fault": "nova-api-attaches-no-other-zone"}, authenticated=False)
    try:
        with pytest.raises(openstack.exceptions.BadRequestException, match="are not in the same availability zone"):
            boot("dcn0", block_device_mapping=from_volume(volume.id))
        with pytest.raises(openstack.exceptions.BadRequestException, match="are not in the same availability_zone"):
            cloud.compute.create_volume_attachment(server.id, volume_id=volume.id)
    finally:
        cloud.session.delete(f"{faults}/nova-api-attaches-no-other-zone", authenticated=False)
    assert cloud.block_storage.get_volume(volume.id).status == "available"


def test_an_unknown_zone_is_refused(cloud: Any, boot: Callable[..., Any], guest: str):
    with pytest.raises(openstack.exceptions.BadRequestException, match="availability zone is not available"):
        boot("nowhere", image_id=guest)
    with pytest.raises(openstack.exceptions.BadRequestException, match="is invalid"):
        cloud.block_storage.create_volume(size=1, availability_zone="nowhere")


def assert_inherited(record: dict[str, Any]) -> None:
    """An image of a server has the properties of the image that the server was made from, and the guest's devices."""
    assert (record["os_distro"], record["hw_disk_bus"], record["hw_machine_type"]) == ("tiny", "virtio", "pc")
    assert not [name for name in record if name.startswith("os_glance")]


def test_an_image_of_a_server_is_at_its_site_only(cloud: Any, boot: Callable[..., Any], guest: str, simulator: Any):
    server = boot("dcn0", image_id=guest)
    made = cloud.compute.create_server_image(server.id, "snapshot")
    record = wait(lambda: cloud.image.get(f"/images/{made.id}").json(), lambda each: each["status"] == "active")
    assert (record["stores"], record["disk_format"], record["checksum"]) == ("dcn0", "raw", None)
    assert record["owner_id"] == server.project_id
    assert_inherited(record)
    assert "parent" not in rows(simulator, "dcn0", "images")[made.id]
    assert made.id not in rows(simulator, "central", "images")
    cloud.image.delete(f"/images/{made.id}")


def test_an_image_of_a_volume_backed_server_is_empty(cloud: Any, boot: Callable[..., Any], guest: str):
    mapping = {"uuid": guest, "source_type": "image", "destination_type": "volume", "boot_index": 0, "volume_size": 1}
    server = boot("dcn0", block_device_mapping=[mapping])
    made = cloud.compute.create_server_image(server.id, "empty")
    record = cloud.image.get(f"/images/{made.id}").json()
    assert (record["size"], record["stores"]) == (0, "default_backend")
    assert_inherited(record)
    snapshot = cloud.block_storage.get_snapshot(json.loads(record["block_device_mapping"])[0]["snapshot_id"])
    volume = cloud.block_storage.get_volume(server.attached_volumes[0].id)
    assert (snapshot.volume_id, snapshot.description) == (volume.id, volume.description)
    cloud.image.delete(f"/images/{made.id}")


def test_an_image_in_use_is_not_deleted(cloud: Any, boot: Callable[..., Any], guest: str, simulator: Any):
    server = boot("dcn0", image_id=guest)
    assert cloud.image.delete(f"/stores/dcn0/{guest}").status_code == 409
    assert guest in rows(simulator, "dcn0", "images")
    assert server.status == "ACTIVE"


def test_a_server_that_is_gone_cannot_be_deleted(cloud: Any, boot: Callable[..., Any], guest: str):
    server = boot("dcn0", image_id=guest)
    cloud.compute.delete_server(server.id)
    wait(lambda: [each.id for each in cloud.compute.servers()], lambda ids: server.id not in ids)
    assert cloud.compute.delete(f"/servers/{server.id}").status_code == 404


def test_services_are_up_in_their_zones(cloud: Any):
    computes = {each.host: each for each in cloud.compute.services() if each.binary == "nova-compute"}
    assert computes[NODE["dcn0"]].availability_zone == "dcn0"
    volumes = {each.host: each for each in cloud.block_storage.services() if each.binary == "cinder-volume"}
    assert {each.availability_zone for each in volumes.values()} == {"central", "dcn0", "dcn1"}
    assert {each.state for each in (*computes.values(), *volumes.values())} == {"up"}
    assert [host.split("@")[0] for host in volumes] == ["hostgroup", NODE["dcn0"], NODE["dcn1"]]
    assert {zone.name for zone in cloud.compute.availability_zones()} == {"central", "dcn0", "dcn1"}


def test_networks_and_keys_of_the_doc_are_there(cloud: Any):
    assert cloud.network.find_network("dcn0-network") is not None
    assert cloud.network.find_security_group("basic") is not None
    assert cloud.compute.find_keypair("dcn0-key") is not None
    assert cloud.compute.find_flavor("tiny").disk == 0
    assert {each.name for each in cloud.placement.resource_providers()} == set(NODE.values())

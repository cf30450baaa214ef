"""Confirm image-based volumes may be booted as DCN instances: the volume, its instance, and its snapshots."""

from __future__ import annotations

import pytest

from selftests.guide_commands.conftest import Note
from selftests.guide_commands.reader import DCN0, VOLUMES_AT_DCN0, Reader


@pytest.fixture(scope="module")
def volume(reader: Reader, note: Note, image: str) -> str:
    reader.types(
        "openstack volume create --size 8 --availability-zone dcn0 pet-volume-dcn0 --image $IMG_ID", IMG_ID=image
    )
    found = reader.sets("VOL_ID=$(openstack volume show -f value -c id pet-volume-dcn0)")
    note("volume", "pet-volume-dcn0", found)
    reader.waits("available", "openstack volume show $VOL_ID -f value -c status", VOL_ID=found)
    return found


@pytest.fixture(scope="module")
def server(reader: Reader, note: Note, volume: str) -> str:
    reader.types(
        "openstack server create --flavor tiny --key-name dcn0-key --network dcn0-network --security-group basic "
        "--availability-zone dcn0 --volume $VOL_ID pet-server-dcn0",
        VOL_ID=volume,
    )
    found = reader.sets("NOVA_ID=$(openstack server show pet-server-dcn0 -f value -c id)")
    note("server", "pet-server-dcn0", found)
    reader.waits("ACTIVE", "openstack server show pet-server-dcn0 -f value -c status")
    return found


@pytest.fixture(scope="module")
def snapshot(reader: Reader, note: Note, server: str, volume: str) -> str:
    reader.types("openstack server stop pet-server-dcn0")
    reader.waits("SHUTOFF", "openstack server show pet-server-dcn0 -f value -c status")
    reader.types("openstack volume snapshot create pet-volume-dcn0-snap --volume $VOL_ID --force", VOL_ID=volume)
    found = reader.types("openstack volume snapshot show pet-volume-dcn0-snap -f value -c id").strip()
    note("snapshot", "pet-volume-dcn0-snap", found)
    reader.waits("available", "openstack volume snapshot show pet-volume-dcn0-snap -f value -c status")
    reader.types("openstack server start pet-server-dcn0")
    reader.waits("ACTIVE", "openstack server show pet-server-dcn0 -f value -c status")
    return found


def volume_row(volume: str, image: str) -> list[str]:
    return [f"volume-{volume}", "8", "GiB", f"images/{image}@snap", "2", "excl"]


@pytest.mark.usefixtures("server")
def test_the_volume_is_based_on_the_image(reader: Reader, volume: str, image: str):
    name = f"volume-{volume}"
    rows = [row for row in reader.rows_on(DCN0, VOLUMES_AT_DCN0, name) if row[0] == name]
    assert [row[:5] for row in rows] == [volume_row(volume, image)[:5]]


def test_the_volume_s_snapshot_is_listed_with_it(reader: Reader, snapshot: str, volume: str, image: str):
    row = [f"volume-{volume}@snapshot-{snapshot}", "8", "GiB", f"images/{image}@snap", "2", "yes"]
    reader.waits_for_rows([volume_row(volume, image), row], DCN0, VOLUMES_AT_DCN0, volume)


def test_an_image_of_this_instance_has_no_bytes(reader: Reader, note: Note, server: str):
    """The image of an instance with a root volume has no bytes. `test_snapshots` copies that of another instance."""
    reader.types("openstack server image create --name cirros-snapshot $NOVA_ID", NOVA_ID=server)
    image = reader.sets("IMAGE_ID=$(openstack image show cirros-snapshot -f value -c id)")
    note("image", "cirros-snapshot", image)
    reader.waits("active", "openstack image show $IMAGE_ID -f value -c status", IMAGE_ID=image)
    assert reader.types("openstack image show $IMAGE_ID -f value -c size", IMAGE_ID=image).strip() == "0"
    told = reader.properties_of(image)
    assert told["stores"] == "default_backend"
    assert '"source_type": "snapshot"' in told["block_device_mapping"]

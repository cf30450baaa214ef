"""Confirm image snapshots may be created and copied between sites.

The guide takes an image of an instance with a persistent root volume, but only an instance without one gives the output
that the guide shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from selftests.guide_commands.conftest import Note, instance_at
from selftests.guide_commands.reader import DCN1, SERVERS_AT_DCN1, Reader, mebibytes


@dataclass(frozen=True)
class Snapshot:
    """The image of an instance, and the stores that first contained it."""

    id: str
    stores: set[str]


def snapshot_of(server: str, name: str, reader: Reader, note: Note) -> Snapshot:
    """Stop the instance, take its image, and start it again."""
    reader.types("openstack server stop $NOVA_ID", NOVA_ID=server)
    reader.waits("SHUTOFF", "openstack server show $NOVA_ID -f value -c status", NOVA_ID=server)
    reader.types(f"openstack server image create --name {name} $NOVA_ID", NOVA_ID=server)
    image = reader.sets(f"IMAGE_ID=$(openstack image show {name} -f value -c id)")
    note("image", name, image)
    reader.waits("active", "openstack image show $IMAGE_ID -f value -c status", IMAGE_ID=image)
    reader.waits("None", "openstack server show $NOVA_ID -f value -c OS-EXT-STS:task_state", NOVA_ID=server)
    reader.types("openstack server start $NOVA_ID", NOVA_ID=server)
    reader.waits("ACTIVE", "openstack server show $NOVA_ID -f value -c status", NOVA_ID=server)
    return Snapshot(image, reader.stores_of(image))


@pytest.fixture(scope="module")
def snapshot(reader: Reader, note: Note, image: str) -> Snapshot:
    return snapshot_of(instance_at("dcn0", image, reader, note), "cirros-snapshot", reader, note)


@pytest.fixture(scope="module")
def copied_snapshot(reader: Reader, snapshot: Snapshot) -> str:
    """The id of an image that was copied to central, and from there to dcn1."""
    line = "glance image-import $IMAGE_ID --stores default_backend --import-method copy-image"
    reader.types(line, IMAGE_ID=snapshot.id)
    reader.waits_for_stores({"dcn0", "default_backend"}, snapshot.id)
    reader.types("glance image-import $IMAGE_ID --stores dcn1 --import-method copy-image", IMAGE_ID=snapshot.id)
    reader.waits_for_stores({"dcn0", "default_backend", "dcn1"}, snapshot.id)
    return snapshot.id


@pytest.fixture(scope="module")
def server_at_dcn1(reader: Reader, note: Note, copied_snapshot: str) -> str:
    return instance_at("dcn1", copied_snapshot, reader, note)


def test_only_its_own_site_has_the_new_image(snapshot: Snapshot):
    assert snapshot.stores == {"dcn0"}


def test_the_snapshot_is_booted_where_it_was_copied_to(
    reader: Reader, server_at_dcn1: str, copied_snapshot: str, image_size: int
):
    row = [f"{server_at_dcn1}_disk", *mebibytes(image_size), f"images/{copied_snapshot}@snap", "2", "excl"]
    reader.waits_for_rows([row], DCN1, SERVERS_AT_DCN1, server_at_dcn1)


def test_the_same_process_repeats(reader: Reader, note: Note, server_at_dcn1: str):
    assert snapshot_of(server_at_dcn1, "cirros-snapshot-2", reader, note).stores == {"dcn1"}

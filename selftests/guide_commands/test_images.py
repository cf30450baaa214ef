"""Confirm images may be copied between sites."""

from __future__ import annotations

import json
import re

import pytest

from selftests.guide_commands.conftest import Note, instance_at
from selftests.guide_commands.reader import CENTRAL, DCN0, DCN1, IMAGES_AT, SERVERS_AT_DCN1, Reader, mebibytes


def test_the_client_is_new_enough(reader: Reader):
    assert tuple(map(int, reader.types("glance --version").split("."))) >= (3, 0, 0)


def test_the_expected_stores_are_available(reader: Reader):
    shown = re.sub(r"\s*\|\n\|\s+\|\s*", " ", reader.types("glance stores-info"))
    stores = {store["id"]: store for store in json.loads(shown[shown.index("[") : shown.rindex("]") + 1])}
    assert stores.keys() == reader.stores | {"http"}
    assert [name for name, store in stores.items() if store.get("default") == "true"] == ["default_backend"]
    assert [name for name, store in stores.items() if store.get("read-only") == "true"] == ["http"]
    assert [stores[name]["description"] for name in ("default_backend", "dcn0", "dcn1")] == [
        "central rbd glance store",
        "dcn0 rbd glance store",
        "dcn1 rbd glance store",
    ]


def test_the_conversion_is_confirmed(reader: Reader, image: str):
    assert re.search(r"disk_format\s+\| raw ", reader.types("glance image-show $ID | grep disk_format", ID=image))


def test_the_properties_name_a_copy_in_each_store(reader: Reader, image_in_every_store: str):
    text = reader.types("openstack image show $ID | grep properties", ID=image_in_every_store)
    assert "os_glance_failed_import='', os_glance_importing_to_stores='', os_hash_algo='sha512'" in text
    direct = re.search(r"direct_url='(\S+)'", text)
    assert direct is not None
    assert direct[1] == f"rbd://{fsid(reader, CENTRAL, 'central')}/images/{image_in_every_store}/snap"
    located = re.findall(r"'url': '(\S+)', 'metadata': {'store': '(\S+)'}", text)
    assert {store: url for url, store in located} == {
        "default_backend": direct[1],
        "dcn0": f"rbd://{fsid(reader, DCN0, 'dcn0')}/images/{image_in_every_store}/snap",
        "dcn1": f"rbd://{fsid(reader, DCN1, 'dcn1')}/images/{image_in_every_store}/snap",
    }


def fsid(reader: Reader, node: str, cluster: str) -> str:
    return reader.types_on(node, f"sudo podman exec ceph-mon-$(hostname) ceph --cluster {cluster} fsid").strip()


@pytest.mark.parametrize("node", IMAGES_AT)
def test_every_cluster_lists_the_image(reader: Reader, image_in_every_store: str, image_size: int, node: str):
    size = mebibytes(image_size)
    assert reader.rows_on(node, IMAGES_AT[node], image_in_every_store) == [
        [image_in_every_store, *size, "2"],
        [f"{image_in_every_store}@snap", *size, "2", "yes"],
    ]


def test_an_ephemeral_instance_is_a_clone_of_the_image(
    reader: Reader, note: Note, image_in_every_store: str, image_size: int
):
    server = instance_at("dcn1", image_in_every_store, reader, note)
    row = [f"{server}_disk", *mebibytes(image_size), f"images/{image_in_every_store}@snap", "2", "excl"]
    reader.waits_for_rows([row], DCN1, SERVERS_AT_DCN1, server)

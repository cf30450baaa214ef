"""Glance as openstacksdk sees it: multiple stores, imports, copies, refusals."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import openstack.connection
import pytest

from helpers.wait import wait_until
from simulator.world.guest import guest_disk, guest_file


@pytest.fixture
def image_id(cloud: openstack.connection.Connection) -> Iterator[str]:
    """An empty image record with an id of our choice, which is deleted at the end."""
    identifier = str(uuid.uuid4())
    wanted = {"id": identifier, "name": f"image-{identifier[:8]}", "disk_format": "qcow2", "container_format": "bare"}
    assert cloud.image.post("/images", json=wanted).status_code == 201
    yield identifier
    cloud.image.delete(f"/images/{identifier}")


@pytest.fixture
def glance(cloud: openstack.connection.Connection, simulator: Any, image_id: str) -> Callable[..., Any]:
    """Imports the image, waits for the end of the task, and returns the record."""

    def run(method: str, **options: Any) -> Any:
        uri = options.pop("uri", None)
        body = {"method": {"name": method} | ({"uri": uri} if uri else {})} | options
        answer = cloud.image.post(f"/images/{image_id}/import", json=body)
        assert answer.status_code == 202, answer.text
        wait_until(
            lambda: cloud.image.get(f"/images/{image_id}/tasks").json()["tasks"],
            lambda tasks: all(task["status"] in ("success", "failure") for task in tasks),
            timeout=60,
            what=f"the end of image {image_id}'s tasks",
            interval=0.02,
        )
        return cloud.image.get(f"/images/{image_id}").json()

    return run


@pytest.fixture
def imported(glance: Callable[..., Any], simulator: Any) -> Any:
    uri = simulator.environment["image"]["uri"]
    return glance("web-download", uri=uri, stores=["default_backend", "dcn0"])


def listed(simulator: Any, site: str, node: str) -> str:
    command = f"sudo podman exec ceph-mon-$(hostname) rbd --cluster {site} -p images ls -l"
    text: str = simulator.run(node, command)[1]
    return text


def test_web_download_converts_and_stores_where_asked(imported: Any, simulator: Any):
    assert (imported["status"], imported["disk_format"]) == ("active", "raw")
    assert imported["stores"].split(",") == ["default_backend", "dcn0"]
    assert imported["os_hash_value"] == guest_disk(8).digest("sha512")
    assert imported["os_glance_failed_import"] == imported["os_glance_importing_to_stores"] == ""
    assert imported["direct_url"] == imported["locations"][0]["url"]
    assert f"{imported['id']}@snap" in listed(simulator, "dcn0", "dcn0-distributedcomputehci-0")
    assert imported["id"] not in listed(simulator, "dcn1", "dcn1-distributedcomputehci-0")


def test_copy_image_adds_a_store(imported: Any, glance: Callable[..., Any], simulator: Any):
    copied = glance("copy-image", stores=["dcn1"])
    assert copied["stores"].split(",") == ["default_backend", "dcn0", "dcn1"]
    assert copied["os_hash_value"] == imported["os_hash_value"]
    assert f"{imported['id']}@snap" in listed(simulator, "dcn1", "dcn1-distributedcomputehci-0")


def test_glance_direct_to_all_stores(cloud: Any, image_id: str, glance: Callable[..., Any]):
    staged = cloud.image.put(
        f"/images/{image_id}/stage", data=guest_file(8), headers={"Content-Type": "application/octet-stream"}
    )
    assert staged.status_code == 204
    record = glance("glance-direct", all_stores=True)
    assert set(record["stores"].split(",")) == {"default_backend", "dcn0", "dcn1"}


def test_one_store_may_fail_where_not_all_must_succeed(imported: Any, glance: Callable[..., Any]):
    record = glance("copy-image", stores=["http", "dcn1"], all_stores_must_succeed=False)
    assert set(record["stores"].split(",")) == {"default_backend", "dcn0", "dcn1"}
    assert record["os_glance_failed_import"] == "http"


def test_a_download_that_is_not_there_leaves_the_image_queued(glance: Callable[..., Any], simulator: Any):
    record = glance("web-download", uri=simulator.environment["image"]["uri"] + "x", stores=["dcn0"])
    assert (record["status"], record["os_glance_failed_import"]) == ("queued", "dcn0")


def test_what_is_no_qcow2_is_not_converted(cloud: Any, image_id: str, glance: Callable[..., Any]):
    headers = {"Content-Type": "application/octet-stream"}
    cloud.image.put(f"/images/{image_id}/stage", data=b"not a disk" * 100, headers=headers)
    record = glance("glance-direct", stores=["dcn0"])
    # as in Zed: the image stays as the failed conversion left it
    assert (record["status"], record["os_glance_importing_to_stores"]) == ("importing", "dcn0")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"method": {"name": "copy-image"}, "stores": ["nope"]}, 409, "Store for identifier nope not found"),
        ({"method": {"name": "copy-image"}, "stores": ["dcn0"]}, 400, "already present at store"),
        ({"method": {"name": "glance-download"}}, 400, "Unknown import method name"),
        ({"method": {"name": "web-download", "uri": "x"}}, 409, "Image with status active"),
        ({"method": {}}, 400, "requires a &#x27;name&#x27; field"),
    ],
)
def test_bad_imports_are_refused(imported: Any, cloud: Any, body: Any, status: int, words: str):
    answer = cloud.image.post(f"/images/{imported['id']}/import", json=body)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert cloud.image.get(f"/images/{imported['id']}").json() == imported


def test_stores_delete_takes_one_copy(imported: Any, cloud: Any, simulator: Any):
    identifier = imported["id"]
    assert cloud.image.delete(f"/stores/dcn0/{identifier}").status_code == 204
    assert cloud.image.get(f"/images/{identifier}").json()["stores"] == "default_backend"
    assert identifier not in listed(simulator, "dcn0", "dcn0-distributedcomputehci-0")
    assert cloud.image.delete(f"/stores/nope/{identifier}").status_code == 409
    assert cloud.image.delete(f"/stores/default_backend/{identifier}").status_code == 403


def test_every_glance_writes_its_own_store_ids(imported: Any, cloud: Any, simulator: Any):
    token = {"X-Auth-Token": cloud.session.get_token()}
    url = f"{simulator.environment['sites']['dcn0']['glance']}/v2/images/{imported['id']}"
    assert cloud.session.get(url, headers=token).json()["stores"] == "central,dcn0"
    by_name = cloud.image.get(f"/images?name={imported['name']}").json()["images"]
    assert by_name[0]["stores"] == "central,dcn0"
    assert cloud.image.get(f"/images/{imported['id']}").json()["stores"] == "default_backend,dcn0"


def test_an_image_with_an_active_task_is_locked(simulator: Any, start: Any, tmp_path: Any):
    with start(tmp_path, "--speed", "cloud") as slow:
        cloud, identifier = slow.connection(), str(uuid.uuid4())
        wanted = {"id": identifier, "name": "locked", "disk_format": "qcow2", "container_format": "bare"}
        cloud.image.post("/images", json=wanted)
        body = {"method": {"name": "web-download", "uri": slow.environment["image"]["uri"]}, "stores": ["dcn0"]}
        assert cloud.image.post(f"/images/{identifier}/import", json=body).status_code == 202
        record = cloud.image.get(f"/images/{identifier}").json()
        assert (record["status"], record["os_glance_importing_to_stores"]) == ("importing", "dcn0")
        assert cloud.image.get(f"/images/{identifier}/tasks").json()["tasks"][0]["status"] == "processing"
        assert cloud.image.post(f"/images/{identifier}/import", json=body).status_code == 409
        cloud.close()


def test_who_asks_decides(simulator: Any):
    member = simulator.connection("dcn-sim-demo")
    assert member.image.get("/info/stores/detail").status_code == 403
    assert member.image.get("/info/stores").status_code == 200
    assert member.image.get("/tasks").status_code == 403
    nobody = member.session.get(
        f"{simulator.environment['sites']['central']['glance']}/v2/images", authenticated=False, raise_exc=False
    )
    assert nobody.status_code == 401
    member.close()

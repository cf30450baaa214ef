"""The doc's own command lines, word for word, with the OpenStack command line clients in an environment of their own.

From "Confirm images may be copied between sites" to the document's end. The environment is made once, in the user's
cache.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.wait import wait_until

pytestmark = pytest.mark.clients

# OpenStackClient 10.5 drops --force of "volume snapshot create" for a Cinder that knows 3.66, and then asks with 3.65
PACKAGES = ("python-openstackclient>=6.6,<7", "python-glanceclient>=4,<5", "setuptools<81")
CIRROS = "http://download.cirros-cloud.net/0.4.0/cirros-0.4.0-x86_64-disk.img"
CENTRAL, DCN0, DCN1 = "control-plane-controller-0", "dcn0-distributedcomputehci-0", "dcn1-distributedcomputehci-0"
EXTERNAL = (
    "sudo podman exec ceph-mon-$(hostname) rbd --id external --keyring /etc/ceph/{0}.client.external.keyring "
    "--conf /etc/ceph/{0}.conf -p {1} ls -l"
)
VOLUMES = "sudo podman exec ceph-mon-$HOSTNAME rbd --cluster dcn0 -p volumes ls -l"
SERVER = (
    "openstack server create --flavor tiny{} --key-name dcn0-key --network dcn0-network --security-group basic "
    "--availability-zone dcn0 "
)


@pytest.fixture(scope="module")
def clients() -> Path:
    """The folder of the clients' commands; made when it is not there yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "dcn-verify" / f"clients-6-python{sys.version_info.major}.{sys.version_info.minor}"
    commands = folder / "bin"
    if not (commands / "glance").exists() or not (commands / "openstack").exists():
        venv.create(folder, with_pip=True)
        install = [str(commands / "pip"), "install", "--quiet", *PACKAGES]
        ended = subprocess.run(install, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
        if ended.returncode:
            pytest.skip(f"the clients cannot be installed: {ended.stderr.strip().splitlines()[-1]}")
    return commands


@pytest.fixture(scope="module")
def deployment(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with start(tmp_path_factory.mktemp("doc")) as found:
        yield found


@pytest.fixture(scope="module")
def sh(clients: Path, deployment: Any) -> Callable[[str], str]:
    """Run a line with the variables that the doc's control-planerc sets; what it prints."""
    auth = deployment.clouds()["auth"]
    variables = {f"OS_{name.upper()}": value for name, value in auth.items()}
    variables |= {"OS_REGION_NAME": "regionOne", "OS_IDENTITY_API_VERSION": "3", "COLUMNS": "400"}
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    environment = kept | variables | {"PATH": f"{clients}:{os.environ['PATH']}"}

    def run(line: str) -> str:
        command = ["bash", "-c", line]
        ended = subprocess.run(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        return ended.stdout

    return run


@pytest.fixture(scope="module")
def until(sh: Callable[[str], str]) -> Callable[[str, str], str]:
    """Repeat a line until it prints what is waited for."""

    def wait(line: str, words: str) -> str:
        return wait_until(lambda: sh(line), lambda text: words in text, timeout=30, what=f"{words!r} in: {line}")

    return wait


@pytest.fixture(scope="module")
def image(sh: Callable[[str], str], until: Callable[[str, str], str]) -> str:
    """The doc's image, imported to central and dcn0, and copied to dcn1."""
    sh(
        "glance --verbose image-create-via-import --disk-format qcow2 --container-format bare --name cirros "
        f"--uri {CIRROS} --import-method web-download --stores default_backend,dcn0"
        # glanceclient takes any standard input that is open and no terminal for image data
        " <&-"
    )
    identifier = sh("openstack image show cirros -c id -f value").strip()
    until(f"glance image-show {identifier}", "active")
    sh(f"glance image-import {identifier} --stores dcn1 --import-method copy-image")
    return identifier


@pytest.fixture(scope="module")
def volume(sh: Callable[[str], str], until: Callable[[str, str], str], image: str) -> str:
    sh(f"openstack volume create --size 8 --availability-zone dcn0 pet-volume-dcn0 --image {image}")
    until("openstack volume show -f value -c status pet-volume-dcn0", "available")
    return sh("openstack volume show -f value -c id pet-volume-dcn0").strip()


@pytest.fixture(scope="module")
def pet_server(sh: Callable[[str], str], until: Callable[[str, str], str], volume: str) -> str:
    sh(SERVER.format("") + f"--volume {volume} pet-server-dcn0")
    until("openstack server show pet-server-dcn0 -f value -c status", "ACTIVE")
    return "pet-server-dcn0"


def test_stores_info(sh: Callable[[str], str]):
    text = re.sub(r"\s*\|\n\|\s+\|\s*", " ", sh("glance stores-info"))
    assert [name for name in re.findall(r'"id": "(\w+)"', text)] == ["default_backend", "http", "dcn0", "dcn1"]
    assert '"read-only": "true"' in text


def test_conversion(sh: Callable[[str], str], image: str):
    assert re.search(r"disk_format\s+\| raw ", sh(f"glance image-show {image} | grep disk_format"))


def test_image_properties(until: Callable[[str, str], str], image: str):
    text = until(f"openstack image show {image} | grep properties", "stores='default_backend,dcn0,dcn1'")
    assert "os_glance_failed_import=''" in text
    urls = re.findall(rf"rbd://([0-9a-f-]+)/images/{image}/snap", text)
    assert len(set(urls)) == 3
    assert f"direct_url='rbd://{urls[0]}" in text


@pytest.mark.parametrize(
    ("node", "line"),
    [
        (CENTRAL, "sudo podman exec ceph-mon-$(hostname) rbd --cluster central -p images ls -l"),
        (DCN0, EXTERNAL.format("dcn0", "images")),
        (DCN1, EXTERNAL.format("dcn1", "images")),
    ],
)
def test_images_in_every_cluster(deployment: Any, until: Any, image: str, node: str, line: str):
    until(f"openstack image show {image}", "default_backend,dcn0,dcn1")
    heading, *rows = deployment.run(node, line)[1].splitlines()
    assert heading.split() == ["NAME", "SIZE", "PARENT", "FMT", "PROT", "LOCK"]
    found = [row.split() for row in rows if image in row]
    assert found == [[image, "8", "MiB", "2"], [f"{image}@snap", "8", "MiB", "2", "yes"]]


def test_server_from_volume(deployment: Any, pet_server: str, volume: str, image: str):
    row = next(row for row in deployment.run(DCN0, VOLUMES)[1].splitlines() if volume in row)
    assert row.split() == [f"volume-{volume}", "8", "GiB", f"images/{image}@snap", "2", "excl"]


def test_one_command_boot_from_volume(sh: Callable[[str], str], until: Any, deployment: Any, image: str):
    sh(SERVER.format(f" --image {image}") + "--boot-from-volume 4 other-server-dcn0")
    until("openstack server show other-server-dcn0 -f value -c status", "ACTIVE")
    rows = [row.split() for row in deployment.run(DCN0, VOLUMES)[1].splitlines()]
    assert ["4", "GiB", f"images/{image}@snap"] in [row[1:4] for row in rows]


def test_volume_snapshot(
    sh: Callable[[str], str], until: Any, deployment: Any, pet_server: str, volume: str, image: str
):
    sh("openstack server stop pet-server-dcn0")
    sh(f"openstack volume snapshot create pet-volume-dcn0-snap --volume {volume} --force")
    until("openstack server show pet-server-dcn0 -f value -c status", "SHUTOFF")
    sh("openstack server start pet-server-dcn0")
    until("openstack server show pet-server-dcn0 -f value -c status", "ACTIVE")
    row = next(row for row in deployment.run(DCN0, VOLUMES)[1].splitlines() if "@snapshot-" in row)
    assert row.split()[1:] == ["8", "GiB", f"images/{image}@snap", "2", "yes"]


def test_snapshot_round_trip(sh: Callable[[str], str], until: Any, deployment: Any, image: str):
    # image-backed, as only such a server gives what the doc prints
    create = f"openstack --os-compute-api-version 2.37 server create --flavor tiny --image {image} --nic none "
    sh(create + "--availability-zone dcn0 ephemeral-server-dcn0")
    until("openstack server show ephemeral-server-dcn0 -f value -c status", "ACTIVE")
    listing = deployment.run(DCN0, EXTERNAL.format("dcn0", "vms"))[1]
    assert f"images/{image}@snap" in listing
    assert listing.split()[-1] == "excl"
    server = sh("openstack server show ephemeral-server-dcn0 -f value -c id").strip()
    sh(f"openstack server stop {server}")
    until(f"openstack server show {server} -f value -c status", "SHUTOFF")
    sh(f"openstack server image create --name cirros-snapshot {server}")
    until("openstack image show cirros-snapshot -f value -c status", "active")
    sh(f"openstack server start {server}")
    snapshot = sh("openstack image show cirros-snapshot -f value -c id").strip()
    assert "'stores': 'dcn0'" in sh(f"openstack image show {snapshot} -f value -c properties")
    sh(f"glance image-import {snapshot} --stores default_backend --import-method copy-image")
    until(f"openstack image show {snapshot} -f value -c properties", "'stores': 'dcn0,default_backend'")

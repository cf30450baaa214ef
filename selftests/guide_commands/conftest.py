"""The guide from "Confirm images may be copied between sites" to its end, in the simulator or on a running lab.

`--lab-state` names the lab. What the lines create on it is removed at the end of each module, and is then neither in
the API nor in any cluster.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpers.environment import load_environment
from helpers.runs.cleanup import remove
from helpers.runs.deployment import connect
from helpers.runs.ledger import Entry, Ledger
from helpers.runs.resources import kinds
from selftests.guide_commands.clients import NotInstalled, make
from selftests.guide_commands.reader import CIRROS, Reader
from simulator.process import running

#: the names of what the guide's lines create; Nova itself gives the last one
NAMES = (
    ("image", "cirros"),
    ("image", "cirros-snapshot"),
    ("image", "cirros-snapshot-2"),
    ("volume", "pet-volume-dcn0"),
    ("snapshot", "pet-volume-dcn0-snap"),
    ("server", "pet-server-dcn0"),
    ("server", "pet-server-dcn1"),
    ("snapshot", "snapshot for cirros-snapshot"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.clients)


@pytest.fixture(scope="session")
def clients() -> Path:
    """The folder of the clients' commands."""
    try:
        return make()
    except NotInstalled as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", params=["simulator", pytest.param("lab", marks=pytest.mark.lab)])
def reader(request: pytest.FixtureRequest, clients: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader of the guide at a simulated deployment, or at a running lab."""
    if shutil.which("ssh") is None:
        pytest.skip("the lines for nodes are typed by ssh, and there is none here")
    with ExitStack() as until_the_end:
        if request.param == "lab":
            environment = request.config.getoption("lab_state") / "environment.yaml"
            if not environment.exists():
                pytest.skip(f"no lab in {environment.parent}")
            uri = load_environment(environment).image.uri
        else:
            folder, speed = tmp_path_factory.mktemp("doc"), request.config.getoption("simulator_speed")
            environment, uri = until_the_end.enter_context(running(folder, speed=speed)), CIRROS
        yield Reader(environment.parent, clients, uri)


Note = Callable[..., None]


@pytest.fixture(scope="module")
def note(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Note]:
    """Records the id of something in NAMES, so that the clusters are searched for it after its removal."""
    deployment = connect(load_environment(reader.folder / "environment.yaml"))
    known = kinds(deployment)
    there = [f"{kind} {name}" for kind, name in NAMES if known[kind].find(Entry(kind, name))]
    assert there == [], "somebody else has what the guide's lines create: remove it, or take another lab"
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "ledger.jsonl")
    yield ledger.adopt
    for kind, name in NAMES:
        for id in known[kind].find(Entry(kind, name)):
            ledger.adopt(kind, name, id)
    leaks = remove(ledger, deployment)
    deployment.close()
    assert leaks == []


@pytest.fixture(scope="module")
def image(reader: Reader, note: Note) -> str:
    """The id of the guide's image, which is at central and dcn0."""
    reader.types(
        "glance --verbose image-create-via-import --disk-format qcow2 --container-format bare --name cirros "
        f"--uri {reader.uri} --import-method web-download --stores default_backend,dcn0"
    )
    found = reader.sets("ID=$(openstack image show cirros -c id -f value)")
    note("image", "cirros", found)
    reader.waits_for_stores({"default_backend", "dcn0"}, found)
    reader.waits("active", "openstack image show $ID -f value -c status", ID=found)
    return found


@pytest.fixture(scope="module")
def image_size(reader: Reader, image: str) -> int:
    """The image's size in bytes, converted to raw."""
    return int(reader.types("openstack image show $ID -f value -c size", ID=image))


@pytest.fixture(scope="module")
def image_in_every_store(reader: Reader, image: str) -> str:
    """The id of the image, which is now at dcn1, too."""
    reader.types("glance image-import $ID --stores dcn1 --import-method copy-image", ID=image)
    reader.waits_for_stores({"default_backend", "dcn0", "dcn1"}, image)
    return image


def instance_at(site: str, image: str, reader: Reader, note: Note) -> str:
    """The id of a running instance without a volume at the site.

    The lab's flavor has no disk size, but the guide's has 1 GiB. On the lab, the disk is as large as the image.
    """
    reader.types(
        f"openstack server create --flavor tiny --image $IMG_ID --key-name {site}-key --network {site}-network "
        f"--security-group basic --availability-zone {site} pet-server-{site}",
        IMG_ID=image,
    )
    server = reader.sets(f"NOVA_ID=$(openstack server show pet-server-{site} -f value -c id)")
    note("server", f"pet-server-{site}", server)
    reader.waits("ACTIVE", "openstack server show $NOVA_ID -f value -c status", NOVA_ID=server)
    return server

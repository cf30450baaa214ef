"""What was never accepted has no record: the commands of its failure are the request itself, and a list by its name."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openstack.exceptions
import pytest
import yaml

from helpers.actions.servers import ServerActions
from helpers.actions.volumes import VolumeActions
from helpers.environment import load_environment
from helpers.openstack.cinder import Cinder
from helpers.openstack.nova import Nova
from helpers.outcomes import Failed
from helpers.runs.run import Run

IMAGE, VOLUME = "363c23e2-2731-4566-b66a-c7d79b49752f", "98e1794c-1b28-40cb-b376-4e0664cb5ff3"


class Refusing:
    """An API that has one flavor, and refuses everything else."""

    endpoint_override = "http://192.0.2.10/v2.1"

    def find_flavor(self, name: str, **options: object) -> Any:
        return SimpleNamespace(id="1")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*args: object, **options: object) -> Any:
            raise openstack.exceptions.BadRequestException("The requested availability zone is not available")

        return refuse


@pytest.fixture
def actions(tmp_path: Path) -> tuple[ServerActions, VolumeActions]:
    declared = yaml.safe_load(Path("environments/lab.example.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "environment.yaml"
    path.write_text(yaml.safe_dump({name: declared[name] for name in ("cloud", "image", "flavor", "sites")}))
    environment = load_environment(path)
    config = SimpleNamespace(get_session_client=lambda service, constructor: Refusing())
    connection: Any = SimpleNamespace(config=config)
    cloud: Any = SimpleNamespace(
        nova=Nova(connection, environment.cloud),
        cinder=Cinder(connection, environment.cloud),
        network_id=lambda name: "net",
    )
    run = Run.new(tmp_path)
    run.make_folder()
    nothing: Any = {}
    return ServerActions(environment, cloud, nothing, run), VolumeActions(environment, cloud, nothing, run)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"image": IMAGE}, ["--image", IMAGE]),
        ({"volume": VOLUME}, ["--volume", VOLUME]),
        ({"image": IMAGE, "new_volume_gib": 2}, ["--image", IMAGE, "--boot-from-volume", "2"]),
    ],
    ids=["image", "volume", "one command"],
)
def test_a_refused_server(actions: tuple[ServerActions, VolumeActions], source: Any, expected: list[str]):
    """Nova's refusal comes with the same request by hand, and with the list that shows that nothing was made."""
    servers = actions[0]
    with pytest.raises(Failed) as caught:
        servers.boot("pet", servers.environment.site("dcn0"), **source)

    name, (request, listed) = servers.run.name("pet"), map(shlex.split, caught.value.reproduce)
    at = request.index("create")
    assert request[at - 1 : at + 3] == ["server", "create", "--flavor", "tiny"]
    assert request[request.index(expected[0]) :] == [*expected, name]
    assert listed[3:] == ["server", "list", "--all-projects", "--name", name]


def test_a_refused_volume_and_snapshot(actions: tuple[ServerActions, VolumeActions]):
    """Cinder's refusals come with the same requests by hand."""
    volumes = actions[1]
    with pytest.raises(Failed) as of_volume:
        volumes.create("pet", volumes.environment.site("dcn0"), image=IMAGE, image_bytes=1)
    with pytest.raises(Failed) as of_snapshot:
        volumes.snapshot(VOLUME, "pet")

    name = volumes.run.name("pet")
    commands = [shlex.split(line)[3:] for caught in (of_volume, of_snapshot) for line in caught.value.reproduce]
    zone = ["--availability-zone", "dcn0"]
    assert commands == [
        ["volume", "create", "--size", "1", *zone, "--image", IMAGE, name],
        ["volume", "list", "--name", name],
        ["volume", "snapshot", "create", "--force", "--volume", VOLUME, name],
        ["volume", "snapshot", "list", "--name", name],
    ]

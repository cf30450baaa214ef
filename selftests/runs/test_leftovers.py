"""Which runs, known by their folders, have left something on a cloud."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from openstack.exceptions import HttpException

from helpers.runs.ledger import pending
from helpers.runs.leftovers import Leftovers, find, note_cloud
from helpers.runs.run import Run

BY_NAME = "looked for by name"


class FakeCloud:
    """A cloud whose Glance lists these images, by id and name, or raises."""

    def __init__(self, auth_url: str, images: Any = ()) -> None:
        self.auth_url, self._images = auth_url, images
        self.servers: list[tuple[str, str]] = []
        self.flavors: list[tuple[str, str]] = []

    def glance(self, site: object) -> FakeCloud:
        return self

    def owned(self, prefix: str) -> Any:
        if isinstance(self._images, Exception):
            raise self._images
        return self._images

    @property
    def nova(self) -> Any:
        return SimpleNamespace(named=lambda prefix: self.servers, flavors_named=lambda prefix: self.flavors)

    @property
    def neutron(self) -> Any:
        return SimpleNamespace(named=lambda prefix: [])

    @property
    def cinder(self) -> Any:
        return SimpleNamespace(volumes=list, snapshots=list)


def deployed(auth_url: str = "http://192.0.2.10:5000", images: Any = ()) -> Any:
    return SimpleNamespace(cloud=FakeCloud(auth_url, images), environment=SimpleNamespace(central=None), tenant=None)


def run(reports: Path, name: str = "20251122-190000-abcdef", at: Any = None) -> Run:
    """A run that has created an image."""
    found = Run(reports / name)
    found.folder.mkdir()
    if at is not None:
        note_cloud(found, at)
    found.ledger.plan("image", found.name("guest"), id="8083")
    return found


def test_a_dead_run_on_this_cloud_has_left_something(tmp_path: Path):
    left = run(tmp_path, at=deployed())

    assert find(tmp_path, deployed()).runs == (left,)
    assert find(tmp_path, deployed("http://192.0.2.99:5000")).runs == ()


@pytest.mark.parametrize("torn", ["", '{"clo', "[]", '{"another": 1}'])
def test_a_run_that_was_killed_while_it_began_is_in_nobody_s_way(tmp_path: Path, torn: str):
    left = run(tmp_path)
    (left.folder / "cloud.json").write_text(torn)

    assert find(tmp_path, deployed()).runs == ()


def test_an_image_of_a_known_run_goes_into_its_ledger_and_others_are_named(tmp_path: Path):
    left = run(tmp_path, at=deployed())
    images = [("8084", left.name("late")), ("8085", "dcn-verify.20240101-000000-aaaaaa.guest"), ("8086", "cirros")]

    found = find(tmp_path, deployed(images=images))

    assert {entry.id for entry in pending(left.folder / "ledger.jsonl")} == {"8083", "8084"}
    assert found.foreign == ("image dcn-verify.20240101-000000-aaaaaa.guest 8085",)


def test_a_glance_that_does_not_answer_is_one_line_and_keeps_no_run_from_being_known(tmp_path: Path):
    left = run(tmp_path, at=deployed())
    answered = requests.Response()
    answered.status_code, answered.request = 500, requests.Request("GET", "http://192.0.2.10/v2/images").prepare()
    broken = HttpException(response=answered, details="it<br />broke")

    found = find(tmp_path, deployed(images=broken))

    said = "what earlier runs have left cannot be looked for: GET http://192.0.2.10/v2/images: HTTP 500 it broke"
    assert found == Leftovers((left,), remarks=(said,), complete=False)


def test_what_a_damaged_ledger_may_have_lost_is_looked_for_by_name(tmp_path: Path):
    left = run(tmp_path, at=deployed())
    path = left.folder / "ledger.jsonl"
    with path.open("a") as file:
        file.write("not JSON\n")
    here = deployed()
    here.cloud.servers = [("7001", left.name("pet")), ("7002", "somebody-s"), ("7003", "dcn-verify.other.pet")]
    here.cloud.flavors = [("1", "tiny"), ("9001", left.name("flavor-1g-128m"))]

    found = find(tmp_path, here)

    assert found.remarks == (f"{path} is damaged: no resource of the run in line 2; what carries its id is {BY_NAME}",)
    assert {entry.id for entry in pending(path)} == {"8083", "7001", "9001"}

"""The worlds by name: what their options make of the simulated deployment, and of the example of each."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from faults.catalogue.where import NoSuchSite
from faults.detection.suite import Suite
from helpers.environment import load_environment
from simulator.faults import CHANGES
from simulator.faults.way import site_of
from simulator.options import arguments_of
from simulator.process import running
from simulator.worlds import WORLDS, options_of

EXAMPLES = Path(__file__).parents[2] / "environments"
ASKED = {
    "simulator.serve": ["--state", "x", "--world", "nope"],
    "simulator.demo": ["--world", "nope"],
    "faults.detection.command": ["--world", "nope"],
}


@pytest.mark.parametrize(("module", "arguments"), ASKED.items(), ids=list(ASKED))
def test_an_unknown_world_is_one_line(module: str, arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert importlib.import_module(module).main(arguments) == 4

    said = capsys.readouterr().err
    assert said.endswith(": no world nope; worlds: ussuri, wallaby, rhoso, kolla, sid\n")
    assert said.count("\n") == 1


def test_what_is_said_of_each_dcn_site_is_said_of_those_with_storage():
    told = options_of("rhoso", ["dcn0", "dcn2"])

    assert [option for option in told if "behind" in option] == [
        "--glance-behind-node=dcn0",
        "--glance-behind-node=dcn2",
    ]
    assert not any("{" in option for option in told)


@pytest.mark.parametrize("name", WORLDS)
def test_topology_is_right_in_a_world_with_a_bare_site(name: str, tmp_path: Path):
    with running(tmp_path / "state", "--world", name, "--dcn", "2", "--without-storage", "dcn1") as environment:
        found = load_environment(environment)
        seen = Suite(environment, tmp_path, tests=("tests/topology",)).run(name, read_only=True)

    assert (seen.exit_code, seen.refused) == (0, "")

    assert [site.name for site in found.storage_sites] == ["central", "dcn0"]
    assert found.tenant


def test_a_fault_comes_before_what_a_world_does_to_its_place():
    given = ["--state", "x", "--world", "wallaby", "--fault", "central-keyring-missing"]

    assert arguments_of(given).fault[:2] == ["central-keyring-missing", "ceph-files-of-services-elsewhere:dcn0"]


def test_a_fault_that_makes_no_sense_in_a_world_has_no_site_there():
    with pytest.raises(NoSuchSite, match="DCN sites with storage and a scale-out host"):
        site_of(CHANGES["haproxy-stopped"], "kolla")


@pytest.mark.parametrize("name", WORLDS)
def test_the_example_of_a_world_loads(name: str):
    found = load_environment(EXAMPLES / f"{name}.example.yaml")

    assert [site.name for site in found.dcn_storage_sites] == ["dcn0", "dcn1"]


def test_the_examples_have_what_marks_their_worlds():
    found = {name: load_environment(EXAMPLES / f"{name}.example.yaml") for name in WORLDS}
    dcn0 = {name: environment.site("dcn0") for name, environment in found.items()}

    assert {name for name, site in dcn0.items() if site.ceph and site.ceph.client == "openstack"} == {
        "wallaby",
        "rhoso",
        "kolla",
    }
    assert {name for name, environment in found.items() if environment.central.glance_internal} == {"wallaby"}
    assert {name for name, site in dcn0.items() if site.via} == {"rhoso"}
    assert {name for name, site in dcn0.items() if site.shares_glance} == {"kolla"}
    assert {name for name, environment in found.items() if environment.undercloud} == {"ussuri", "wallaby"}

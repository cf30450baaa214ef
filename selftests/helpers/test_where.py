"""Where a fault is: simulator and lab use the same words and find the same site. Each topic has one file."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from faults.catalogue import _TOPICS, FAULTS, Fault
from faults.catalogue.where import Candidate, Kind, NoSuchSite, choose
from lab.faults.registry import BREAKS, available, place
from lab.plan import Layout, make_plan
from simulator.faults import CHANGES
from simulator.faults.changes import candidates
from simulator.world.build import healthy_world

SITES = [
    Candidate("central", central=True),
    Candidate("dcn0", storage=False),
    Candidate("dcn1", scale_out=True),
    Candidate("dcn2"),
]


@pytest.mark.parametrize(
    ("kind", "wanted", "site"),
    [
        ("central", None, "central"),
        ("dcn", None, "dcn2"),
        ("dcn", "dcn1", "dcn1"),
        ("first-dcn", None, "dcn1"),
        ("first-dcn", "dcn2", "dcn2"),
        ("scale-out", None, "dcn1"),
        ("edge", None, "dcn0"),
        ("any", None, "dcn2"),
        ("any", "central", "central"),
    ],
)
def test_a_fault_is_at_a_site_of_its_kind(kind: Kind, wanted: str | None, site: str):
    assert choose(kind, SITES, wanted) == site


@pytest.mark.parametrize(
    ("kind", "wanted", "said"),
    [
        ("central", "dcn1", "a fault of central, not of dcn1; here: central"),
        ("dcn", "central", "a fault of DCN sites with storage, not of central; here: dcn1, dcn2"),
        ("any", "dcn0", "a fault of sites with storage, not of dcn0; here: central, dcn1, dcn2"),
        ("scale-out", "dcn2", "a fault of DCN sites with storage and a scale-out host, not of dcn2; here: dcn1"),
        ("edge", "dcn2", "a fault of DCN sites with a Glance and no storage, not of dcn2; here: dcn0"),
        ("dcn", "dcn7", "no site dcn7; sites: central, dcn0, dcn1, dcn2"),
    ],
)
def test_and_nowhere_else(kind: Kind, wanted: str, said: str):
    with pytest.raises(NoSuchSite) as raised:
        choose(kind, SITES, wanted)

    assert str(raised.value) == said


def test_a_deployment_without_such_a_site_says_so():
    with pytest.raises(NoSuchSite, match="a fault of DCN sites with storage; here: none"):
        choose("dcn", SITES[:2])


@pytest.mark.parametrize("fault", available(), ids=str)
def test_the_lab_and_the_simulator_agree(fault: Fault, tmp_path: Path):
    """In deployments of the same shape, simulator and lab place a fault at the same site."""
    plan = make_plan("nowhere", "192.0.2.0/24", tmp_path, 2, layout=Layout(scale_out=("dcn0", "dcn1")))
    world = healthy_world(2, nodes=4, speed="none")

    assert choose(CHANGES[fault.name].site, candidates(world)) == place(fault, plan, None).name


def test_every_kind_is_in_use():
    assert {fault.site for fault in FAULTS} == {"central", "dcn", "first-dcn", "scale-out", "edge", "any"}


@pytest.mark.parametrize("topic", _TOPICS, ids=lambda topic: topic.__name__.rsplit(".", 1)[1])
def test_a_fault_is_found_by_its_file_s_name(topic: ModuleType):
    """The code that injects a fault is in the file that is named as the fault's topic."""
    name = topic.__name__.rsplit(".", 1)[1]
    of_topic = {fault.name.replace("-", "_"): fault.name for fault in topic.FAULTS}
    simulated = {fault for fault, change in CHANGES.items() if change.inject.__module__ == f"simulator.faults.{name}"}
    real = vars(importlib.import_module(f"lab.faults.{name}"))

    assert set(of_topic.values()) - simulated == set()
    assert {fault for function, fault in of_topic.items() if function in real} == BREAKS.keys() & set(of_topic.values())

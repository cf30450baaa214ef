"""Nothing passes unseen: no check passes over an empty collection, nor without the answers that it rests on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.unseen.deprived import KINDS

#: For what is never done in these runs.
IMPATIENT = dict.fromkeys(("import", "copy", "delete", "boot", "volume", "snapshot"), 2)
#: What is in a pool and has no record is looked up one by one; an empty pool has none such.
_ORPHANS = {"test_every_image_has_a_record", "test_every_disk_has_a_server", "test_every_volume_has_a_record"}
#: Who uses which Glance matters only where that one hides the locations.
_SHOWN = {"test_record_has_locations"}
#: Checks for which that is an answer: what is not there is in nobody's way.
ABOUT_NOTHING = {
    "records": _ORPHANS,
    "pools": {*_ORPHANS, "test_external_key_works_from_central", "test_external_key_works_from_here"},
    "files": {"test_no_key_is_for_everybody_without_storage", *_SHOWN},
    "nodes": _SHOWN,
    "containers": _SHOWN,
}
#: Checks that look at every node, whatever runs there.
ON_EVERY_NODE = {
    "test_no_key_is_for_everybody",
    "test_no_key_of_this_site_is_for_everybody",
    "test_no_other_key_at_central_is_for_everybody",
}
#: A site that has no machines in common with a discovered one is told by its name.
BY_NAME = {"test_site_is_discovered", "test_no_site_is_left_out"}

Report = Mapping[str, Mapping[str, Any]]
Verify = Callable[..., Report]


def name(test: str) -> str:
    return test.rpartition("::")[2].partition("[")[0]


@pytest.fixture(scope="module")
def deployment(start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One with every kind of site, with scale-out nodes, a tenant, and images that Nova has copied."""
    folder = tmp_path_factory.mktemp("simulator")
    options = ("--dcn", "3", "--nodes", "4", "--without-storage", "dcn1", "--absent-images", "copy", "--tenant")
    with start(folder, *options) as found:
        yield found


@pytest.fixture(scope="module")
def verify(deployment: Any, tmp_path_factory: pytest.TempPathFactory, reporting_suite: Callable[..., Any]) -> Verify:
    """Runs the suite and gives what the plugin has written of it."""

    def verify(environment: Path, *options: str) -> Report:
        reports = tmp_path_factory.mktemp("reports")
        ended = reporting_suite(reports, environment, "-q", "-p", "simulator.unseen.plugin", *options)
        written = reports / "latest" / "unseen.json"
        assert written.exists(), ended.printed
        report: Report = json.loads(written.read_text())
        return report

    return verify


@pytest.fixture(scope="module")
def healthy(deployment: Any, verify: Verify) -> Report:
    files = deployment.folder / "deployment-files"
    return verify(deployment.folder / "environment.yaml", f"--deployment-files={files}")


def passing_without(seen: Report, healthy: Report, *what: str) -> set[str]:
    """The checks that have passed, though in a healthy run they rest on this."""
    passed = {test for test, of in seen.items() if of["outcome"] == "passed"}
    return {name(test) for test in passed if set(what) & set(healthy[test]["rests_on"])}


def test_no_check_passes_over_what_is_empty(healthy: Report):
    """Each collection in what the stages have found was emptied, and every check that looks at it noticed."""
    assert {of["outcome"] for of in healthy.values()} == {"passed"}
    told = {test: of["passes_over"] for test, of in healthy.items() if of["passes_over"]}

    assert {test: places for test, places in told.items() if name(test) not in BY_NAME} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_no_check_passes_without_the_answers_that_it_rests_on(
    deployment: Any, verify: Verify, healthy: Report, kind: str
):
    seen = verify(deployment.with_timeouts(**IMPATIENT), f"--without={kind}")
    resting = {name(test) for test, of in healthy.items() if kind in of["rests_on"]}

    assert resting, f"no check rests on {kind}"
    assert passing_without(seen, healthy, kind) <= ABOUT_NOTHING.get(kind, set())


@pytest.mark.parametrize("kept", [(), ("compute",)], ids=["none", "compute"])
def test_no_check_passes_without_the_roles_that_it_rests_on(
    deployment: Any, verify: Verify, healthy: Report, kept: tuple[str, ...]
):
    """Of no node the environment file says what runs there, or only where servers are."""
    path = deployment.with_timeouts(**IMPATIENT)
    declared = yaml.safe_load(path.read_text())
    nodes = [node for site in declared["sites"].values() for node in site["nodes"].values()]
    taken = {f"role {role}" for node in nodes for role in node["roles"] if role not in kept}
    for node in nodes:
        node["roles"] = [role for role in node["roles"] if role in kept]
    path.write_text(yaml.safe_dump(declared))
    seen = verify(path)

    assert taken >= {"role glance", "role ceph-mon", "role cinder-volume"}
    assert passing_without(seen, healthy, *taken) <= ON_EVERY_NODE | _SHOWN

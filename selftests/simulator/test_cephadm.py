"""A simulated deployment whose monitors have no admin keyring in their containers, as with cephadm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers.environment import load_environment
from helpers.preflight.survey import survey
from helpers.preflight.table import rendered
from helpers.runs.deployment import Deployment, connect
from selftests.simulator.conftest import Running, running


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("cephadm") / "state", "--cephadm", "--dcn", "1", "--speed", "none") as found:
        yield found


@pytest.fixture
def deployment(simulator: Running) -> Iterator[Deployment]:
    found = connect(load_environment(simulator.folder / "environment.yaml"))
    yield found
    found.close()


def test_the_cluster_answers_by_cephadms_shell(deployment: Deployment, simulator: Running) -> None:
    """The preflight says so, and the command by hand leads the same way."""
    seen = survey(deployment)
    (probed,) = seen.of("dcn0", "rbd")
    node = deployment.environment.site("dcn0").nodes[0].name
    command = probed.reproduce[0].split(f" {node} ", 1)[1].strip("'")

    assert seen.good
    assert probed.way == "cephadm shell"
    assert "cephadm shell" in rendered(seen, plain=True)
    assert simulator.run(node, command)[:2] == (0, "[]\n")


def test_another_sites_cluster_is_asked_with_the_files_of_the_node(deployment: Deployment) -> None:
    node = deployment.nodes[deployment.environment.site("dcn0").nodes[0].name]
    files = ("/etc/ceph/central.conf", "/etc/ceph/central.client.external.keyring")
    central = deployment.clusters["dcn0"].as_external(node, "central", ("external", *files))
    assert central.identity().fsid == deployment.clusters["central"].fsid()

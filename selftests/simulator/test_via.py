"""A simulated Glance that only the nodes of its site reach."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from helpers.environment import load_environment
from helpers.openstack.answers import API_ERRORS, in_words
from helpers.preflight.survey import survey
from helpers.runs.deployment import Deployment, connect
from selftests.simulator.conftest import Running, running


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("via") / "state"
    with running(folder, "--glance-behind-node", "dcn0", "--dcn", "1", "--speed", "none") as found:
        yield found


@pytest.fixture
def deployment(simulator: Running) -> Iterator[Deployment]:
    found = connect(load_environment(simulator.folder / "environment.yaml"))
    yield found
    found.close()


def test_a_glance_is_asked_by_way_of_a_node(deployment: Deployment) -> None:
    site = deployment.environment.site("dcn0")

    assert survey(deployment).good
    assert {store.id for store in deployment.cloud.glance(site).stores()} == {"dcn0", "central", "http"}


def test_another_way_than_by_the_node_there_is_none(deployment: Deployment) -> None:
    """A port where the node reaches nothing is refused there, and the message says by way of which node."""
    site = deployment.environment.site("dcn0")
    url = str(site.glance).rsplit(":", 1)[0] + ":9"
    with pytest.raises(API_ERRORS) as caught:
        deployment.cloud.glance_at(url, replace(site, glance=url)).image("none")

    assert f"by way of {site.via}: glance.dcn0.internal:9: " in in_words(caught.value)


@pytest.mark.skipif(not shutil.which("ssh") or not shutil.which("curl"), reason="needs ssh and curl")
def test_the_command_by_hand_works_as_it_is(deployment: Deployment) -> None:
    """ssh and curl themselves, with a token that is issued beforehand."""
    glance = deployment.cloud.glance(deployment.environment.site("dcn0"))
    token = deployment.cloud.connection.session.get_token()
    command = re.sub(r"\$\(openstack [^)]*\)", str(token), glance.command("/v2/info/import"))

    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603

    assert json.loads(done.stdout)["import-methods"]["value"], done.stderr
    assert deployment.cloud.curl(f"{glance.site.glance}/v2/info/import") == glance.command("/v2/info/import")

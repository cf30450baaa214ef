"""Something that accepts connections and never answers is one finding, and affects no other answer of the preflight."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from helpers.environment import load_environment
from helpers.preflight.results import Preflight
from helpers.preflight.survey import survey
from helpers.runs.deployment import Deployment, connect

#: Seconds for the whole preflight: several times what it takes if all answer, and less than any request may take.
DEADLINE = 4.0
NODE = "dcn1-distributedcomputehci-0"
BEHIND_SSH = {"dcn1 sudo": "blocked", "dcn1 containers": "blocked", "dcn1 rbd": "blocked"}

Silence = Callable[[str, str], None]


def silence_of(simulator: Any) -> Iterator[Silence]:
    """Makes services, nodes and commands of this simulator silent, until it is closed."""
    files = urlsplit(simulator.environment["image"]["uri"])
    there = f"http://{files.hostname}:{int(files.port or 0) + 1}/silent"  # the admin port follows that of the files
    yield lambda kind, place: requests.post(f"{there}/{kind}/{place}", timeout=10).raise_for_status()
    requests.delete(there, timeout=10).raise_for_status()


@pytest.fixture
def deployment(simulator: Any) -> Iterator[Deployment]:
    """The simulated deployment, logged in to while all is well."""
    found = connect(load_environment(simulator.folder / "environment.yaml"))
    yield found
    found.close()


@pytest.fixture
def silence(simulator: Any) -> Iterator[Silence]:
    yield from silence_of(simulator)


def bad(found: Preflight) -> dict[str, str]:
    """The cells of the table with a problem: `dcn1 glance` → `failed`."""
    cells = {f"{one.site} {one.prerequisite}": found.cell(one.site, one.prerequisite) for one in found.probed}
    return {cell: str(outcome) for cell, outcome in cells.items() if outcome != "passed"}


@pytest.mark.parametrize(
    ("kind", "place", "expected"),
    [
        ("image", "central", {"central glance": "failed"}),
        ("image", "dcn0", {"dcn0 glance": "failed"}),
        ("image", "dcn1", {"dcn1 glance": "failed"}),
        ("compute", "central", {"central compute": "unknown", "central flavor": "blocked"}),
        ("volume", "central", {"central volume": "unknown"}),
        (
            "network",
            "central",
            {"central network": "unknown", "dcn0 network": "blocked", "dcn1 network": "blocked"},
        ),
        ("identity", "central", {}),
        ("ssh", NODE, {"dcn1 ssh": "unknown", **BEHIND_SSH}),
        ("ssh", "undercloud", {"undercloud ssh": "unknown"}),
        ("sudo", "dcn1", {"dcn1 sudo": "unknown", "dcn1 containers": "blocked", "dcn1 rbd": "blocked"}),
        ("hostname", "dcn1", {"dcn1 containers": "unknown", "dcn1 rbd": "blocked"}),
        ("rbd", "dcn1", {"dcn1 rbd": "failed"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_one_silent_thing_is_one_finding_and_takes_nothing_with_it(
    deployment: Deployment, silence: Silence, kind: str, place: str, expected: dict[str, str]
):
    """One silent thing is one finding, and every other cell of the table is as on a healthy deployment."""
    silence(kind, place)

    assert bad(survey(deployment, DEADLINE)) == expected


@pytest.fixture(scope="module")
def three_nodes(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A deployment of one DCN site. It and central have three nodes each."""
    with start(tmp_path_factory.mktemp("sim"), "--dcn", "1", "--nodes", "3") as found:
        yield found


def test_a_cluster_answers_on_the_nodes_that_do(three_nodes: Any):
    """A node that has become silent does not make its site's cluster unavailable, neither now nor later."""
    found = connect(load_environment(three_nodes.folder / "environment.yaml"))
    first = found.environment.site("dcn0").nodes[0].name
    for silence in silence_of(three_nodes):
        silence("ssh", first)
        seen = survey(found, DEADLINE)
        found.clusters["dcn0"].ask_last([one.node for one in seen.findings])
        listed = found.clusters["dcn0"].image_names("images")
    found.close()

    assert bad(seen) == {"dcn0 ssh": "unknown", "dcn0 sudo": "blocked", "dcn0 containers": "blocked"}
    assert first not in listed.command


def test_a_node_that_accepts_and_never_greets_is_one_unreachable_node(three_nodes: Any):
    """A node that accepts connections and never greets is one unreachable node; its cluster is queried elsewhere."""
    config = (three_nodes.folder / "ssh_config").read_text()
    first = next(iter(three_nodes.environment["sites"]["dcn0"]["nodes"]))
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        nobody = f"Host {first}\n  HostName 127.0.0.1\n  Port {deaf.getsockname()[1]}\n\n"
        (three_nodes.folder / "deaf_config").write_text(nobody + config)
        ssh = {**three_nodes.environment["ssh"], "config": "deaf_config", "connect_timeout": 1}
        (three_nodes.folder / "deaf.yaml").write_text(yaml.safe_dump({**three_nodes.environment, "ssh": ssh}))
        found = connect(load_environment(three_nodes.folder / "deaf.yaml"), allow_unreachable=True)
        seen = survey(found, DEADLINE)
        found.close()

    assert set(found.unreachable) == {first}
    assert bad(seen) == {"dcn0 ssh": "unknown", "dcn0 sudo": "blocked", "dcn0 containers": "blocked"}

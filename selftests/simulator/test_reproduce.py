"""The commands that a failure shows print the very thing that it has found."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from helpers.reports.summary import read
from selftests.simulator.conftest import run_suite

#: They do not disturb each other: different claims, or different files of one.
FAULTS = (
    "own-admin-keyring-world-readable",
    "own-keyring-not-for-glance",
    "libvirt-secret-has-another-key",
    "nova-compute-not-restarted",
    "dcn-conf-leads-to-another-cluster",
    "orphaned-image",
)


@dataclass(frozen=True)
class Failure:
    """What a test said, its commands on nodes, and what they print."""

    said: str
    commands: str
    printed: str


@pytest.fixture(scope="module")
def failures(start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Failure]]:
    """Test's name → its failure, of one run on a deployment with several faults."""
    folder = tmp_path_factory.mktemp("reproduce")
    options = [word for fault in FAULTS for word in ("--fault", fault)]
    with start(folder / "state", "--dcn", "2", *options) as simulator:
        run_suite(folder / "reports", folder / "state" / "environment.yaml", "-m", "not mutating", "tests/topology")
        failures = read(folder / "reports" / "latest" / "summary.json").failures
        yield {one.test.split("::")[-1]: Failure(one.message, *_printed(simulator, one.reproduce)) for one in failures}


def _printed(simulator: Any, commands: Iterable[str]) -> tuple[str, str]:
    """The commands that lead to a node, and what they print."""
    lines = [line for line in commands if line.startswith("ssh ")]
    printed = ("".join(map(str, simulator.run(*shlex.split(line)[-2:])[1:])) for line in lines)
    return "\n".join(lines), "".join(printed)


@pytest.mark.parametrize(
    ("test", "finding"),
    [
        ("test_no_key_is_for_everybody[dcn1]", r"seen: .*: (\w+ \d+)"),
        ("test_services_may_read_their_keyrings[dcn1]", r"seen: .*: (\w+ \d+)"),
        ("test_libvirt_has_the_cluster_s_key[dcn1]", r"seen: .*: sha256:(\w+)"),
        ("test_libvirt_has_the_cluster_s_key[dcn1]", r"expected: .*: sha256:(\w+)"),
        ("test_nova_compute_has_read_its_files[dcn1]", r"was changed at ([\d: -]+) UTC"),
        ("test_central_nodes_are_clients_of_this_cluster[dcn1]", r"seen: .*sha256:(\w+)"),
        ("test_central_nodes_are_clients_of_this_cluster[dcn1]", r"seen: .*mon_addresses: \{([\d.]+)\}"),
        ("test_external_key_works_from_central[dcn1]", r"seen: .*: cluster (\S+)"),
        ("test_every_image_has_a_record[dcn1]", r"seen: .*images/(\S+):"),
    ],
)
def test_a_command_shows_what_was_found(failures: dict[str, Failure], test: str, finding: str):
    failure = failures[test]
    found = re.search(finding, failure.said)

    assert found is not None, failure.said
    assert found[1] in failure.printed


def test_no_command_prints_a_key(failures: dict[str, Failure]):
    """But for the caps of a user, which `ceph auth get` shows with its key."""
    about_keys = [name for name in failures if "auth get " not in failures[name].commands]

    assert [name for name in about_keys if re.search(r"AQ[\w+/]{36}==", failures[name].printed)] == []

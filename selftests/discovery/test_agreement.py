"""E6 in the suite: it passes if the environment file agrees, and each mistake fails exactly its own test."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from selftests.discovery.meaning import ROOT
from selftests.simulator.conftest import Running

pytest_plugins = ["selftests.in_process"]

Suite = Callable[..., subprocess.CompletedProcess[str]]
TESTS = "tests/deployment_files/test_environment_file.py"


@pytest.fixture
def suite(deployment: Running, tmp_path: Path) -> Suite:
    """Runs E6 with a changed environment file."""

    def suite(change: Callable[[dict[str, Any]], None], *options: str) -> subprocess.CompletedProcess[str]:
        document = json.loads(json.dumps(deployment.environment))
        change(document["sites"])
        path = deployment.folder / f"{tmp_path.name}.yaml"  # beside the files that it names
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        files = deployment.folder / "deployment-files"
        command = [sys.executable, "-m", "pytest", TESTS, f"--environment={path}", f"--deployment-files={files}"]
        command += ["-v", f"--reports={tmp_path / 'reports'}", "-p", "no:cacheprovider", *options]
        return subprocess.run(  # noqa: S603 - arguments of our own making
            command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
        )

    return suite


def failed(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The failed tests with their sites."""
    return set(re.findall(r"::(\w+\[\S+\]) FAILED", done.stdout))


def test_environment_file_that_agrees_passes(suite: Suite) -> None:
    """The simulator's own file agrees with its deployment, even with other names for the sites."""

    def rename(sites: dict[str, Any]) -> None:
        sites["paris"] = sites.pop("dcn0")

    done = suite(rename)

    assert (done.returncode, failed(done)) == (0, set()), done.stdout
    assert "test_stores_are_the_discovered_ones[paris] PASSED" in done.stdout


def test_each_mistake_fails_exactly_its_test(suite: Suite) -> None:
    """A wrong zone, store or node and a forgotten site are reported with site, expected, seen and a command."""

    def spoil(sites: dict[str, Any]) -> None:
        sites["central"]["availability_zone"] = "nova"
        sites["dcn0"]["store"], sites["dcn0"]["local_store"] = "dcn7", "dcn0"
        node = sites["dcn0"]["nodes"].pop("dcn0-distributedcomputehci-0")
        sites["dcn0"]["nodes"]["dcn0-distributedcomputehci-7"] = node
        del sites["dcn1"]

    done = suite(spoil, "--allow-unreachable")

    assert done.returncode == 1
    assert failed(done) == {
        "test_zone_is_the_discovered_one[central]",
        "test_stores_are_the_discovered_ones[dcn0]",
        "test_nodes_are_the_discovered_ones[dcn0]",
        "test_no_site_is_left_out[all-sites]",
    }, done.stdout
    for said in (
        "expected: central",
        "seen:     nova",
        "store: dcn0",
        "store: dcn7",
        "dcn0-distributedcomputehci-7",
        "reproduce: dcn-verify discover --cloud dcn-sim --deployment-files",
    ):
        assert said in done.stdout, done.stdout


def test_site_of_another_deployment_is_one_failure(suite: Suite) -> None:
    """A site that the deployment does not have is one failure, and the other comparisons of that site are blocked."""

    def add(sites: dict[str, Any]) -> None:
        sites["dcn9"] = {"availability_zone": "dcn9", "nodes": {"dcn9-0": {"address": "127.0.9.9", "roles": []}}}

    done = suite(add, "--allow-unreachable")

    assert (done.returncode, failed(done)) == (1, {"test_site_is_discovered[dcn9]"}), done.stdout
    assert "test_zone_is_the_discovered_one[dcn9] BLOCKED" in done.stdout
    assert "expected: one of the deployment's sites: central, dcn0, dcn1" in done.stdout


def test_demo_checks_the_deployment_files_too(tmp_path: Path) -> None:
    """`dcn-verify demo` has deployment files, so that the claims about them are checked, and all hold."""
    command = [
        *(sys.executable, "-m", "dcn_verify", "demo"),
        "tests/deployment_files",
        "-q",
        "-rs",
        "-p",
        "no:cacheprovider",
    ]
    command.append(f"--reports={tmp_path}")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SKIPPED" not in done.stdout


def test_without_environment_or_files_all_is_skipped(run_here: Suite) -> None:
    """Without an environment file or deployment files, each test is skipped and says what is missing."""
    done = run_here(TESTS, "-rs")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no deployment files given: --deployment-files DIR" in done.stdout
    assert "no environment file given: --environment FILE" in done.stdout
    assert " passed" not in done.stdout

"""A run against a deployment with one API down: a failure of one claim, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("fault", "judged", "needs_it"),
    [
        ("central-glance-answers-500", {"A2", "A3"}, "B1"),
        ("nova-api-down", {"A14"}, "C1"),
        ("cinder-api-down", {"A14"}, "C3"),
    ],
)
def test_what_is_down_is_one_failure(
    start: Any, suite: Any, tmp_path: Path, fault: str, judged: set[str], needs_it: str
):
    with start(tmp_path / "sim", "--dcn", "1", "--fault", f"{fault}:central") as found:
        ended = suite(found.folder / "environment.yaml", "-m", " or ".join((*judged, needs_it)))

    checks = ended.summary["checks"]
    assert ended.exit_code == 1, ended.printed
    assert {check["claim"] for check in checks if check["outcome"] == "failed"} == judged
    assert len({check["test"] for check in checks if check["outcome"] == "failed"}) == 1
    assert {check["outcome"] for check in checks if check["claim"] == needs_it} == {"blocked"}
    assert "Traceback" not in ended.printed
    assert "INTERNALERROR" not in ended.printed


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("dcn-glance-stopped", "CRITICAL glance Unhandled error: glance_store.exceptions.UnknownScheme"),
        ("dcn-glance-answers-500", "ERROR glance.common.wsgi oslo_db.exception.DBConnectionError"),
    ],
)
def test_a_glance_s_own_log_says_why(start: Any, suite: Any, tmp_path: Path, fault: str, reason: str):
    """The Glance's log lines from the time of the run are shown beside the failure, and earlier ones are not."""
    with start(tmp_path / "sim", "--dcn", "1", "--fault", fault) as found:
        ended = suite(found.folder / "environment.yaml", "-m", "A3")

    assert "log of dcn0-distributedcomputehci-0, /var/log/containers/glance/api.log:" in ended.printed
    assert reason in ended.printed
    assert "yesterday's trouble" not in ended.printed


def test_leftovers_are_not_looked_for_where_central_s_glance_is_down(start: Any, suite: Any, tmp_path: Path):
    with start(tmp_path / "sim", "--dcn", "1", "--fault", "central-glance-answers-500:central") as found:
        environment = found.folder / "environment.yaml"
        ran = suite(environment, "-m", "A16")
        command = [sys.executable, "-m", "dcn_verify", "clean", "--environment", environment, "--reports", tmp_path]
        cleaned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603

    said = "what earlier runs have left cannot be looked for: "
    assert (ran.exit_code, cleaned.returncode) == (0, 1)
    assert said in ran.printed
    assert cleaned.stderr.startswith(said)
    assert cleaned.stderr.count("\n") == 1


def test_where_cinder_is_down_a_volume_of_nova_s_may_be_left(start: Any, suite: Any, tmp_path: Path):
    with start(tmp_path / "sim", "--dcn", "1", "--fault", "cinder-api-down:central") as found:
        ended = suite(found.folder / "environment.yaml", "-m", "C1", "-k", "dcn0")

    [leak] = ended.summary["leaks"]
    assert leak["problem"].startswith("cannot tell whether Nova has made any that is left: GET ")
    assert leak["reproduce"] == "openstack --os-cloud dcn-sim volume list --long"

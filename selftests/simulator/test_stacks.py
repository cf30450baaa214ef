"""A18 on the simulator's undercloud: complete, broken, not declared, unreachable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from selftests.simulator.conftest import Ended, run_suite


def rewritten(folder: Path, **keys: object) -> Path:
    """The simulator's environment file with other keys. None removes one."""
    declared = yaml.safe_load((folder / "environment.yaml").read_text()) | keys
    path = folder / "rewritten.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in declared.items() if value is not None}))
    return path


def test_complete_stacks_pass(simulator: Any, suite: Any):
    ended = suite(simulator.folder / "environment.yaml", "-m", "A18")

    assert ended.exit_code == 0, ended.printed
    assert ended.outcomes("A18") == dict.fromkeys(
        (f"test_stack_is_complete[{stack}]" for stack in ("control-plane", "dcn0", "dcn1")), "passed"
    )


@pytest.fixture(scope="module")
def incomplete(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """A run on a deployment where each DCN site's stack is incomplete in a different way."""
    folder = tmp_path_factory.mktemp("incomplete")
    kinds = ("stack-missing", "stack-create-failed", "stack-update-in-progress")
    faults = [f"--fault={kind}:dcn{number}" for number, kind in enumerate(kinds)]
    with start(folder / "sim", "--dcn", "3", *faults) as found:
        return run_suite(folder / "reports", found.folder / "environment.yaml", "-m", "A18")


@pytest.mark.parametrize(
    ("site", "seen"),
    [
        ("dcn0", "no such stack; stacks there: control-plane, dcn1, dcn2"),
        ("dcn1", "CREATE_FAILED"),
        ("dcn2", "UPDATE_IN_PROGRESS"),
    ],
)
def test_an_incomplete_stack_fails_at_its_site(incomplete: Ended, site: str, seen: str):
    assert [cause.rpartition("; seen: ")[2] for cause in incomplete.causes("A18", site)] == [seen]
    assert f"seen:     {seen}\n" in incomplete.printed


def test_only_incomplete_stacks_fail(incomplete: Ended):
    passed = [test for test, outcome in incomplete.outcomes("A18").items() if outcome == "passed"]

    assert incomplete.exit_code == 1
    assert passed == ["test_stack_is_complete[control-plane]"]
    assert "openstack stack list --format json" in incomplete.printed


def test_without_an_undercloud_it_is_skipped_with_the_reason(simulator: Any, suite: Any):
    ended = suite(rewritten(simulator.folder, undercloud=None), "-m", "A18", "-rs")

    assert ended.exit_code == 0, ended.printed
    assert ended.outcomes("A18") == {"test_stack_is_complete[nowhere]": "skipped"}
    assert "the environment file declares no undercloud" in ended.printed


@pytest.mark.parametrize(
    ("undercloud", "said"),
    [
        ({"host": "127.0.0.8"}, "127.0.0.8 (127.0.0.8:22): refused: nothing listens on port 22"),
        ({"host": "undercloud", "rc": "overcloudrc"}, "./overcloudrc: No such file or directory"),
    ],
    ids=["unreachable", "no-rc-file"],
)
def test_an_undercloud_that_cannot_be_asked_is_unknown(simulator: Any, suite: Any, undercloud: Any, said: str):
    ended = suite(rewritten(simulator.folder, undercloud=undercloud), "-m", "A18")

    assert ended.exit_code == 1
    assert set(ended.outcomes("A18").values()) == {"blocked"}
    assert ended.summary["outcomes"]["unknown"] == 1
    assert ended.summary["outcomes"]["failed"] == 0
    assert said in ended.printed

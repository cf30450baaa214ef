"""F5: a run that is killed while it creates leaves its ledger, and the next run removes what that one left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.ledger import Entry, pending
from helpers.wait import wait_until
from selftests.simulator.conftest import run_suite

ROOT = Path(__file__).parents[2]


@pytest.fixture
def deployment(start: Any, tmp_path: Path) -> Iterator[Any]:
    """Central and a DCN site."""
    with start(tmp_path / "sim", "--dcn", "1") as found:
        yield found


@pytest.fixture
def killed(deployment: Any, tmp_path: Path) -> Path:
    """The ledger of a run that was killed as soon as two of its resources had an id."""
    command = [sys.executable, "-m", "pytest", "-q", f"--reports={tmp_path / 'reports'}", "-p", "no:cacheprovider"]
    command += [f"--environment={deployment.folder / 'environment.yaml'}", "tests/images"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as run:  # noqa: S603 - our own module
        try:
            return wait_until(lambda: ledger(tmp_path), lambda path: len(left_by(path)) > 1, timeout=120, what="images")
        finally:
            run.kill()


def ledger(folder: Path) -> Path:
    return next(folder.glob("reports/*/ledger.jsonl"), folder / "no-ledger")


def left_by(path: Path) -> list[Entry]:
    """What the run has asked for, and not seen gone."""
    return [entry for entry in pending(path) if entry.id] if path.exists() else []


def test_the_next_run_removes_what_a_killed_one_left(killed: Path, deployment: Any, tmp_path: Path):
    images = {image.name for image in deployment.connection().image.images()}
    assert {entry.name for entry in left_by(killed)} & images != set()

    ended = run_suite(tmp_path / "reports", deployment.folder / "environment.yaml", "-m", "A5", "-q")

    assert ended.exit_code == 0, ended.printed
    assert pending(killed) == []
    assert list(deployment.connection().image.images()) == []

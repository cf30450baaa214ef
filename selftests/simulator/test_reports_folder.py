"""If the reports folder is removed or replaced during a run, nothing hangs, and the cloud is cleaned up."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.wait import wait_until

ROOT = Path(__file__).parents[2]


def removed(reports: Path) -> None:
    gone = reports.rename(reports.with_name("removed"))  # in one step, because the run continues to write into it
    shutil.rmtree(gone, ignore_errors=True)


def replaced_by_a_file(reports: Path) -> None:
    removed(reports)
    reports.write_text("")


def has_begun(reports: Path) -> bool:
    """Whether the run has requested its first resources."""
    return any(len(ledger.read_text().splitlines()) > 2 for ledger in reports.glob("*/ledger.jsonl"))


def has_tested(reports: Path) -> bool:
    """Whether the run has asked for resources, and all its processes are at work."""
    return has_begun(reports) and any(reports.glob("*/allure-results/*-result.json"))


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("spoil", [removed, replaced_by_a_file])
def test_a_run_without_its_folder_ends_and_cleans_up(
    start: Any, tmp_path: Path, spoil: Callable[[Path], None], workers: str
):
    reports = tmp_path / "reports"
    # not so fast that the run is over before the folder is gone
    with start(tmp_path / "sim", "--dcn", "1", "--speed", "lab") as found:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            f"--reports={reports}",
            "-p",
            "no:cacheprovider",
            "-n",
            workers,
        ]
        command += [f"--environment={found.folder / 'environment.yaml'}", "tests/images"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:  # noqa: S603
            wait_until(lambda: has_tested(reports), bool, timeout=120, what="the first tests", interval=0.05)
            spoil(reports)
            printed, _ = run.communicate(timeout=240)
        left = (list(found.connection().image.images()), found.listed())

    assert run.returncode == 1, printed
    assert left == ([], set())
    assert [line for line in printed.splitlines() if "not written down: " in line][1:] == [], printed
    # which file is found out first varies, and so does the reason
    assert " cannot be written: " in printed, printed
    assert "Traceback" not in printed
    assert "INTERNALERROR" not in printed

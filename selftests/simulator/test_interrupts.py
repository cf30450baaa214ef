"""A run is interrupted: once, and it cleans up and says so everywhere; twice, and it ends, and says how to clean up."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.reports.summary import read
from helpers.wait import wait_until
from selftests.simulator.test_reports_folder import ROOT, has_begun

INTERRUPTED = 2


def interrupted(environment: Path, reports: Path, workers: str, *signals: signal.Signals) -> tuple[int, str]:
    """The exit code, and what a run printed that got these signals after its first requests."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", workers]
    command += [f"--environment={environment}", f"--reports={reports}", "tests/images"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:  # noqa: S603
        wait_until(lambda: has_begun(reports), bool, timeout=120, what="the first images", interval=0.05)
        for number in signals:
            run.send_signal(number)
        printed, _ = run.communicate(timeout=120)
    return run.returncode, printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_run_cleans_up_and_is_never_good(start: Any, tmp_path: Path, number: signal.Signals):
    with start(tmp_path / "sim", "--dcn", "1", "--speed", "lab") as found:
        code, printed = interrupted(found.folder / "environment.yaml", tmp_path / "reports", "2", number)
        left = (list(found.connection().image.images()), found.listed())

    summary = read(tmp_path / "reports/latest/summary.json")
    assert (code, summary.interrupted, summary.good, left) == (INTERRUPTED, True, False, ([], set()))
    assert "interrupted: removing what the run has created (" in printed
    assert "interrupted, not all checks were made: " in printed
    assert "Interrupted: not all checks were made" in (tmp_path / "reports/latest/index.html").read_text()


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_second_signal_ends_the_run_and_names_the_command_that_cleans(start: Any, tmp_path: Path, workers: str):
    with start(tmp_path / "sim", "--dcn", "1", "--speed", "lab") as found:
        environment = found.folder / "environment.yaml"
        code, printed = interrupted(environment, tmp_path / "reports", workers, signal.SIGINT, signal.SIGTERM)
        *_, ended, clean = printed.rstrip().splitlines()
        _, *arguments = shlex.split(clean.removeprefix("to remove what is left: "))
        cleaned = subprocess.run([sys.executable, "-m", "dcn_verify", *arguments], cwd=ROOT, check=False)  # noqa: S603
        left = (list(found.connection().image.images()), found.listed())

    assert (code, cleaned.returncode, left) == (INTERRUPTED, 0, ([], set()))
    assert ended.startswith("ended at once: ")
    assert "Traceback" not in printed

"""No secret leaves a run, even if libraries log everything."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from selftests.simulator.test_reports_folder import ROOT

#: Keystone's tokens as the simulator issues them, and cephx keys.
SECRET = re.compile(r"gAAAA[A-Za-z0-9_-]{20,}|A[Qg][A-Za-z0-9+/]{38,60}=")
LIBRARIES = ("keystoneauth", "openstack", "paramiko")


def test_debug_logs_and_reports_hold_no_secret(start: Any, tmp_path: Path):
    reports = tmp_path / "reports"
    with start(tmp_path / "sim", "--dcn", "1", "--weather", "7", "--weather-kind", "errors") as found:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-vvv", "--log-cli-level=DEBUG"]
        command += [f"--environment={found.folder / 'environment.yaml'}", f"--reports={reports}", "-m", "A1 or B3"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
        entries = yaml.safe_load((found.folder / "clouds.yaml").read_text())["clouds"].values()

    texts = {"stdout": ended.stdout, "stderr": ended.stderr}
    texts |= {str(path): path.read_text() for path in reports.rglob("*") if path.is_file()}
    passwords = [entry["auth"]["password"] for entry in entries]

    assert [library for library in LIBRARIES if f"{library}." not in ended.stdout] == []
    assert {name: SECRET.findall(text)[:1] for name, text in texts.items() if SECRET.search(text)} == {}
    assert [name for name, text in texts.items() if any(password in text for password in passwords)] == []

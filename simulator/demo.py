"""Run the whole acceptance suite against a simulated deployment: `dcn-verify demo [pytest's options]`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from simulator import deployment_files
from simulator.process import DidNotStart, running

_HELP = """\
usage: dcn-verify demo [PYTEST'S OPTION ...]

Runs the whole suite against three simulated sites: no root, no cloud. Every option is one of pytest's.

example:
  dcn-verify demo -k dcn1 -n 2
"""


def main(options: Sequence[str]) -> int:
    """Run pytest against a new simulator. Returns pytest's exit code, or 3 if the simulator does not start."""
    if list(options) in (["-h"], ["--help"]):
        sys.stdout.write(_HELP)
        return 0
    with tempfile.TemporaryDirectory(prefix="dcn-verify-demo-") as folder:
        try:
            with running(Path(folder), "--dcn", "2") as environment:
                given = [f"--environment={environment}", f"--deployment-files={Path(folder, deployment_files.FOLDER)}"]
                suite = [sys.executable, "-m", "pytest", *given, *options]
                return subprocess.run(suite, check=False).returncode  # noqa: S603 - our own module
        except DidNotStart as error:
            sys.stderr.write(f"demo: the simulator did not start: {error}\n")
            return 3

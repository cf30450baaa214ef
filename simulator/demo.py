"""The whole acceptance suite against a simulated deployment: `python -m simulator.demo [pytest's options]`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from simulator import deployment_files
from simulator.process import DidNotStart, running


def main(options: list[str]) -> int:
    """Start a simulator, run pytest against it, end it; returns pytest's exit code, 3 where the simulator fails."""
    with tempfile.TemporaryDirectory(prefix="dcn-verify-demo-") as folder:
        try:
            with running(Path(folder), "--dcn", "2") as environment:
                given = [f"--environment={environment}", f"--deployment-files={Path(folder, deployment_files.FOLDER)}"]
                suite = [sys.executable, "-m", "pytest", *given, *options]
                return subprocess.run(suite, check=False).returncode  # noqa: S603 - our own module
        except DidNotStart as error:
            sys.stderr.write(f"demo: the simulator did not start: {error}\n")
            return 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

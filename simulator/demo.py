"""The whole acceptance suite against a simulated deployment: `python -m simulator.demo [pytest's options]`."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from simulator import deployment_files

_READY = "ready: "


def main(options: list[str]) -> int:
    """Start a simulator, run pytest against it, end it; returns pytest's exit code, 3 where the simulator fails."""
    with tempfile.TemporaryDirectory(prefix="dcn-verify-demo-") as folder:
        command = [sys.executable, "-m", "simulator", "--state", folder, "--dcn", "2", "--speed", "none"]
        simulator = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
        try:
            said = simulator.stdout.readline() if simulator.stdout else ""
            if not said.startswith(_READY):
                sys.stderr.write(f"demo: the simulator did not start: {said or 'it said nothing'}\n")
                return 3
            environment = Path(said.removeprefix(_READY).strip())
            files = environment.parent / deployment_files.FOLDER
            given = [f"--environment={environment}", f"--deployment-files={files}"]
            suite = [sys.executable, "-m", "pytest", *given, *options]
            return subprocess.run(suite, check=False).returncode  # noqa: S603 - our own module
        finally:
            simulator.send_signal(signal.SIGTERM)
            simulator.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

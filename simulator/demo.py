"""Run the whole suite against a simulated deployment: `dcn-verify demo [--world NAME] [pytest's options]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from simulator import deployment_files
from simulator.process import DidNotStart, running
from simulator.worlds import WORLDS, UnknownWorld, listed

_HELP = f"""\
usage: dcn-verify demo [--world NAME] [PYTEST'S OPTION ...]

Runs the whole suite against three simulated sites: no root, no cloud. Every other option is one of pytest's.

worlds:
{listed()}

example:
  dcn-verify demo --world wallaby -k dcn1 -n 2
"""


def main(options: Sequence[str]) -> int:
    """Run pytest against a new simulator.

    Returns pytest's exit code, 3 if the simulator does not start, or 4 for a world that does not exist.
    """
    if list(options) in (["-h"], ["--help"]):
        sys.stdout.write(_HELP)
        return 0
    parser = argparse.ArgumentParser(prog="dcn-verify demo", add_help=False, allow_abbrev=False)
    parser.add_argument("--world")
    known, of_pytest = parser.parse_known_args(options)
    if known.world and known.world not in WORLDS:
        sys.stderr.write(f"demo: {UnknownWorld(known.world)}\n")
        return 4
    of_world = ["--world", known.world] if known.world else []
    with tempfile.TemporaryDirectory(prefix="dcn-verify-demo-") as folder:
        try:
            with running(Path(folder), "--dcn", "2", *of_world) as environment:
                given, files = [f"--environment={environment}"], Path(folder, deployment_files.FOLDER)
                given += [f"--deployment-files={files}"] if files.is_dir() else []
                suite = [sys.executable, "-m", "pytest", *given, *of_pytest]
                return subprocess.run(suite, check=False).returncode  # noqa: S603 - our own module
        except DidNotStart as error:
            sys.stderr.write(f"demo: the simulator did not start: {error}\n")
            return 3

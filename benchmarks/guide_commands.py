"""The whole suite beside the guide's own command lines: `python -m benchmarks.guide_commands`.

Both are done in simulated deployments of three sites at the same speed. The lines are typed one after the other with
the real clients, as the document has its reader do, from "Confirm images may be copied between sites" to its end, and
their answers are read; the suite verifies all its claims. The clients are installed before anything is measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.sites import ROOT, environment, measure
from selftests.guide_commands.clients import make


def typed(speed: str) -> tuple[float, bool]:
    """Seconds for all of the document's lines, and whether each gave the document's answer."""
    command = [sys.executable, "-m", "pytest", "selftests/guide_commands", "-q", "-m", "clients and not lab"]
    begun = time.monotonic()
    ended = subprocess.run(  # noqa: S603 - ours
        [*command, f"--simulator-speed={speed}"], cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, check=False
    )
    return time.monotonic() - begun, ended.returncode == 0


def main(argv: Sequence[str] | None = None) -> int:
    """0 when both have passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guide_commands", description=__doc__)
    parser.add_argument("--speed", default="lab", choices=["none", "lab", "cloud"])
    options = parser.parse_args(argv)
    make()
    reproduce, answered = typed(options.speed)
    suite = measure(3, options.speed, workers=2)
    sys.stdout.write(f"the document's lines  {reproduce:6.1f} s\n")
    sys.stdout.write(f"the suite             {suite.wall:6.1f} s, {suite.checks} checks\n")
    sys.stdout.write(f"ratio                 {reproduce / suite.wall:6.2f}\n")
    if not (answered and suite.passed):
        sys.stdout.write("NOT PASSED\n")
    return 0 if answered and suite.passed else 1


if __name__ == "__main__":
    sys.exit(main())

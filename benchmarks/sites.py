"""How the suite's wall time grows with the number of sites: `python -m benchmarks.sites [--sites 3 10 30 100]`.

For each size and speed of cloud, a simulated deployment is started and the whole suite is run against it. The simulator
takes CPU time too, of the same machine, and is counted apart: with speed `none` its work and the harness's own is all
there is to measure; with `lab` and `cloud` things take as long as they do there, and the harness mostly waits.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.reports.summary import read
from simulator.process import running

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Measured:
    """One run of the suite. Seconds: wall time, CPU time of suite and of simulator, the longest chain of stages."""

    speed: str
    sites: int
    checks: int
    wall: float
    suite_cpu: float
    simulator_cpu: float
    chain: float
    passed: bool


def measure(sites: int, speed: str, workers: int) -> Measured:
    """Run the suite against so many sites, central included."""
    with tempfile.TemporaryDirectory(prefix="dcn-verify-sites-") as folder:
        before = _cpu()
        with running(Path(folder), "--dcn", str(sites - 1), speed=speed) as file:
            begun = time.monotonic()
            command = [sys.executable, "-m", "pytest", f"--environment={file}", f"--reports={folder}/reports"]
            command += ["-q", *(["-n", str(workers)] if workers else [])]
            with Path(folder, "printed.txt").open("w") as output:
                code = subprocess.run(command, cwd=ROOT, env=environment(), stdout=output, check=False).returncode  # noqa: S603 - ours
            wall = time.monotonic() - begun
            after = _cpu()  # the simulator counts once it has ended
        summary = read(Path(folder, "reports/latest/summary.json"))
        checks = sum(count for outcome, count in summary.outcomes.items() if outcome != "skipped")
        cpu = (after - before, _cpu() - after)
        return Measured(speed, sites, checks, wall, *cpu, summary.longest_chain_s, code == 0)


def environment() -> dict[str, str]:
    """Where many runs follow each other, each would compile the whole project anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _cpu() -> float:
    """Seconds of CPU of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _line(one: Measured, smallest: Measured) -> str:
    cpu = one.suite_cpu + one.simulator_cpu
    cells = (
        f"{one.speed:6} {one.sites:5} {one.checks:6} {one.wall:7.1f} {one.wall / smallest.wall:6.2f}",
        f"{one.suite_cpu:7.1f} {one.simulator_cpu:7.1f} {cpu / one.sites:6.2f}",
        f"{cpu / one.wall / (os.cpu_count() or 1):6.0%} {one.chain:7.1f}",
        "" if one.passed else "NOT PASSED",
    )
    return " ".join(cells).rstrip()


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every run has passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sites", description=__doc__)
    parser.add_argument("--sites", type=int, nargs="+", default=[3, 10, 30, 100], help="sizes, central included")
    parser.add_argument("--speed", nargs="+", default=["none", "lab"], choices=["none", "lab", "cloud"])
    parser.add_argument("--workers", type=int, default=2, help="pytest's processes (default 2)")
    options = parser.parse_args(argv)
    sys.stdout.write("speed  sites checks  wall_s  ratio suite_s   sim_s  /site  cores chain_s\n")
    good = True
    for speed in options.speed:
        smallest = None
        for sites in sorted(options.sites):
            one = measure(sites, speed, options.workers)
            smallest = smallest or one
            good = good and one.passed
            sys.stdout.write(_line(one, smallest) + "\n")
            sys.stdout.flush()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

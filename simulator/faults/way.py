"""Detection in the simulator: each fault gets its own simulated deployment, which has the fault from the start."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.catalogue import FAULTS, Fault
from faults.catalogue.where import choose
from faults.detection.results import Observation
from faults.detection.runner import REPORTS, Limits
from faults.detection.seen import Seen
from faults.detection.suite import Suite
from faults.detection.way import Say
from simulator.faults import CHANGES, Change
from simulator.faults import healthy as healthy_deployments
from simulator.faults.changes import candidates
from simulator.process import DidNotStart, running
from simulator.world.build import healthy_world

#: The number of DCN sites: some faults mix up two sites, and a snapshot is copied from one to another.
_DCN = 2


def site_of(change: Change) -> str:
    """Return the name of a change's site in the deployment that has the change."""
    return choose(
        change.site, candidates(healthy_world(_DCN, nodes=change.nodes, speed="none", options=change.options))
    )


class Simulated:
    """Detection of faults in simulated deployments."""

    name = "simulator"
    faults = FAULTS

    @contextmanager
    def prepared(self, say: Say) -> Iterator[None]:
        yield

    def observe(self, fault: Fault) -> Observation:
        """Start a deployment with the fault, run the suite on it, and end it."""
        begun, change = time.monotonic(), CHANGES[fault.name]
        site = site_of(change)
        options = ("--dcn", str(_DCN), "--nodes", str(change.nodes), *change.options, "--fault", f"{fault.name}:{site}")
        reports = (REPORTS / f"detection-{self.name}" / fault.name).absolute()
        with tempfile.TemporaryDirectory(prefix=f"dcn-verify-{fault}-") as folder:
            try:
                with running(Path(folder), *options) as environment:
                    seen = Suite(environment, reports).run(fault.name, read_only=fault.read_only)
            except DidNotStart as error:
                seen = Seen(1, refused=str(error))
        return Observation(fault.name, site, seen, time.monotonic() - begun)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: the cores)")
    parser.add_argument(
        "--healthy", type=int, metavar="N", help="no faults: run the suite N times on deployments that are healthy"
    )


def make(options: argparse.Namespace) -> Simulated:
    return Simulated()


def healthy(count: int, limits: Limits, say: Say) -> bool:
    """Return whether all of `count` runs on healthy deployments passed."""
    done = healthy_deployments.run(count, limits, REPORTS / "healthy-simulator", say)
    passed = sum(not one.why for one in done)
    say(f"{passed} of {len(done)} runs passed, on {len({one.name for one in done})} kinds of healthy deployments")
    return passed == count

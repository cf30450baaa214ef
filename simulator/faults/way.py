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
from faults.catalogue.where import NoSuchSite, choose
from faults.detection.results import Observation
from faults.detection.runner import REPORTS, Limits
from faults.detection.seen import Seen
from faults.detection.suite import Suite
from faults.detection.way import LeftOut, Refused, Say
from simulator.faults import CHANGES, Change
from simulator.faults import healthy as healthy_deployments
from simulator.faults.changes import candidates
from simulator.options import arguments_of, simulated
from simulator.process import DidNotStart, running
from simulator.worlds import WORLDS, UnknownWorld

#: The number of DCN sites: some faults mix up two sites, and a snapshot is copied from one to another.
_DCN = "2"
_PORTS = 20000


def _options(change: Change, world: str | None) -> list[str]:
    """The options of `dcn-verify simulate` for the deployment that has the change."""
    # what fails for the administrator fails for a tenant, and most faults are not about that
    of_world = ["--world", world, "--no-tenant"] if world else []
    return [*of_world, "--dcn", _DCN, "--nodes", str(change.nodes), *change.options]


def site_of(change: Change, world: str | None = None) -> str:
    """Return the name of a change's site in the deployment that has the change. Raises NoSuchSite."""
    arguments = arguments_of(["--state", "-", "--speed", "none", *_options(change, world)])
    return choose(change.site, candidates(simulated(arguments, _PORTS)))


class Simulated:
    """Detection of faults in simulated deployments, which are of the guide's world or of another one."""

    faults = FAULTS

    def __init__(self, world: str | None = None) -> None:
        self._world = world
        self.name = f"simulator-{world}" if world else "simulator"

    @contextmanager
    def prepared(self, say: Say) -> Iterator[None]:
        yield

    def observe(self, fault: Fault) -> Observation:
        """Start a deployment with the fault, run the suite on it, and end it."""
        begun, change = time.monotonic(), CHANGES[fault.name]
        try:
            site = site_of(change, self._world)
        except NoSuchSite as error:
            raise LeftOut(f"{fault}: {error}") from None
        options = (*_options(change, self._world), "--fault", f"{fault.name}:{site}")
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
    parser.add_argument("--world", metavar="NAME", help="in this world; the results are printed, not published")
    parser.add_argument(
        "--healthy", type=int, metavar="N", help="no faults: run the suite N times on deployments that are healthy"
    )


def make(options: argparse.Namespace) -> Simulated:
    if options.world and options.world not in WORLDS:
        raise Refused(str(UnknownWorld(options.world)))
    return Simulated(options.world)


def healthy(count: int, limits: Limits, say: Say) -> bool:
    """Return whether all of `count` runs on healthy deployments passed."""
    done = healthy_deployments.run(count, limits, REPORTS / "healthy-simulator", say)
    passed = sum(not one.why for one in done)
    say(f"{passed} of {len(done)} runs passed, on {len({one.name for one in done})} kinds of healthy deployments")
    return passed == count

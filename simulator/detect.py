"""The detection matrix of the simulator: `dcn-verify detect [--jobs N] [--budget SECONDS] [FAULT …]`.

Each fault of the catalogue gets a simulated deployment of its own, which has it from the start, and a run of the
acceptance suite: only of what creates nothing where the fault is of that kind. Exit code 1 unless all are caught.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from faults.catalogue import FAULTS, Fault, UnknownFault, find
from faults.detection.document import document
from faults.detection.results import Observation, Results, publish
from faults.detection.seen import Seen
from faults.detection.suite import Suite
from faults.detection.tables import matrix, progress
from simulator import healthy
from simulator.faults import CHANGES, Change
from simulator.process import DidNotStart, running

SOURCE = "simulator"
_REPORTS = Path("reports")
_DOCUMENT, _DATA = Path("docs/reference/faults.md"), Path("docs/reference/faults.json")
#: DCN sites of a deployment: some faults mix up two, and a snapshot travels from one to another.
_DCN = 2


def site_of(change: Change) -> str:
    """The name of the site that a change is at, in a deployment of `_DCN` sites."""
    return {"central": "central", "first": "dcn0", "last": f"dcn{_DCN - 1}"}[change.where]


def detect(fault: Fault, reports: Path) -> Observation:
    """Start a deployment that has the fault, run the suite on it, and end it."""
    begun, change = time.monotonic(), CHANGES[fault.name]
    options = ("--dcn", str(_DCN), "--nodes", str(change.nodes), "--fault", fault.name)
    with tempfile.TemporaryDirectory(prefix=f"dcn-verify-{fault}-") as folder:
        try:
            with running(Path(folder), *options) as environment:
                seen = Suite(environment, (reports / fault.name).absolute()).run(fault.name, read_only=fault.read_only)
        except DidNotStart as error:
            seen = Seen(1, refused=str(error))
    return Observation(fault.name, site_of(change), seen, time.monotonic() - begun)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(faults: Sequence[Fault], jobs: int, budget: float | None, results: Results) -> list[Observation]:
    """Look at faults, `jobs` of them at a time; after `budget` seconds no further one is begun."""
    begun, done = time.monotonic(), []

    def look(fault: Fault) -> Observation | None:
        if budget is not None and time.monotonic() - begun > budget:
            return None
        return detect(fault, _REPORTS / f"detection-{SOURCE}")

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for future in as_completed([pool.submit(look, fault) for fault in faults]):
            if (observation := future.result()) is None:
                continue
            results.add(observation)
            done.append(observation)
            for line in progress(observation.detection, len(done), len(faults)):
                _say(line)
    return done


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dcn-verify detect",
        description=__doc__,
        epilog="example:\n  dcn-verify detect central-conf-missing",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("fault", nargs="*", help="only these (default: the whole catalogue)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time (default: the cores)")
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="begin no further fault after this time")
    parser.add_argument("--left", action="store_true", help="only those that were not caught yet")
    parser.add_argument(
        "--healthy", type=int, metavar="N", help="no faults: run the suite N times on deployments that are healthy"
    )
    return parser.parse_args(argv)


def _healthy(count: int, jobs: int, budget: float | None) -> int:
    done = healthy.run(count, jobs, budget, _REPORTS / "healthy-simulator", _say)
    passed = sum(not one.why for one in done)
    _say(f"{passed} of {len(done)} runs passed, on {len({one.name for one in done})} kinds of healthy deployments")
    return 0 if passed == count else 1


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every fault that was asked for is caught, 1 otherwise, 4 for a fault that there is not."""
    arguments = _arguments(argv)
    if arguments.healthy:
        return _healthy(arguments.healthy, arguments.jobs, arguments.budget)
    results = Results(_REPORTS / f"detection-{SOURCE}.json")
    try:
        wanted = [find(name) for name in arguments.fault] or list(FAULTS)
    except UnknownFault as error:
        sys.stderr.write(f"detect: {error}\n")
        return 4
    if arguments.left:
        caught = {one.fault for one in results.in_order() if one.detection.good}
        wanted = [fault for fault in wanted if fault.name not in caught]
    done = run(wanted, arguments.jobs, arguments.budget, results)
    _DOCUMENT.write_text(document(publish(_DATA, SOURCE, done)), encoding="utf-8")
    looked_at = {one.fault for one in done}
    detections = [one.detection for one in results.in_order() if one.fault in looked_at]
    table = matrix(detections)
    _REPORTS.mkdir(parents=True, exist_ok=True)
    (_REPORTS / f"detection-{SOURCE}.txt").write_text(matrix([one.detection for one in results.in_order()]) + "\n")
    _say(table)
    caught_now = sum(one.good for one in detections)
    left = len(wanted) - len(done)
    _say(
        f"{caught_now} of {len(done)} caught; {results.file}, {_DOCUMENT}" + (f"; {left} not looked at" if left else "")
    )
    return 0 if caught_now == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main())

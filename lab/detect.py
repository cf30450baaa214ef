"""Break the lab in every way it knows, run the acceptance suite each time, and heal it again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from faults.catalogue import Fault
from faults.detection.results import Observation, Results
from faults.detection.seen import Seen
from faults.detection.suite import Suite
from faults.detection.tables import progress
from faults.detection.verdicts import Detection, in_order
from lab.command import CommandError
from lab.faults.healing import broken, heal, remove_orphans
from lab.faults.lab import FaultError, Lab
from lab.faults.registry import break_lab, place
from lab.faults.scope import scope
from lab.plan import PlanError
from lab.poll import NotReadyError

#: What a fault is looked for by says its scope.
LabSuite = partial(Suite, tests=())
_OK = 0

Say = Callable[[str], None]


class UnhealthyError(RuntimeError):
    """The suite does not pass on the lab as it is: nothing can be learnt from breaking it."""


def check_healthy(suite: Suite) -> None:
    """Run the whole suite once; raises UnhealthyError unless all of it passes."""
    seen = suite.run("healthy", read_only=False, options=["tests"])
    if seen.exit_code != _OK:
        bad = ", ".join(in_order(seen.failed | seen.blocked | seen.unknown))
        raise UnhealthyError(f"the healthy lab does not pass: {seen.refused or bad}; see {suite.reports}/healthy.txt")


def detect(lab: Lab, fault: Fault, suite: Suite, wanted_site: str | None = None) -> Observation:
    """Break, look, heal; and remove what the suite could not remove meanwhile.

    :raises PlanError: a lab of this layout has nothing that could be broken so
    """
    begun = time.monotonic()
    where = place(fault, lab.plan, wanted_site)
    site = where.name
    try:
        break_lab(lab, fault.name, site)
        seen = suite.run(fault.name, read_only=fault.read_only, options=scope(fault, site, central=where.central))
    except (FaultError, CommandError, NotReadyError, OSError) as error:
        seen = Seen(1, refused=f"the fault could not be brought about: {str(error).splitlines()[0]}")
    finally:
        heal(lab)
    if seen.leaks or not (seen.run or fault.read_only):
        suite.clean_leftovers()
        remove_orphans(lab)
    return Observation(fault.name, site, seen, time.monotonic() - begun)


def run(
    lab: Lab,
    faults: Sequence[Fault],
    suite: Suite,
    results: Results,
    say: Say,
    *,
    wanted_site: str | None = None,
    budget: float | None = None,
    healthy: bool = True,
) -> list[Detection]:
    """Look at faults one after the other; after `budget` seconds no further one is begun.

    What a lab of this layout cannot be broken by is left out.

    :raises UnhealthyError: the suite does not pass before anything is broken
    """
    begun = time.monotonic()
    if broken(lab):
        heal(lab)
    if healthy:
        say("healthy lab: the whole suite has to pass first")
        check_healthy(suite)
    done: list[Detection] = []
    for number, fault in enumerate(faults, 1):
        if budget is not None and time.monotonic() - begun > budget:
            say(f"the budget is spent: {len(faults) - number + 1} faults were not looked at")
            break
        try:
            observation = detect(lab, fault, suite, wanted_site)
        except PlanError as error:
            say(f"{number:3}/{len(faults)} left out: {error}")
            continue
        results.add(observation)
        done.append(observation.detection)
        for line in progress(observation.detection, number, len(faults)):
            say(line)
    return done

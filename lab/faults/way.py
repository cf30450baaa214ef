"""Detection in the lab: break the lab, run the acceptance suite, and heal the lab again."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from faults.catalogue import Fault
from faults.detection.results import Observation
from faults.detection.runner import REPORTS
from faults.detection.seen import Seen
from faults.detection.suite import Suite
from faults.detection.verdicts import in_order
from faults.detection.way import LeftOut, Refused, Say
from lab.command import CommandError
from lab.faults.healing import broken, heal, remove_orphans
from lab.faults.lab import FaultError, Lab
from lab.faults.registry import available, break_lab, place
from lab.faults.scope import impatient, scope
from lab.plan import PlanError
from lab.poll import NotReadyError
from lab.state import DEFAULT_STATE, State, StateError


@dataclass(frozen=True)
class InTheLab:
    """Detection of faults in the lab. `wanted_site` is the site of all faults, if given."""

    lab: Lab
    suite: Suite
    wanted_site: str | None = None
    check_healthy: bool = True

    name = "lab"

    @property
    def faults(self) -> tuple[Fault, ...]:
        return available()

    @contextmanager
    def prepared(self, say: Say) -> Iterator[None]:
        """Reserve the lab and make it healthy. SIGTERM heals the lab, as Ctrl-C does."""
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            with self.lab.state.only_one():
                self._make_healthy(say)
                yield
        except (FaultError, StateError, CommandError) as error:
            raise Refused(str(error)) from error
        except KeyboardInterrupt:
            if broken(self.lab):
                say("the lab is still broken: undo it with `dcn-verify lab heal`")
            raise

    def _make_healthy(self, say: Say) -> None:
        if found := broken(self.lab):
            say(f"broken already: {found.fault} at {found.site}; healing that first")
            heal(self.lab)
        if self.check_healthy:
            say("healthy lab: the whole suite has to pass first")
            seen = self.suite.run("healthy", read_only=False, options=["tests"])
            if seen.exit_code:
                bad = seen.refused or ", ".join(in_order(seen.failed | seen.blocked | seen.unknown))
                raise Refused(f"the healthy lab does not pass: {bad}; see {self.suite.reports}/healthy.txt", 1)

    def observe(self, fault: Fault) -> Observation:
        """Break the lab, run the suite, heal the lab, and remove what the suite could not remove in the meantime."""
        begun = time.monotonic()
        try:
            where = place(fault, self.lab.plan, self.wanted_site)
            seen = self._seen(fault, where.name, central=where.central)
        except PlanError as error:
            raise LeftOut(str(error)) from None
        if seen.leaks or not (seen.run or fault.read_only):
            self.suite.clean_leftovers()
            remove_orphans(self.lab)
        return Observation(fault.name, where.name, seen, time.monotonic() - begun)

    def _seen(self, fault: Fault, site: str, *, central: bool) -> Seen:
        try:
            break_lab(self.lab, fault.name, site)
            options = scope(fault, site, central=central)
            return self.suite.run(fault.name, read_only=fault.read_only, options=options)
        except (FaultError, CommandError, NotReadyError, OSError) as error:
            return Seen(1, refused=f"the fault could not be brought about: {str(error).splitlines()[0]}")
        finally:
            heal(self.lab)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=int, default=1, choices=[1], help="a lab can be broken in one way at a time")
    parser.add_argument("--site", help="where (default: central or the last DCN site, by the fault's kind)")
    parser.add_argument("--environment", type=Path, metavar="FILE", help="environment file (default: the lab's)")
    parser.add_argument("--skip-healthy", action="store_true", help="do not run the suite on the healthy lab first")
    parser.add_argument(
        "--state",
        type=Path,
        default=DEFAULT_STATE,
        metavar="DIR",
        help=f"the lab's folder (default: {DEFAULT_STATE})",
    )


def make(options: argparse.Namespace) -> InTheLab:
    """Return the lab that the options name. Raises Refused if there is no lab, or if it has no such site."""
    state = State(options.state.absolute())
    try:
        lab = Lab(state.plan(), state)
        if options.site:
            lab.plan.site(options.site)
        environment = impatient((options.environment or state.environment).absolute())
    except (StateError, PlanError, OSError) as error:
        raise Refused(str(error)) from None
    suite = Suite(environment, (REPORTS / "detection-lab").absolute(), tests=())
    return InTheLab(lab, suite, options.site, not options.skip_healthy)

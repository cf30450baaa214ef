"""The commands `break`, `heal`, `faults` and `detect`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from faults.catalogue import UnknownFault, find
from faults.detection.document import document
from faults.detection.results import Results, publish
from faults.detection.tables import matrix
from faults.detection.verdicts import in_order
from lab import detect
from lab.faults.healing import broken, heal
from lab.faults.lab import FaultError, Lab
from lab.faults.registry import available, break_lab
from lab.faults.scope import impatient
from lab.plan import Plan
from lab.state import State

AddCommand = Callable[[str, object, str], argparse.ArgumentParser]
GetPlan = Callable[[argparse.Namespace], tuple[Plan, State]]

_REPORTS = Path("reports")
_DOCUMENT, _DATA = Path("docs/reference/faults.md"), Path("docs/reference/faults.json")


def add_commands(command: AddCommand, get_plan: GetPlan) -> None:
    """Add the commands to the lab's command line; `get_plan` finds the lab that the options name."""

    def lab(options: argparse.Namespace) -> Lab:
        return Lab(*get_plan(options))

    breaks = command("break", lambda options: _break(lab(options), options), "break the lab; `heal` undoes it")
    breaks.add_argument("fault", help="its name, as `faults` lists it")
    breaks.add_argument("--site", help="where (default: central or the last DCN site, by the fault's kind)")
    command("heal", lambda options: _heal(lab(options)), "undo what is broken, also after a crash")
    command("faults", lambda options: _faults(), "list the ways in which the lab can be broken")
    looks = command(
        "detect",
        lambda options: _detect(lab(options), options),
        "break the lab in every known way, and see whether the right claims fail; exit code 1 if not",
    )
    looks.add_argument("fault", nargs="*", help="only these (default: all)")
    looks.add_argument("--site", help="where (default: central or the last DCN site, by the fault's kind)")
    looks.add_argument("--environment", type=Path, metavar="FILE", help="environment file (default: the lab's)")
    looks.add_argument("--jobs", type=int, default=1, choices=[1], help="a lab can be broken in one way at a time")
    looks.add_argument("--budget", type=float, metavar="SECONDS", help="begin no further fault after this time")
    looks.add_argument("--skip-healthy", action="store_true", help="do not run the suite on the healthy lab first")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _break(lab: Lab, options: argparse.Namespace) -> int:
    with lab.state.only_one():
        fault, site = break_lab(lab, options.fault, options.site)
    _say(f"{fault} at {site.name}: {fault.title}")
    _say(f"must be found by {' '.join(in_order(fault.must))}; undo it with `dcn-verify lab heal`")
    return 0


def _heal(lab: Lab) -> int:
    with lab.state.only_one():
        found = heal(lab)
    _say(f"healed: {found.fault} at {found.site}" if found else "nothing is broken")
    return 0


def _faults() -> int:
    known = available()
    width = max(len(fault.name) for fault in known)
    for fault in known:
        _say(f"{fault.name:{width}}  {' '.join(in_order(fault.must)):8}  {fault.title}")
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _detect(lab: Lab, options: argparse.Namespace) -> int:
    known = available()
    try:
        wanted = [find(name, known) for name in options.fault] or list(known)
    except UnknownFault as error:
        raise FaultError(str(error)) from None
    if options.site:
        lab.plan.site(options.site)
    environment = impatient((options.environment or lab.state.environment).absolute())
    suite = detect.LabSuite(environment, (_REPORTS / "detection").absolute())
    results = Results(_REPORTS / "detection-lab.json")
    # A polite end of the process heals, as Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)
    with lab.state.only_one():
        if found := broken(lab):
            _say(f"broken already: {found.fault} at {found.site}; healing that first")
        try:
            done = detect.run(
                lab,
                wanted,
                suite,
                results,
                _say,
                wanted_site=options.site,
                budget=options.budget,
                healthy=not options.skip_healthy,
            )
        except detect.UnhealthyError as error:
            sys.stderr.write(f"lab: {error}\n")
            return 1
        except KeyboardInterrupt:
            left = "; the lab is still broken: `dcn-verify lab heal`" if broken(lab) else ""
            sys.stderr.write(f"lab: interrupted{left}\n")
            return 130
    looked_at = {one.fault for one in done}
    both = publish(_DATA, "lab", [one for one in results.in_order() if one.fault in looked_at])
    _DOCUMENT.write_text(document(both), encoding="utf-8")
    _say(matrix(done))
    good = [one for one in done if one.good]
    _say(f"{len(good)} of {len(done)} caught; {results.file}, {_DOCUMENT}")
    return 0 if len(good) == len(done) else 1

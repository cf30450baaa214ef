"""The commands `break`, `heal` and `faults`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from faults.detection.verdicts import in_order
from lab.faults.healing import heal
from lab.faults.lab import Lab
from lab.faults.registry import available, break_lab
from lab.plan import Plan
from lab.state import State

AddCommand = Callable[[str, object, str], argparse.ArgumentParser]
GetPlan = Callable[[argparse.Namespace], tuple[Plan, State]]


def add_commands(command: AddCommand, get_plan: GetPlan) -> None:
    """Add the commands to the lab's command line; `get_plan` finds the lab that the options name."""

    def lab(options: argparse.Namespace) -> Lab:
        return Lab(*get_plan(options))

    breaks = command("break", lambda options: _break(lab(options), options), "break the lab; `heal` undoes it")
    breaks.add_argument("fault", help="its name, as `faults` lists it")
    breaks.add_argument("--site", help="where (default: central or the last DCN site, by the fault's kind)")
    command("heal", lambda options: _heal(lab(options)), "undo what is broken, also after a crash")
    command("faults", lambda options: _faults(), "list the ways in which the lab can be broken")


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

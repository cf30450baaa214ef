"""Bring about each known fault, run the acceptance suite on it, and see that the right claims fail."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import NoReturn

from faults.catalogue import Fault, UnknownFault, find
from faults.detection.runner import Limits, results_of, run
from faults.detection.way import Refused, Way

#: Modules with `add_options(parser)`, `make(options)` and perhaps `healthy(count, limits, say)`. They are imported when
#: one is asked for: simulator and lab build upon this package, not the other way round.
_SIMULATOR, _LAB = "simulator.faults.way", "lab.faults.way"
_CAUGHT, _NOT_CAUGHT, _INTERRUPTED = 0, 1, 130
_EPILOG = """\
examples:
  dcn-verify detect copy-never-arrives             one fault, in a simulated deployment
  dcn-verify detect --jobs 4 --left                the whole catalogue, but for what is caught already
  dcn-verify detect --healthy 6                    no fault: six healthy deployments, each of another kind
  dcn-verify detect --lab central-conf-missing     one fault, in the lab on this machine

`dcn-verify detect --lab --help` lists the options of the lab. The exit code is 0 when every fault was caught, 1 when
one was not, 4 for a request that cannot be met.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(Refused("").exit_code, f"detect: {message}; see `{self.prog} --help`\n")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _wanted(way: Way, names: Sequence[str], *, left: bool) -> list[Fault]:
    try:
        wanted = [find(name, way.faults) for name in names] or list(way.faults)
    except UnknownFault as error:
        raise Refused(str(error)) from None
    caught = {one.fault for one in results_of(way).in_order() if one.detection.good} if left else set()
    return [fault for fault in wanted if fault.name not in caught]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every fault that was asked for is caught, 1 otherwise, 4 for a request that cannot be met."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    module = importlib.import_module(_LAB if "--lab" in given else _SIMULATOR)
    parser = _Parser(
        prog="dcn-verify detect",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("fault", nargs="*", metavar="FAULT", help="only these (default: all that can be brought about)")
    parser.add_argument("--lab", action="store_true", help="in the lab on this machine, not in the simulator")
    parser.add_argument("--budget", type=float, metavar="SECONDS", help="begin no further fault after this time")
    parser.add_argument("--left", action="store_true", help="only those that were not caught yet")
    parser.set_defaults(healthy=None, world=None)
    module.add_options(parser)
    options = parser.parse_args(given)
    if options.healthy and options.world:
        parser.error("--healthy has all worlds among its deployments: leave out --world")
    limits = Limits(options.jobs, options.budget)
    try:
        if options.healthy:
            return _CAUGHT if module.healthy(options.healthy, limits, _say) else _NOT_CAUGHT
        way: Way = module.make(options)
        wanted = _wanted(way, options.fault, left=options.left)
        return _CAUGHT if run(way, wanted, limits, _say, published=not options.world) else _NOT_CAUGHT
    except Refused as error:
        sys.stderr.write(f"detect: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("detect: interrupted\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

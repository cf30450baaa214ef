"""Removes what killed or interrupted runs left in a cloud. Nothing without the id of a run is ever deleted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.environment import BadEnvironment, load_environment
from helpers.redact import redact
from helpers.runs.deployment import NotReady, connect
from helpers.runs.leftovers import clean, find


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit code 0 when nothing is left, 1 when something is or may be, 4 for bad input."""
    parser = argparse.ArgumentParser(
        prog="dcn-verify clean",
        description=__doc__,
        epilog="example:\n  dcn-verify clean --environment environment.yaml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--environment", type=Path, required=True, metavar="FILE", help="the deployment that they ran on"
    )
    parser.add_argument(
        "--reports", type=Path, default=Path("reports"), metavar="DIR", help="the runs' reports (default: reports)"
    )
    options = parser.parse_args(arguments)
    try:
        # a node that does not answer must not prevent the removal of what can be removed
        deployment = connect(load_environment(options.environment), allow_unreachable=True)
    except (BadEnvironment, NotReady) as error:
        sys.stderr.write(f"{error}\n")
        return 4
    try:
        found = find(options.reports.resolve(), deployment)
        cleaned = clean(found, deployment)
    finally:
        deployment.close()
    for remark in found.remarks:
        sys.stderr.write(redact(f"{remark}\n"))
    for one in cleaned:
        sys.stdout.write(redact("".join(f"{line}\n" for line in one.lines)))
    for resource in found.foreign:
        sys.stdout.write(redact(f"of a run not known here, left alone: {resource}\n"))
    if found.complete and not found.runs and not found.foreign:
        sys.stdout.write("nothing was left\n")
    return 0 if found.complete and not any(one.leaks for one in cleaned) else 1

"""Compare a new record with the kept one, or join them: `python -m simulator.record {compare,join} NEW KNOWN`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulator.record.compare import changes, gaps, unique
from simulator.record.record import BadRecord, Record


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulator.record", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    compare = commands.add_parser("compare", help="what a new record has that the kept one does not allow")
    compare.add_argument("new", type=Path)
    compare.add_argument("known", type=Path)
    join = commands.add_parser("join", help="add the answers of a new record to the kept one: both are the same lab's")
    join.add_argument("new", type=Path)
    join.add_argument("known", type=Path)
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Return 0 if the records agree, 1 if an answer has changed its shape, and 4 for a file that is not a record."""
    arguments = _arguments(argv)
    try:
        new, known = Record.read(arguments.new), Record.read(arguments.known)
    except BadRecord as error:
        sys.stderr.write(f"{error}\n")
        return 4
    if arguments.command == "join":
        known.join(new)
        known.write(arguments.known)
        return 0
    changed = unique(changes(known, new))
    unseen = unique(gaps(known, new))
    for difference in changed:
        sys.stdout.write(f"changed: {difference.line('record', 'now')}\n")
    for difference in unseen:
        sys.stdout.write(f"seen by one only: {difference.line('record', 'now')}\n")
    sys.stdout.write(f"{len(changed)} changed, {len(unseen)} seen by one only\n")
    if changed:
        sys.stdout.write(f"where the lab is right: python -m simulator.record join {arguments.new} {arguments.known}\n")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())

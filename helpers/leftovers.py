"""What killed runs have left: found by their ledgers, and by the names in the cloud; removed by the next run.

`python -m helpers.leftovers --environment FILE` does it alone (`make clean-leftovers`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.answers import API_ERRORS, in_words
from helpers.cleanup import Leak, remove
from helpers.deployment import Deployment, NotReady, connect
from helpers.environment import BadEnvironment, load_environment
from helpers.ledger import Entry, Ledger, pending
from helpers.run import PREFIX, Run, run_id_in

_CLOUD = "cloud.json"


def lock(run: Run) -> FileLock:
    """The lock that a run's process holds as long as it lives."""
    return FileLock(run.folder / "lock")


@dataclass(frozen=True)
class Leftovers:
    """What dead runs left: `runs` are known here by their ledger; `foreign` resources carry an id not known here."""

    runs: tuple[Run, ...]
    foreign: tuple[str, ...]


class NotLookedFor(Exception):
    """Central's Glance does not list its images; the message says what it answers."""


def find(reports: Path, deployment: Deployment) -> Leftovers:
    """Look for what earlier runs left. A run whose process lives holds its lock, and is left alone.

    An image that carries the id of a run known here is put into that run's ledger, should it be missing there.

    :raises NotLookedFor: Glance does not answer as it must
    """
    runs = (Run(folder) for folder in reports.glob("*-*-*"))
    here = {run.id: run for run in runs if _cloud(run) == deployment.cloud.auth_url}
    foreign: list[str] = []
    try:
        images = deployment.cloud.glance(deployment.environment.central).owned(PREFIX + ".")
    except API_ERRORS as error:
        raise NotLookedFor(f"what earlier runs have left cannot be looked for: {in_words(error)}") from error
    for image_id, name in images:
        run_id = run_id_in(name)
        if run_id in here:
            listed = {entry.id for entry in pending(here[run_id].folder / "ledger.jsonl")}
            if image_id not in listed and not _alive(here[run_id]):
                here[run_id].ledger.plan("image", name, id=image_id)
        elif run_id is not None:
            foreign.append(f"image {name} {image_id}")
    dead = [run for run in here.values() if pending(run.folder / "ledger.jsonl") and not _alive(run)]
    return Leftovers(tuple(dead), tuple(foreign))


def note_cloud(run: Run, deployment: Deployment) -> None:
    """Write down on which cloud a run creates what its ledger names; before it creates anything."""
    (run.folder / _CLOUD).write_text(json.dumps({"cloud": deployment.cloud.auth_url}))


def _cloud(run: Run) -> str | None:
    """None for a run that was killed before it had written it down, and so before it created anything."""
    try:
        found: str | None = json.loads((run.folder / _CLOUD).read_text())["cloud"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found


def _alive(run: Run) -> bool:
    held = lock(run)
    try:
        held.acquire(blocking=False)
    except Timeout:
        return True
    held.release()
    return False


def clean(leftovers: Leftovers, deployment: Deployment) -> Iterator[tuple[Run, list[Entry], list[Leak]]]:
    """Remove what dead runs left; yields each run, what it had left, and what could not be removed."""
    for run in leftovers.runs:
        with lock(run):
            yield run, run.ledger.pending(), remove(Ledger(run.folder / "ledger.jsonl"), deployment)


def main(arguments: list[str] | None = None) -> int:
    """The command line; exit code 0 when nothing is left, 1 when something is or may be, 4 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m helpers.leftovers", description=__doc__)
    parser.add_argument("--environment", type=Path, required=True)
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    options = parser.parse_args(arguments)
    try:
        deployment = connect(load_environment(options.environment))
    except (BadEnvironment, NotReady) as error:
        sys.stderr.write(f"{error}\n")
        return 4
    try:
        found = find(options.reports.resolve(), deployment)
    except NotLookedFor as error:
        sys.stderr.write(f"{error}\n")
        return 1
    left = False
    for run, entries, leaks in clean(found, deployment):
        sys.stdout.write(f"{run.id}: {len(entries) - len(leaks)} of {len(entries)} leftovers removed\n")
        for leak in leaks:
            left = True
            sys.stdout.write(f"  {leak.kind} {leak.name}: {leak.problem}\n    by hand: {leak.by_hand}\n")
    for resource in found.foreign:
        sys.stdout.write(f"of a run not known here, left alone: {resource}\n")
    if not found.runs and not found.foreign:
        sys.stdout.write("nothing was left\n")
    deployment.close()
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

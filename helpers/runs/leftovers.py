"""What killed runs have left, found by their ledgers and by names in the cloud. The next run removes it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import openstack.exceptions
from filelock import FileLock, Timeout

from helpers.openstack.answers import API_ERRORS, in_words
from helpers.runs.cleanup import remove_all
from helpers.runs.deployment import Deployment
from helpers.runs.leak import Leak
from helpers.runs.ledger import Entry
from helpers.runs.resources import kinds
from helpers.runs.run import PREFIX, Run, run_id_in

_CLOUD = "cloud.json"


def lock(run: Run) -> FileLock:
    """The lock that the process of a run holds while it lives."""
    return FileLock(run.folder / "lock")


@dataclass(frozen=True)
class Leftovers:
    """What dead runs left: `runs` have a ledger here; `foreign` resources have the id of a run without one.

    `remarks` say what could not be read or listed. If `complete` is False, something may have been missed.
    """

    runs: tuple[Run, ...]
    foreign: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    complete: bool = True


@dataclass(frozen=True)
class Cleaned:
    """A dead run, what it had left, and what of that could not be removed or is not known to be gone."""

    run: Run
    entries: tuple[Entry, ...]
    leaks: tuple[Leak, ...]

    @property
    def lines(self) -> list[str]:
        """The result as lines of text."""
        left = {entry.key for entry in self.run.ledger.pending()}
        removed = sum(entry.key not in left for entry in self.entries)
        told = [f"leftovers of run {self.run.id}: {removed} of {len(self.entries)} removed"]
        for leak in self.leaks:
            told += [f"  {leak.kind} {leak.name}: {leak.problem}", f"    reproduce: {leak.reproduce}"]
        return told + [line for line in [self.run.ledger.unwritten] if line]


def find(reports: Path, deployment: Deployment) -> Leftovers:
    """Find what earlier runs left. Runs whose process still lives hold their lock, and are not touched.

    A resource with the id of a run that has a ledger here is added to that ledger if it is missing: images always,
    other kinds if the ledger is damaged.
    """
    runs = (Run(folder) for folder in reports.glob("*-*-*"))
    here = {run.id: run for run in runs if _cloud(run) == deployment.cloud.auth_url}
    foreign, remarks, dead = [], [], {}
    complete = True
    try:
        images = deployment.cloud.glance(deployment.environment.central).owned(PREFIX + ".")
    except API_ERRORS as error:
        remarks.append(f"what earlier runs have left cannot be looked for: {in_words(error)}")
        images, complete = [], False
    for image_id, name in images:
        run_id = run_id_in(name)
        if run_id in here:
            if not _alive(here[run_id]):
                _note(here[run_id], "image", name, image_id)
        elif run_id is not None:
            foreign.append(f"image {name} {image_id}")
    for run in here.values():
        ledger = run.ledger
        if (ledger.pending() or ledger.damage) and not _alive(run):
            dead[run.id] = run
            if ledger.damage:
                unseen = [problem for problem in _find_by_name(run, deployment) if problem]
                complete = complete and not unseen
                remarks.append("; ".join([f"{ledger.damage}; what carries its id is looked for by name", *unseen]))
    return Leftovers(tuple(dead.values()), tuple(foreign), tuple(remarks), complete)


def _find_by_name(run: Run, deployment: Deployment) -> Iterator[str]:
    """Add every resource with the run's id to its ledger. Yields why a kind could not be listed."""
    for kind, resources in kinds(deployment).items():
        prefixes = (run.name(""), f"snapshot for {run.name('')}")
        try:
            for id, name in resources.named(""):
                if name.startswith(prefixes):
                    _note(run, kind, name, id)
        except openstack.exceptions.ServiceDisabledException:  # a cloud without Cinder
            continue
        except API_ERRORS as error:
            yield f"{kind}s cannot be looked for: {in_words(error)}"


def _note(run: Run, kind: str, name: str, id: str) -> None:
    if id not in {entry.id for entry in run.ledger.pending()}:
        run.ledger.adopt(kind, name, id)


def note_cloud(run: Run, deployment: Deployment) -> None:
    """Write down the cloud in which a run creates the resources of its ledger, before it creates any."""
    (run.folder / _CLOUD).write_text(json.dumps({"cloud": deployment.cloud.auth_url}))


def _cloud(run: Run) -> str | None:
    """The cloud of a run; None if it was killed before it wrote it down, and so before it created anything."""
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
    except OSError:  # the directory cannot be written, so no run is active in it
        return False
    held.release()
    return False


def clean(leftovers: Leftovers, deployment: Deployment) -> list[Cleaned]:
    """Remove what all dead runs have left, all at the same time."""
    if not leftovers.runs:
        return []
    with contextlib.ExitStack() as held:
        for run in leftovers.runs:
            with contextlib.suppress(OSError):
                held.enter_context(lock(run))
        before = {run.id: tuple(run.ledger.pending()) for run in leftovers.runs}
        leaks = remove_all([run.ledger for run in leftovers.runs], deployment)
        for run in leftovers.runs:
            if run.ledger.damage and leftovers.complete and not run.ledger.pending():
                _set_aside(run)
    return [Cleaned(run, before[run.id], tuple(leaks[run.ledger.path])) for run in leftovers.runs]


def _set_aside(run: Run) -> None:
    """Rename a damaged ledger whose resources are all gone, so that it is reported only once, and kept."""
    with contextlib.suppress(OSError):
        run.ledger.path.rename(run.ledger.path.with_suffix(".damaged"))

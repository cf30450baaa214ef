"""Removing what runs have created: newest first, and not done until it is gone from the API and from every cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import openstack.exceptions

from helpers.deployment import Deployment
from helpers.glance import Glance
from helpers.ledger import Entry, Ledger
from helpers.redact import redact
from helpers.remote import CommandFailed, DeadlinePassed, Unreachable
from helpers.wait import WaitFailed, wait_until

_CANNOT_LOOK = (Unreachable, DeadlinePassed, CommandFailed)


@dataclass(frozen=True)
class Leak:
    """Something of a run that could not be removed, or cannot be shown to be gone; `by_hand` removes or shows it."""

    kind: str
    name: str
    id: str | None
    problem: str
    by_hand: str


class Kind(Protocol):
    """One kind of resource: how to ask for its deletion, and how to see whether it is still there."""

    def delete(self, entry: Entry) -> None: ...

    def exists(self, entry: Entry) -> bool: ...

    def by_hand(self, entry: Entry) -> str: ...


@dataclass(frozen=True)
class Images:
    """Images, by central's Glance."""

    glance: Glance

    def delete(self, entry: Entry) -> None:
        self.glance.delete(entry.id or "")

    def exists(self, entry: Entry) -> bool:
        return self.glance.image(entry.id or "") is not None

    def by_hand(self, entry: Entry) -> str:
        return self.glance.delete_by_hand(entry.id or "")


def kinds(deployment: Deployment) -> Mapping[str, Kind]:
    """Every kind of resource, in the order in which they have to go."""
    return {"image": Images(deployment.cloud.glance(deployment.environment.central))}


def remove(ledger: Ledger, deployment: Deployment) -> list[Leak]:
    """Remove everything pending in a ledger, kind by kind and newest first; what is seen gone is noted there.

    A kind's deletions are all asked for before the first one is waited for: the cloud works on them side by side.
    """
    leaks: list[Leak] = []
    gone: list[Entry] = []
    pending = ledger.pending()
    for name, kind in kinds(deployment).items():
        entries = [entry for entry in pending if entry.kind == name]
        with ThreadPoolExecutor(max_workers=deployment.environment.limits.central) as pool:
            problems = list(pool.map(lambda entry, kind=kind: _remove(entry, kind, deployment), entries))
        for entry, problem in zip(entries, problems, strict=True):
            if problem:
                leaks.append(Leak(name, entry.name, entry.id, redact(problem), kind.by_hand(entry)))
            else:
                gone.append(entry)
    in_clusters, blind = _wait_gone_from_clusters(gone, deployment)
    for entry in gone:
        places = [place for place in in_clusters if entry.id and entry.id in place]
        if places:
            problem = f"deleted by the API, but still there: {', '.join(places)}"
            leaks.append(Leak(entry.kind, entry.name, entry.id, problem, in_clusters[places[0]]))
        elif blind:
            leaks.append(Leak(entry.kind, entry.name, entry.id, f"cannot tell whether it is gone: {blind}", ""))
        else:
            ledger.gone(entry)
    return leaks


def _remove(entry: Entry, kind: Kind, deployment: Deployment) -> str | None:
    try:
        kind.delete(entry)
        wait_until(
            lambda: kind.exists(entry),
            lambda exists: not exists,
            timeout=deployment.environment.timeouts.delete,
            what=f"deletion of {entry.kind} {entry.name}",
        )
    except (openstack.exceptions.SDKException, WaitFailed) as error:
        return " ".join(str(error).split())
    return None


def _wait_gone_from_clusters(entries: list[Entry], deployment: Deployment) -> tuple[dict[str, str], str]:
    ids = {entry.id for entry in entries if entry.id}
    if not ids:
        return {}, ""
    last: dict[str, str] = {}
    try:
        wait_until(
            lambda: remains(ids, deployment),
            lambda found: not found,
            timeout=min(30, deployment.environment.timeouts.delete),
            what="removal of the run's data from the clusters",
        )
    except WaitFailed:
        try:
            last = remains(ids, deployment)
        except _CANNOT_LOOK as error:
            return {}, str(error)
    except _CANNOT_LOOK as error:
        return {}, str(error)
    return last, ""


def remains(ids: Iterable[str], deployment: Deployment) -> dict[str, str]:
    """Where any of these ids still stands in a cluster or its trash: `images/ID at dcn0` → the command to see it."""
    wanted = frozenset(ids)

    def look(site: str) -> dict[str, str]:
        cluster, found = deployment.clusters[site], {}
        for pool in dict.fromkeys((cluster.pools.images, cluster.pools.vms, cluster.pools.volumes)):
            listing = cluster.listing(pool)
            for row in listing.rows:
                if any(id in row.name for id in wanted) and row.snapshot is None:
                    found[f"{pool}/{row.name} at {site}"] = listing.command
            for entry in cluster.trash(pool):
                if any(id in entry.name for id in wanted):
                    found[f"{pool}/{entry.name} in the trash at {site}"] = listing.command.replace("ls -l", "trash ls")
        return found

    with ThreadPoolExecutor(max_workers=32) as pool:
        return {place: command for found in pool.map(look, deployment.clusters) for place, command in found.items()}

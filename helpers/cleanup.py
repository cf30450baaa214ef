"""Removing what runs have created, and not done until it is gone from the API and from every cluster."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import openstack.exceptions

from helpers.answers import API_ERRORS, in_words
from helpers.cinder import Cinder
from helpers.clusters import ROLES
from helpers.deployment import Deployment
from helpers.glance import Glance
from helpers.ledger import Entry, Ledger
from helpers.nova import Nova
from helpers.redact import redact
from helpers.remote import CommandFailed, DeadlinePassed, Unreachable
from helpers.wait import WaitFailed, wait_until

#: seconds after which a deletion that was accepted is asked for once more
_ASK_AGAIN = 10.0
_CANNOT_LOOK = (Unreachable, DeadlinePassed, CommandFailed)


@dataclass(frozen=True)
class Leak:
    """Something of a run that could not be removed, or cannot be shown to be gone; `by_hand` removes or shows it.

    `sites` are those whose clusters still have its data, as far as that is known.
    """

    kind: str
    name: str
    id: str | None
    problem: str
    by_hand: str
    sites: tuple[str, ...] = ()


class Kind(Protocol):
    """One kind of resource."""

    def find(self, entry: Entry) -> str | None:
        """The id of an entry's resource, also where the ledger knows only its name; None where there is none."""

    def delete(self, id: str) -> None:
        """Ask for its deletion."""

    def by_hand(self, id: str) -> str:
        """The command line that deletes it."""


@dataclass(frozen=True)
class Images:
    """Images, by central's Glance."""

    glance: Glance

    def find(self, entry: Entry) -> str | None:
        if entry.id:
            return entry.id if self.glance.image(entry.id) else None
        return next((id for id, name in self.glance.owned(entry.name) if name == entry.name), None)

    def delete(self, id: str) -> None:
        self.glance.delete(id)

    def by_hand(self, id: str) -> str:
        return self.glance.delete_by_hand(id)


@dataclass(frozen=True)
class Servers:
    """Nova's servers."""

    nova: Nova

    def find(self, entry: Entry) -> str | None:
        if entry.id:
            return entry.id if self.nova.server(entry.id) else None
        return next((id for id, name in self.nova.named(entry.name) if name == entry.name), None)

    def delete(self, id: str) -> None:
        self.nova.delete(id)

    def by_hand(self, id: str) -> str:
        return self.nova.by_hand("server", "delete", id)


@dataclass(frozen=True)
class Volumes:
    """Cinder's volumes."""

    cinder: Cinder

    def find(self, entry: Entry) -> str | None:
        if entry.id:
            return entry.id if self.cinder.volume(entry.id) else None
        return next((volume.id for volume in self.cinder.volumes() if volume.name == entry.name), None)

    def delete(self, id: str) -> None:
        self.cinder.delete(id)

    def by_hand(self, id: str) -> str:
        return self.cinder.by_hand("volume", "delete", id)


@dataclass(frozen=True)
class VolumeSnapshots:
    """Cinder's snapshots."""

    cinder: Cinder

    def find(self, entry: Entry) -> str | None:
        if entry.id:
            return entry.id if self.cinder.snapshot(entry.id) else None
        return next((snapshot.id for snapshot in self.cinder.snapshots() if snapshot.name == entry.name), None)

    def delete(self, id: str) -> None:
        self.cinder.delete_snapshot(id)

    def by_hand(self, id: str) -> str:
        return self.cinder.by_hand("volume", "snapshot", "delete", id)


def kinds(deployment: Deployment) -> Mapping[str, Kind]:
    """Every kind of resource, in the order in which they have to go: clones before what they are clones of."""
    cloud = deployment.cloud
    return {
        "server": Servers(cloud.nova),
        "snapshot": VolumeSnapshots(cloud.cinder),
        "volume": Volumes(cloud.cinder),
        "image": Images(cloud.glance(deployment.environment.central)),
    }


def remove(ledger: Ledger, deployment: Deployment) -> list[Leak]:
    """Remove everything pending in a ledger, kind by kind and newest first; what is seen gone is noted there.

    A kind's deletions are all asked for before the first one is waited for: the cloud works on them side by side.
    """
    leaks: list[Leak] = []
    gone: list[Entry] = []
    for name, kind in kinds(deployment).items():
        if name == "volume":
            leaks += _adopt_volumes(ledger, deployment.cloud.cinder)
        entries = [entry for entry in ledger.pending() if entry.kind == name]
        with ThreadPoolExecutor(max_workers=2 * deployment.environment.limits.central) as pool:
            problems = list(pool.map(lambda entry, kind=kind: _remove(entry, kind, deployment), entries))
        for entry, problem in zip(entries, problems, strict=True):
            if problem:
                by_hand = kind.by_hand(entry.id or entry.name)
                leaks.append(Leak(name, entry.name, entry.id, redact(problem), by_hand))
            else:
                gone.append(entry)
    places, blind = _wait_gone_from_clusters(gone, deployment)
    for entry in gone:
        left = [place for place in places if entry.id and entry.id in place.name]
        if left:
            problem = f"deleted by the API, but still there: {', '.join(map(str, left))}"
            leaks.append(Leak(entry.kind, entry.name, entry.id, problem, left[0].by_hand, _sites(left)))
        elif blind:
            leaks.append(Leak(entry.kind, entry.name, entry.id, f"cannot tell whether it is gone: {blind}", ""))
        else:
            ledger.gone(entry)
    return [_located(leak, deployment) for leak in leaks]


def _sites(places: Iterable[Remainder]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.site for place in places))


def _located(leak: Leak, deployment: Deployment) -> Leak:
    """The leak, with the sites whose clusters have its data: what could not be deleted is looked for only here."""
    if leak.sites or not leak.id:
        return leak
    try:
        return replace(leak, sites=_sites(remains([leak.id], deployment)))
    except _CANNOT_LOOK:
        return leak


def _adopt_volumes(ledger: Ledger, cinder: Cinder) -> list[Leak]:
    """Nova makes a nameless volume for `--boot-from-volume`; it is known by the image of the run that it is made of.

    Where Cinder does not answer, nobody can tell whether there is one.
    """
    images = {entry.id for entry in ledger.pending() if entry.kind == "image" and entry.id}
    known = {entry.id for entry in ledger.pending() if entry.kind == "volume"}
    if not any(entry.kind == "server" for entry in ledger.entries()):
        return []
    try:
        volumes = cinder.volumes()
    except openstack.exceptions.ServiceDisabledException:  # a cloud without Cinder
        return []
    except API_ERRORS as error:
        problem = f"cannot tell whether Nova has made any that is left: {in_words(error)}"
        return [Leak("volume", "of a server", None, problem, cinder.by_hand("volume", "list", "--long"))]
    for volume in volumes:
        if volume.image in images and volume.id not in known:
            ledger.adopt("volume", volume.name or volume.id, volume.id)
    return []


def _remove(entry: Entry, kind: Kind, deployment: Deployment) -> str | None:
    refusals: list[str] = []
    accepted: list[float] = []

    def attempt() -> str | None:
        # one whose id is known need not be looked for before it was asked to go
        id = kind.find(entry) if accepted or refusals or not entry.id else entry.id
        if id and (not accepted or time.monotonic() - accepted[-1] >= _ASK_AGAIN):
            try:
                kind.delete(id)
                accepted.append(time.monotonic())
            except openstack.exceptions.HttpException as error:
                # a volume is in use until its server is quite gone; an image until its last clone is
                refusals.append(in_words(error))
        return id

    try:
        wait_until(
            attempt,
            lambda id: id is None,
            timeout=deployment.environment.timeouts.delete,
            what=f"deletion of {entry.kind} {entry.name}",
            interval=0.1,
        )
    except API_ERRORS as error:
        return "; ".join(dict.fromkeys([in_words(error), *refusals[-1:]]))
    except WaitFailed as error:
        return " ".join([str(error), *refusals[-1:]])
    return None


def _wait_gone_from_clusters(entries: list[Entry], deployment: Deployment) -> tuple[list[Remainder], str]:
    ids = {entry.id for entry in entries if entry.id}
    if not ids:
        return [], ""
    try:
        wait_until(
            lambda: remains(ids, deployment),
            lambda found: not found,
            timeout=min(30, deployment.environment.timeouts.delete),
            what="removal of the run's data from the clusters",
        )
    except WaitFailed:
        try:
            return remains(ids, deployment), ""
        except _CANNOT_LOOK as error:
            return [], str(error)
    except _CANNOT_LOOK as error:
        return [], str(error)
    return [], ""


@dataclass(frozen=True)
class Remainder:
    """An RBD image that still stands in a cluster, or in its trash; `by_hand` shows it."""

    site: str
    pool: str
    name: str
    in_trash: bool
    by_hand: str

    def __str__(self) -> str:
        return f"{self.pool}/{self.name} {'in the trash ' if self.in_trash else ''}at {self.site}"


def remains(ids: Iterable[str], deployment: Deployment) -> list[Remainder]:
    """What is named by one of these ids in any cluster or its trash."""
    wanted = frozenset(ids)
    looks = [(site, look) for role in ROLES for site, look in deployment.clusters.look(role, trash=True).items()]
    found = []
    for site, look in looks:
        pool, command = look.listing.pool, look.listing.command
        trash_ls = command.replace("ls -l", "trash ls")
        for names, in_trash, by_hand in ((look.listing.names, False, command), (look.trash, True, trash_ls)):
            there = [name for name in sorted(names) if any(id in name for id in wanted)]
            found += [Remainder(site, pool, name, in_trash, by_hand) for name in there]
    return list(dict.fromkeys(found))  # one pool may have several roles

"""Removes what runs have created, and waits until it is gone from the API and from every cluster.

A resource is noted as gone only when it was seen gone everywhere and no unfinished task can still write it. Otherwise
it stays in the ledger, and a later run looks for it again by its id. All resources, services and clusters are asked in
parallel, so that clean-up takes at most twice the time limit of a deletion, whatever is silent.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import openstack.exceptions

from helpers.ceph.observed import BySite, Unobserved
from helpers.nodes.deadline import GRACE
from helpers.openstack.answers import API_ERRORS, in_words
from helpers.openstack.records import ImageRecord
from helpers.redact import redact
from helpers.runs.deployment import Deployment
from helpers.runs.leak import Leak
from helpers.runs.ledger import Entry, Ledger
from helpers.runs.remains import Remainder, Remains, remains
from helpers.runs.resources import Images, Kind, kinds
from helpers.runs.unfinished import Imports
from helpers.wait import TimedOut, WaitFailed, wait_until

log = logging.getLogger(__name__)

#: seconds after which an accepted deletion is requested again
_ASK_AGAIN = 10.0
#: seconds to wait for a resource of a site whose cluster does not answer
_IN_VAIN = 5.0
#: seconds in which a service that answers has carried out the request of a client that is gone
_SETTLED = 10.0
#: seconds within which data disappears from a cluster after its record
_LAGGING = 30.0
#: requests of one kind at a time
_MOST = 64


@dataclass(frozen=True)
class _Seen:
    """The state of a resource so far: gone from the API, or why not. `hopeless`: waiting will not change it."""

    gone: bool
    why: str = ""
    reproduce: str = ""
    hopeless: bool = False
    sites: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.why


@dataclass(eq=False)
class _Job:
    """A resource that is being removed. `ids` are its ids in the API; `seen` is what was last seen of it.

    `known`: the API has listed it.
    """

    ledger: Ledger
    entry: Entry
    kind: Kind
    ids: set[str] = field(default_factory=set)
    seen: _Seen = _Seen(False, "no answer")
    known: bool = False

    def __post_init__(self) -> None:
        self.ids |= {self.entry.id} if self.entry.id else set()


def remove(ledger: Ledger, deployment: Deployment) -> list[Leak]:
    """Remove every pending resource of a ledger, and note there which are gone."""
    return remove_all([ledger], deployment)[ledger.path]


def remove_all(ledgers: Iterable[Ledger], deployment: Deployment) -> dict[Path, list[Leak]]:
    """Remove every pending resource of several ledgers at once. Returns ledger path → what could not be removed."""
    return _CleanUp(list(ledgers), deployment).run()


class _CleanUp:
    def __init__(self, ledgers: Sequence[Ledger], deployment: Deployment) -> None:
        self._ledgers, self._deployment = ledgers, deployment
        self._seconds = deployment.environment.timeouts.delete
        self._patience = max(min(deployment.environment.ssh.deadline, self._seconds / 2 - GRACE), 5.0)
        self._imports = Imports(deployment)
        self._until = 0.0
        self._jobs: list[_Job] = []
        self._leaks: dict[Path, list[Leak]] = {ledger.path: [] for ledger in ledgers}
        self._clusters: Future[Remains] = Future()

    def run(self) -> dict[Path, list[Leak]]:
        if any(ledger.pending() for ledger in self._ledgers):
            self._delete_all()
            self._judge(self._what_is_left())
        return self._leaks

    # from the API

    def _delete_all(self) -> None:
        """Request every deletion, kind by kind, and wait. A silent kind takes at most half of the time."""
        begun = time.monotonic()
        self._until = begun + self._seconds
        pools: list[ThreadPoolExecutor] = []

        def at_once(tasks: Sequence[Any]) -> list[Future[Any]]:
            pools.append(ThreadPoolExecutor(max_workers=min(_MOST, len(tasks) or 1), thread_name_prefix="clean-up"))
            return [pools[-1].submit(task) for task in tasks]

        def half_of_the_time() -> float:
            return max(0.0, begun + self._seconds / 2 - time.monotonic())

        clusters = self._deployment.clusters
        (self._clusters,) = at_once([lambda: remains((), clusters, self._patience)])
        waited_for: list[Future[Any]] = []
        for name, kind in kinds(self._deployment).items():
            if name == "volume":
                (adopting,) = at_once([self._adopt_volumes])
                wait([adopting], timeout=max(half_of_the_time(), self._patience))
                self._tell_of_volumes(adopting.result() if adopting.done() else "no answer")
            if name == "image":
                self._clusters.result()
            jobs = [_Job(each, one, kind) for each in self._ledgers for one in each.pending() if one.kind == name]
            self._jobs += jobs
            waited_for += at_once([lambda job=job: self._remove(job) for job in jobs])
            wait(waited_for, timeout=half_of_the_time())
        wait(waited_for, timeout=max(0.0, self._until - time.monotonic()))
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for job, ended in zip(self._jobs, waited_for, strict=True):
            if ended.done() and not ended.cancelled() and (mistake := ended.exception()):
                job.seen = _Seen(False, f"{type(mistake).__name__}: {mistake}")
        self._jobs = [replace(job) for job in self._jobs]  # results that arrive after the time limit are ignored

    def _with_servers(self) -> list[Ledger]:
        return [one for one in self._ledgers if any(entry.kind == "server" for entry in one.entries())]

    def _tell_of_volumes(self, problem: str) -> None:
        """If Cinder does not answer, it is unknown whether Nova has created a volume."""
        said = f"cannot tell whether Nova has made any that is left: {problem}"
        for ledger in self._with_servers() if problem else ():
            reproduce = self._deployment.cloud.cinder.command("volume", "list", "--long")
            self._leaks[ledger.path].append(Leak("volume", "of a server", None, said, reproduce))

    def _adopt_volumes(self) -> str:
        """Note the nameless volumes that Nova creates for `--boot-from-volume`, by the image that they are made from.

        Returns the reason why they cannot be listed, or an empty text.
        """
        ledgers = self._with_servers()
        try:
            volumes = self._deployment.cloud.cinder.volumes() if ledgers else []
        except openstack.exceptions.ServiceDisabledException:  # this cloud has no Cinder
            return ""
        except API_ERRORS as error:
            return in_words(error)
        for ledger in ledgers:
            images = {entry.id: entry.name for entry in ledger.pending() if entry.kind == "image" and entry.id}
            known = {entry.id for entry in ledger.pending() if entry.kind == "volume"}
            for volume in volumes:
                if volume.image in images and volume.id not in known:
                    # a name with the run's id, without which nothing is ever deleted
                    ledger.adopt("volume", volume.name or f"{images[volume.image]}.volume", volume.id)
        return ""

    def _remove(self, job: _Job) -> None:
        """Request a deletion repeatedly until the resource is gone or the time limit is reached."""
        asked: list[float] = []

        def attempt() -> _Seen:
            try:
                job.seen = self._attempt(job, asked)
            except API_ERRORS as error:
                # a volume is in use until its server is gone completely, an image until its last clone is gone
                job.seen = _Seen(False, in_words(error))
            return job.seen

        try:
            wait_until(
                attempt,
                lambda seen: seen.gone,
                timeout=max(0.0, self._until - time.monotonic()),
                what=f"deletion of {job.entry.kind} {job.entry.name}",
                failed=lambda seen: seen.why if seen.hopeless else None,
                interval=0.1,
            )
        except WaitFailed as error:
            log.debug("%s", error)  # the last state seen is the one reported

    def _attempt(self, job: _Job, asked: list[float]) -> _Seen:
        id, image = job.entry.id, isinstance(job.kind, Images)
        # with a known id, there is no need to search before the first deletion request
        found = (id,) if id and (image or not asked) else job.kind.find(job.entry)
        job.ids |= set(found)
        if isinstance(job.kind, Images):
            records = [record for id in found if (record := job.kind.glance.image(id))]
            job.known = job.known or bool(records)
            if held := next((held for record in records if (held := self._held(job, record))), None):
                return held
            found = tuple(record.id for record in records)
        job.known = job.known or bool(found)
        if not found:
            return self._not_found(job, asked=bool(asked))
        if not asked or time.monotonic() - asked[-1] >= _ASK_AGAIN:
            for id in found:
                job.kind.delete(id)
            asked.append(time.monotonic())
        silent = self._serves_nobody(job.entry.site or "")
        if silent and time.monotonic() - asked[0] >= _IN_VAIN:
            why = f"deletion accepted, but the cluster of {silent.site} gives no answer: {silent.why}"
            return _Seen(False, why, _first(silent.reproduce), True, (silent.site,))
        return _Seen(False, "deletion accepted, and still there")

    def _serves_nobody(self, site: str) -> Unobserved | None:
        """Why a site's cluster serves no client now; None if it may, or if this is not known yet."""
        if not self._clusters.done():
            return None
        found = self._clusters.result().unobserved.get(site)
        return found if found and found.serves_nobody else None

    def _not_found(self, job: _Job, *, asked: bool) -> _Seen:
        """What it means if the API does not know a resource."""
        entry = job.entry
        # a live run may still wait for the answer to its request; a dead run's request has long reached its service
        seconds = _SETTLED if job.ledger.inherited else self._deployment.environment.timeouts.api
        if not job.known and time.time() - entry.asked < seconds:
            return _Seen(False, "it was asked for, and its service has not answered: it may still come")
        if not asked and entry.tasks and (unfinished := self._imports.noted(entry)):
            return _Seen(False, f"its record is gone, and may yet be written: {unfinished.why}", unfinished.reproduce)
        return _Seen(True)

    def _held(self, job: _Job, record: ImageRecord) -> _Seen | None:
        """Why an image is not deleted now: something still writes it, or its cluster is down."""
        sites = {str(site.store): site.name for site in self._deployment.environment.storage_sites}
        unfinished = self._imports.of(record)
        if unfinished and unfinished.tasks != job.entry.tasks:
            job.entry = job.ledger.unfinished(job.entry, unfinished.tasks)
        for store in sorted(record.stores | (record.importing_to if unfinished else frozenset())):
            if silent := self._serves_nobody(sites.get(store, "")):
                why = f"not deleted, as Glance would wait for the cluster of {silent.site}, which gives no answer"
                return _Seen(False, f"{why}: {silent.why}", _first(silent.reproduce), True, (silent.site,))
        if unfinished is None:
            return None
        why = f"not deleted, as Glance may still write it: {unfinished.why}"
        there = tuple(sites[store] for store in sorted(record.importing_to) if store in sites)
        return _Seen(False, why, unfinished.reproduce, sites=there)

    # from the clusters

    def _what_is_left(self) -> Remains:
        """RBD images with the ids of all jobs, once the data of deleted resources is gone."""
        ids = {id for job in self._jobs for id in job.ids}
        gone = {id for job in self._jobs if job.seen.gone for id in job.ids}
        missing = dict(self._clusters.result().unobserved)
        clusters = self._deployment.clusters

        def look() -> Remains:
            found = remains(ids, clusters, self._patience, [site for site in clusters if site not in missing])
            missing.update(found.unobserved)
            return found

        def is_over(found: Remains) -> bool:
            return not any(id in left.name for site in found.seen.values() for left in site for id in gone)

        limit = min(_LAGGING, self._seconds / 2)
        seen: list[Remains] = []

        def probe() -> Remains:
            seen.append(look())
            return seen[-1]

        with contextlib.suppress(TimedOut):
            wait_until(probe, is_over, timeout=limit, what="removal of the run's data from the clusters")
        return BySite(seen[-1].seen, missing)

    # what it comes to

    def _judge(self, clusters: Remains) -> None:
        """Note the resources that were seen gone everywhere. Everything else is a leak."""
        unsure: dict[Path, list[_Job]] = {}
        for job in self._jobs:
            left = [one for site in clusters.seen.values() for one in site if any(id in one.name for id in job.ids)]
            if not job.seen.gone or left:
                self._leaks[job.ledger.path].append(self._leak(job, left))
            elif clusters.unobserved and job.ids and job.kind.has_data:
                unsure.setdefault(job.ledger.path, []).append(job)
            else:
                job.ledger.gone(job.entry)
        for path, jobs in unsure.items():
            self._leaks[path] += [_unsure(jobs, one) for one in clusters.unobserved.values()]

    def _leak(self, job: _Job, left: Sequence[Remainder]) -> Leak:
        entry, id = job.entry, job.entry.id or next(iter(sorted(job.ids)), None)
        # at the site that has the reason, not at the sites where everything is as expected
        sites = job.seen.sites or tuple(dict.fromkeys(one.site for one in left))
        if job.seen.gone:
            seen = f"deleted by the API, and still in the clusters: {', '.join(f'{one} at {one.site}' for one in left)}"
            reproduce = left[0].reproduce
        else:
            seen = job.seen.why if job.seen.hopeless else f"{job.seen.why} (after {self._seconds:g} s)"
            reproduce = job.seen.reproduce or job.kind.command(id or entry.name)
        where = ", ".join(sites or ((entry.site,) if entry.site else ())) or "central"
        return Leak(entry.kind, entry.name, id, redact(f"{where}: expected: gone; seen: {seen}"), reproduce, sites)


def _unsure(jobs: Sequence[_Job], missing: Unobserved) -> Leak:
    """One leak for all resources that the API no longer knows and whose data may still be in a cluster."""
    first = jobs[0].entry
    seen = f"deleted by the API, but the site's cluster, which may have data of it, gives no answer: {missing.why}"
    problem = redact(f"{missing.site}: expected: gone; seen: {seen}")
    reproduce, sites = _first(missing.reproduce), (missing.site,)
    if len(jobs) == 1:
        return Leak(first.kind, first.name, first.id, problem, reproduce, sites)
    return Leak("resource", f"{first.name} and {len(jobs) - 1} more", None, problem, reproduce, sites)


def _first(lines: Sequence[str]) -> str:
    return lines[0] if lines else ""

"""The clusters of all sites, observed together, and once for all who ask at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Literal

from helpers.ceph.asking import NoMonitorRuns
from helpers.ceph.cluster import Cluster, Look
from helpers.ceph.observed import BySite, Unobserved
from helpers.ceph.shared import Shared
from helpers.nodes.runner import CommandFailed, DeadlinePassed, Unreachable

#: what a pool is for; what it is called, each cluster says itself
Role = Literal["images", "vms", "volumes"]
ROLES: tuple[Role, ...] = ("images", "vms", "volumes")
#: what a cluster that cannot be observed raises
UNOBSERVABLE = (Unreachable, DeadlinePassed, CommandFailed)

#: Seconds from one look at all clusters to the next, for each cluster that there is: a look costs this side some
#: milliseconds of CPU at each. Everything is looked for everywhere, so that at many sites many have to share a look.
_PACE = 0.02
#: clusters that are asked at once
_MOST = 64


class Clusters(Mapping[str, Cluster]):
    """Site name → the site's cluster."""

    def __init__(self, clusters: Mapping[str, Cluster]) -> None:
        self._clusters = dict(clusters)
        self._pool = ThreadPoolExecutor(max_workers=_MOST, thread_name_prefix="look")
        self._silences = {site: _Silence(cluster) for site, cluster in clusters.items()}
        self._looks = {
            (role, trash): Shared(partial(self._look, role, trash), _PACE * len(clusters))
            for role in ROLES
            for trash in (False, True)
        }

    def __getitem__(self, site: str) -> Cluster:
        return self._clusters[site]

    def __iter__(self) -> Iterator[str]:
        return iter(self._clusters)

    def __len__(self) -> int:
        return len(self._clusters)

    def observe(self, role: Role, *, trash: bool = False) -> BySite[Look]:
        """Site name → its pool of this role, each observed after this call, or the reason why it could not be.

        A cluster that was silent costs its deadline once: until it answers again, it is not waited for.

        :param trash: look into the pools' trash too
        """
        return self._looks[role, trash].next().result()

    def fsids(self, looks: BySite[Look]) -> BySite[str]:
        """Site name → FSID, also of a cluster that has told it before and cannot be observed now."""
        known = {site: fsid for site, cluster in self._clusters.items() if (fsid := cluster.known_fsid)}
        seen = {**known, **looks.map(lambda look: look.fsid).seen}
        return BySite(seen, {site: why for site, why in looks.unobserved.items() if site not in seen})

    def _look(self, role: Role, trash: bool) -> BySite[Look]:
        answers = dict(zip(self, self._pool.map(lambda site: self._ask(site, role, trash), self), strict=True))
        return BySite(
            {site: answer for site, answer in answers.items() if isinstance(answer, Look)},
            {site: answer for site, answer in answers.items() if isinstance(answer, Unobserved)},
        )

    def _ask(self, site: str, role: Role, trash: bool) -> Look | Unobserved:
        cluster, silence = self._clusters[site], self._silences[site]
        if why := silence.goes_on(self._pool):
            return why
        try:
            return cluster.observe(getattr(cluster.pools, role), trash=trash)
        except UNOBSERVABLE as error:
            return (
                silence.begins(unobserved(site, error), self._pool) if _is_silence(error) else unobserved(site, error)
            )


def _is_silence(error: Exception) -> bool:
    """Whether it took a time limit to learn this; anything else is answered at once."""
    return isinstance(error, Unreachable | DeadlinePassed)


def unobserved(site: str, error: Unreachable | DeadlinePassed | CommandFailed) -> Unobserved:
    """Why a site's cluster could not be observed."""
    if isinstance(error, DeadlinePassed):
        why = f"no answer within {error.deadline:g} s on {error.node}"
    elif isinstance(error, CommandFailed):  # the command is told apart
        why = " ".join(str(error).replace(f": {error.completed.reproduce}", ":").replace("\n| ", "\n").split())
    else:
        why = str(error)
    return Unobserved(site, why, error.reproduce, isinstance(error, DeadlinePassed | NoMonitorRuns))


class _Silence:
    """What is known of a cluster that gave no answer: it is asked again beside everything else, until it answers."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._lock = threading.Lock()
        self._why: Unobserved | None = None
        self._asked_again: Future[Any] | None = None

    def begins(self, why: Unobserved, pool: ThreadPoolExecutor) -> Unobserved:
        with self._lock:
            self._why = why
            self._ask_again(pool)
        return why

    def goes_on(self, pool: ThreadPoolExecutor) -> Unobserved | None:
        """Why the cluster is not asked now; None where nothing is known against it."""
        with self._lock:
            if self._asked_again and self._asked_again.done():
                if self._asked_again.exception() is None:
                    self._why = self._asked_again = None
                else:
                    self._ask_again(pool)
            return self._why

    def _ask_again(self, pool: ThreadPoolExecutor) -> None:
        pools = self._cluster.pools
        self._asked_again = pool.submit(self._cluster.image_names, pools.images)

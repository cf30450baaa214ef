"""What a run has left in the clusters: RBD images with the id of a resource, in any pool or its trash."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from helpers.ceph.asking import NoSuchPool
from helpers.ceph.cluster import Cluster, Look
from helpers.ceph.clusters import ROLES, UNOBSERVABLE, Clusters, unobserved
from helpers.ceph.observed import BySite, Unobserved
from helpers.nodes.deadline import GRACE

_MOST = 256


@dataclass(frozen=True)
class Remainder:
    """An RBD image that is still in a cluster or in its trash. `reproduce` shows it."""

    site: str
    pool: str
    name: str
    in_trash: bool
    reproduce: str

    def __str__(self) -> str:
        return f"{self.pool}/{self.name}{' in the trash' if self.in_trash else ''}"


Remains = BySite[tuple[Remainder, ...]]


def remains(ids: Collection[str], clusters: Clusters, deadline: float, sites: Iterable[str] | None = None) -> Remains:
    """RBD images with one of these ids in the clusters of these sites (None: of all), observed in parallel.

    :param deadline: seconds after which a cluster counts as silent; a silent node takes `GRACE` longer
    """
    asked = list(clusters if sites is None else sites)
    pools = [(site, pool) for site in asked for pool in dict.fromkeys(getattr(clusters[site].pools, r) for r in ROLES)]
    with_threads = ThreadPoolExecutor(max_workers=min(_MOST, len(pools) or 1), thread_name_prefix="remains")
    looks = {(site, pool): with_threads.submit(_look, clusters, site, pool, deadline) for site, pool in pools}
    wait(looks.values(), timeout=deadline + GRACE)
    with_threads.shutdown(wait=False, cancel_futures=True)
    seen: dict[str, tuple[Remainder, ...]] = {}
    missing: dict[str, Unobserved] = {}
    for (site, _), look in looks.items():
        answered = look.result() if look.done() and not look.cancelled() else _silent(site, deadline)
        if isinstance(answered, Unobserved):
            missing.setdefault(site, answered)
        else:
            seen[site] = (*seen.get(site, ()), *_of(ids, clusters[site], answered))
    return BySite({site: found for site, found in seen.items() if site not in missing}, missing)


def _look(clusters: Clusters, site: str, pool: str, deadline: float) -> Look | Unobserved | None:
    """The images of a pool; None if there is no such pool."""
    try:
        return clusters[site].observe(pool, trash=True, deadline=deadline)
    except NoSuchPool:
        return None
    except UNOBSERVABLE as error:
        return unobserved(site, error)


def _silent(site: str, deadline: float) -> Unobserved:
    return Unobserved(site, f"no answer within {deadline:g} s")


def _of(ids: Collection[str], cluster: Cluster, look: Look | None) -> Iterable[Remainder]:
    if look is None:
        return
    site = cluster.site.name
    pool, command = look.listing.pool, look.listing.command
    trash_ls = command.replace("ls -l", "trash ls")
    for names, in_trash, reproduce in ((look.listing.names, False, command), (look.trash, True, trash_ls)):
        for name in sorted(names):
            if any(id in name for id in ids) and not (in_trash and _is_kept(cluster, pool)):
                yield Remainder(site, pool, name, in_trash, reproduce)


def _is_kept(cluster: Cluster, pool: str) -> bool:
    """Whether what is in this trash was put there for its clones; only a purge by the operator removes it."""
    try:
        return pool == cluster.pools.images and cluster.keeps_parents_in_trash()
    except UNOBSERVABLE:
        return False

"""The clusters of all sites, looked at together, and once for all who ask at the same moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal

from helpers.ceph import Cluster, Look
from helpers.shared import Shared

#: what a pool is for; what it is called, each cluster says itself
Role = Literal["images", "vms", "volumes"]
ROLES: tuple[Role, ...] = ("images", "vms", "volumes")

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

    def look(self, role: Role, *, trash: bool = False) -> Mapping[str, Look]:
        """Site name → its pool of this role, each looked at after this call.

        :param trash: look into the pools' trash too
        :raises Unreachable, CommandFailed, DeadlinePassed: what one of the clusters answers
        """
        return self._looks[role, trash].next().result()

    def _look(self, role: Role, trash: bool) -> dict[str, Look]:
        def look(cluster: Cluster) -> Look:
            return cluster.look(getattr(cluster.pools, role), trash=trash)

        return dict(zip(self, self._pool.map(look, self.values()), strict=True))

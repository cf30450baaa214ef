"""All clusters are looked at together: each site's own pools, and one failure is everybody's."""

from __future__ import annotations

import json

import pytest

from helpers.ceph import Cluster
from helpers.clusters import Clusters
from helpers.environment import Ceph, NodeSpec, Site
from helpers.remote import CommandFailed, Completed


class FakeNode:
    """A node whose cluster has one image, called as the pool is, and one in the trash."""

    def __init__(self, name: str, *, broken: bool = False) -> None:
        self.name = self.hostname = name
        self.broken = broken
        self.pools: list[str] = []

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        words = argv[argv.index("rbd") :] if "rbd" in argv else ()
        if not words:
            answer: object = {"fsid": f"fsid-of-{self.name}"}
        else:
            pool = words[words.index("-p") + 1]
            self.pools.append(pool)
            name = {"image": pool, "size": 1} if "trash" not in words else {"id": "1", "name": f"{pool}-deleted"}
            answer = [name]
        return Completed(self.name, argv, "", 1 if self.broken else 0, json.dumps(answer), "no", f"ssh {self.name}")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        completed = self.run(*argv, deadline=deadline)
        if completed.exit_status:
            raise CommandFailed(completed)
        return completed


def cluster(node: FakeNode, **pools: str) -> Cluster:
    ceph = Ceph.model_validate({"cluster": node.name, "runtime": "podman", "pools": pools})
    spec = NodeSpec(node.name, "192.0.2.20", ("ceph-mon",), node.name)
    return Cluster(Site(node.name, False, node.name, None, None, None, None, ceph, (spec,)), [node])


def test_each_site_s_own_pool_is_looked_at() -> None:
    one, other = FakeNode("one"), FakeNode("other")
    clusters = Clusters({"one": cluster(one), "other": cluster(other, vms="machines")})
    looks = clusters.look("vms")

    assert {site: look.listing.names for site, look in looks.items()} == {"one": {"vms"}, "other": {"machines"}}
    assert {site: look.fsid for site, look in looks.items()} == {"one": "fsid-of-one", "other": "fsid-of-other"}
    assert {look.trash for look in looks.values()} == {frozenset()}
    assert (one.pools, other.pools) == (["vms"], ["machines"])


def test_the_trash_is_looked_into_where_it_is_asked_for() -> None:
    clusters = Clusters({"one": cluster(FakeNode("one"))})

    assert clusters.look("images", trash=True)["one"].trash == {"images-deleted"}


def test_a_cluster_that_fails_fails_the_look() -> None:
    clusters = Clusters({"one": cluster(FakeNode("one")), "other": cluster(FakeNode("other", broken=True))})

    with pytest.raises(CommandFailed, match="other: exit status 1"):
        clusters.look("volumes")

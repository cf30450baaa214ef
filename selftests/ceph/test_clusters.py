"""All clusters are observed together, each in its own pools, and one that does not answer affects no other."""

from __future__ import annotations

import json

import pytest

from helpers.ceph.cluster import Cluster
from helpers.ceph.clusters import Clusters
from helpers.ceph.observed import Unobserved
from helpers.environment import Ceph, NodeSpec, Site
from helpers.nodes.node import CommandFailed, Completed, DeadlinePassed, Unreachable
from helpers.wait import wait_until

STOPPED = "Error: can only create exec sessions on running containers: container state improper"
#: what a node prints on its standard error, or raises, instead of an answer
Problem = str | Exception | None


class FakeNode:
    """A node whose cluster has one image, named as its pool, and one in the trash."""

    def __init__(self, name: str, *, problem: Problem = None) -> None:
        self.name = self.hostname = name
        self.problem = problem
        self.pools: list[str] = []

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        if isinstance(self.problem, Exception):
            self.pools.append("nothing")
            raise self.problem
        if self.problem:
            return Completed(self.name, argv, "", 255, "", f"{self.problem}\n", f"ssh {self.name}")
        words = argv[argv.index("rbd") :] if "rbd" in argv else ()
        if not words:
            answer: object = {"fsid": f"fsid-of-{self.name}"}
        else:
            pool = words[words.index("-p") + 1]
            self.pools.append(pool)
            name = {"image": pool, "size": 1} if "trash" not in words else {"id": "1", "name": f"{pool}-deleted"}
            answer = [name]
        return Completed(self.name, argv, "", 0, json.dumps(answer), "", f"ssh {self.name}")

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
    looks = clusters.observe("vms")

    assert {site: look.listing.names for site, look in looks.items()} == {"one": {"vms"}, "other": {"machines"}}
    assert {site: look.fsid for site, look in looks.items()} == {"one": "fsid-of-one", "other": "fsid-of-other"}
    assert {look.trash for look in looks.values()} == {frozenset()}
    assert looks.unobserved == {}
    assert (one.pools, other.pools) == (["vms"], ["machines"])


def test_the_trash_is_looked_into_where_it_is_asked_for() -> None:
    clusters = Clusters({"one": cluster(FakeNode("one"))})

    assert clusters.observe("images", trash=True)["one"].trash == {"images-deleted"}


@pytest.mark.parametrize(
    ("problem", "why", "serves_nobody"),
    [
        (STOPPED, f"other: exit status 255: {STOPPED}", True),
        ("rbd: listing failed", "other: exit status 255: rbd: listing failed", False),
        (DeadlinePassed("other", "ssh other", 60.0), "no answer within 60 s on other", True),
        (
            Unreachable("other", "192.0.2.20:22", "refused", "ssh other"),
            "cluster other (site other): other (192.0.2.20:22): refused",
            False,
        ),
    ],
)
def test_a_cluster_that_gives_no_answer_spoils_no_other(problem: Problem, why: str, serves_nobody: bool) -> None:
    clusters = Clusters({"one": cluster(FakeNode("one")), "other": cluster(FakeNode("other", problem=problem))})
    looks = clusters.observe("volumes")

    assert looks["one"].listing.names == {"volumes"}
    assert looks.unobserved["other"] == Unobserved("other", why, ("ssh other",), serves_nobody)


def test_a_silent_cluster_costs_its_deadline_once_and_is_seen_when_it_answers_again() -> None:
    node = FakeNode("one", problem=DeadlinePassed("one", "ssh one", 60.0))
    clusters = Clusters({"one": cluster(node)})
    looks = [clusters.observe(role) for role in ("images", "vms", "volumes")]

    assert {look.unobserved["one"].why for look in looks} == {"no answer within 60 s on one"}
    node.problem = None
    again = wait_until(lambda: clusters.observe("vms"), lambda look: not look.unobserved, timeout=10, what="an answer")
    assert again["one"].listing.names == {"vms"}


def test_the_fsid_of_a_cluster_is_known_from_before() -> None:
    node = FakeNode("one")
    clusters = Clusters({"one": cluster(node)})
    clusters.observe("images")
    node.problem = STOPPED

    assert clusters.fsids(clusters.observe("images")).seen == {"one": "fsid-of-one"}

"""What is in a pool and belongs to nothing is distinguished from what only looks so."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from helpers.ceph.cluster import Cluster
from helpers.ceph.orphans import find_orphans
from helpers.environment import Ceph, NodeSpec, Site
from helpers.nodes.node import CommandFailed, Completed

ONE, OTHER = "8083c7e7-32d8-4f7a-b1da-0ed7884f1076", "0f4a1a7e-7d0f-4b9d-9a1e-5f6f1e0b7c11"
NOBODY: frozenset[str] = frozenset()


class FakePool:
    """A node whose cluster lists `listings` one after the other, and then repeats the last."""

    def __init__(self, *listings: Sequence[str], trash: Sequence[tuple[str, str]] = (), parents: Sequence[str] = ()):
        self.name = self.hostname = "a"
        self.listings, self.trash, self.parents = list(listings), trash, parents

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        answer: object
        if "trash" in argv:
            answer = [{"id": str(n), "name": name, "status": status} for n, (name, status) in enumerate(self.trash)]
        elif "-l" in argv:
            parent = {"pool": "images", "snapshot": "snap"}
            answer = [{"image": f"of-{name}", "size": 1, "parent": {**parent, "image": name}} for name in self.parents]
        else:
            answer = list(self.listings.pop(0) if len(self.listings) > 1 else self.listings[0])
        return Completed(self.name, argv, "", 0, json.dumps(answer), "", f"ssh a {argv[-4]}")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        if (completed := self.run(*argv)).exit_status:
            raise CommandFailed(completed)
        return completed


def cluster(node: FakePool) -> Cluster:
    ceph = Ceph.model_validate({"cluster": "dcn0", "runtime": "podman"})
    spec = NodeSpec("a", "192.0.2.20", ("ceph-mon",), "dcn0")
    return Cluster(Site("dcn0", False, "dcn0", None, None, None, None, ceph, (spec,)), [node])


def orphans(role: str, node: FakePool, known: Sequence[str] = (), listed: Sequence[str] = ()) -> list[str]:
    found = find_orphans(cluster(node), role, frozenset(listed), lambda ids: ids & frozenset(known), purged_within=0.0)
    return [str(one) for one in found.found]


@pytest.mark.parametrize(
    ("role", "name"),
    [("images", ONE), ("vms", f"{ONE}_disk"), ("vms", f"{ONE}_disk.config"), ("volumes", f"volume-{ONE}")],
)
def test_what_has_no_record_is_an_orphan(role: str, name: str):
    pool = {"images": "images", "vms": "vms", "volumes": "volumes"}[role]

    assert orphans(role, FakePool([name])) == [f"{pool}/{name}"]


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("images", "guest.raw"),
        ("images", f"{ONE}_disk"),
        ("vms", ONE),
        ("vms", f"csi-vol-{ONE}"),
        ("volumes", f"volume-{ONE}.deleted"),
        ("volumes", f"csi-vol-{ONE}"),
    ],
)
def test_what_is_named_otherwise_is_somebody_else_s(role: str, name: str):
    assert orphans(role, FakePool([name])) == []


def test_what_is_made_or_listed_late_has_a_record_when_it_is_asked_for():
    assert orphans("images", FakePool([ONE]), known=[ONE]) == []


def test_what_is_listed_is_not_asked_for_again():
    assert orphans("images", FakePool([ONE]), listed=[ONE]) == []


def test_what_is_being_deleted_is_gone_at_the_second_look():
    assert orphans("images", FakePool([ONE, OTHER], [OTHER])) == [f"images/{OTHER}"]


@pytest.mark.parametrize(
    ("status", "parents", "seen"),
    [
        ("expired at Sat Nov 28 03:53:46 2026", [], [f"images/{ONE} in the trash"]),
        ("protected until Sat Nov 28 04:03:49 2026", [], []),
        ("expired at Sat Nov 28 03:53:46 2026", [ONE], []),
    ],
)
def test_a_trash_may_wait(status: str, parents: list[str], seen: list[str]):
    assert orphans("images", FakePool([], trash=[(ONE, status)], parents=parents)) == seen


def test_a_volume_in_the_trash_is_given_the_time_to_be_purged():
    node = FakePool([], trash=[(f"volume-{ONE}", "expired at now")])

    assert orphans("volumes", node) == [f"volumes/volume-{ONE} in the trash"]

"""A cluster that could not be observed causes neither a pass nor a failure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import TypeAdapter

from helpers.ceph.observed import BySite, NotObserved, Sites, Unobserved
from helpers.witnesses.disks import Disk, WitnessedDisk

SILENT = Unobserved("dcn0", "container state improper", ("ssh dcn0 rbd",), True)
#: central holds it, dcn1 does not, and dcn0 could not be observed
PARTLY = BySite({"central": "it", "dcn1": "nothing"}, {"dcn0": SILENT})
HOLDING = Sites(frozenset({"central"}), {"dcn0": SILENT})


def test_what_was_seen_contradicts_whatever_the_missing_site_has():
    assert PARTLY != {"central": "it", "dcn0": "it", "dcn1": "it"}
    assert {"central", "dcn1"} != HOLDING
    assert {"dcn0"} != HOLDING


@pytest.mark.parametrize(
    "undecided",
    [
        lambda: PARTLY == {"central": "it", "dcn0": "it", "dcn1": "nothing"},
        lambda: BySite({"central": "it", "dcn1": "nothing"}) == PARTLY,
        lambda: PARTLY["dcn0"],
        lambda: PARTLY.get("dcn0"),
        lambda: dict(PARTLY),
        lambda: {"central"} == HOLDING,
        lambda: {"central", "dcn0"} == HOLDING,
        lambda: "dcn0" in HOLDING,
        lambda: {"central", "dcn0", "dcn1"} >= HOLDING,
        lambda: HOLDING - {"central"},
        lambda: not HOLDING,
    ],
)
def test_what_only_the_missing_site_could_decide_is_unknown(undecided: Callable[[], object]):
    with pytest.raises(NotObserved) as caught:
        undecided()

    assert str(caught.value) == "dcn0: cluster\nexpected: an answer\nseen:     container state improper"
    assert (caught.value.reproduce, caught.value.cause) == (("ssh dcn0 rbd",), "cluster of dcn0")


def test_where_all_was_observed_there_are_two_outcomes():
    assert BySite({"central": 1}) == {"central": 1}
    assert BySite({"central": 1}) != {"central": 2}
    assert Sites(frozenset({"central"})) == {"central"}
    assert PARTLY.without("dcn0") == {"central": "it", "dcn1": "nothing"}


def test_a_stage_s_result_keeps_what_was_not_observed():
    disk = WitnessedDisk("volume-1", BySite({"central": Disk(1, None)}, {"dcn0": SILENT}), {"central": "ls"}, "central")
    adapter = TypeAdapter(WitnessedDisk)

    read = adapter.validate_python(adapter.dump_python(disk, mode="json"))

    assert (read.copies.seen, read.copies.unobserved) == (disk.copies.seen, disk.copies.unobserved)
    assert read.sites.found == {"central"}

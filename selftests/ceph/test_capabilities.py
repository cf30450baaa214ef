"""What a cephx user may do, read from its capabilities as Ceph's grammar has them."""

from __future__ import annotations

import pytest

from helpers.ceph.capabilities import compared
from helpers.environment.sections import Ceph

DEDICATED, SHARED = Ceph(cluster="dcn0"), Ceph(cluster="dcn0", client="openstack")
GUIDE = {
    "mgr": "allow *",
    "mon": "profile rbd",
    "osd": "profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images",
}
CHILDREN = "allow class-read object_prefix rbd_children"


def missing(ceph: Ceph, **caps: str) -> frozenset[str]:
    seen, expected = compared(caps, ceph)
    return expected - seen


def test_the_guide_s_user_has_exactly_the_guide_s_capabilities() -> None:
    assert [seen == expected for seen, expected in [compared(GUIDE, DEDICATED)]] == [True]
    seen, expected = compared(GUIDE | {"osd": "allow *"}, DEDICATED)
    assert seen - expected == {"osd: allow *"}
    assert missing(DEDICATED, mon="profile rbd") >= {"mgr: allow *", "osd: profile rbd pool=images"}


@pytest.mark.parametrize(
    "osd",
    [
        GUIDE["osd"],
        "profile rbd",
        "profile rbd pool=images, profile rbd pool=backups",
        "profile rbd pool=images namespace=, profile rbd pool=images",
        f"{CHILDREN}, allow rwx pool=images",
        f"{CHILDREN}; allow rwx pool images",
        f"{CHILDREN}, allow pool images rwx",
        f'{CHILDREN}, allow rwx pool = "images"',
        "allow class-read object_prefix rbd_, allow rwx pool=images",
        "allow class-read, allow rwx pool=images",
        "allow *",
        "allow rwx",
        "allow rwx tag rbd *=*",
        "allow rw pool=images, allow class-read, allow class-write pool=images",
        "profile rbd pool=images network 192.0.2.0/24",
    ],
)
@pytest.mark.parametrize("mon", ["profile rbd", "allow r", "allow *", 'allow r, allow command "osd blocklist"'])
def test_a_shared_user_has_no_less_than_copying_needs(mon: str, osd: str) -> None:
    assert missing(SHARED, mon=mon, osd=osd) == frozenset()


@pytest.mark.parametrize(
    ("osd", "lacks"),
    [
        (
            "profile rbd pool=vms",
            {"read in images", "write in images", "class-read in images", "class-write in images"},
        ),
        ("profile rbd-read-only pool=images", {"write in images", "class-write in images"}),
        (f"{CHILDREN}, allow rx pool=images", {"write in images"}),
        (f"{CHILDREN}, allow rw pool=images", {"class-read in images", "class-write in images"}),
        ("allow rwx pool=images", {"class-read of rbd_children in every pool"}),
        (
            f"{CHILDREN}, allow rwx pool=images-old, allow r pool=images",
            {"write in images", "class-read in images", "class-write in images"},
        ),
        (
            f"{CHILDREN}, allow rwx pool=images namespace=other",
            {"read in images", "write in images", "class-read in images", "class-write in images"},
        ),
        (
            "",
            {
                "read in images",
                "write in images",
                "class-read in images",
                "class-write in images",
                "class-read of rbd_children in every pool",
            },
        ),
        (
            "what is this, allow, profile",
            {
                "read in images",
                "write in images",
                "class-read in images",
                "class-write in images",
                "class-read of rbd_children in every pool",
            },
        ),
    ],
)
def test_what_a_shared_user_lacks(osd: str, lacks: set[str]) -> None:
    assert missing(SHARED, mon="allow r", osd=osd) == {f"osd: {right}" for right in lacks}


@pytest.mark.parametrize("mon", ["", "allow w", 'allow command "osd blacklist"', "allow service mon r", "profile osd"])
def test_a_user_that_may_not_read_the_maps(mon: str) -> None:
    assert missing(SHARED, mon=mon, osd="profile rbd") == {"mon: read"}

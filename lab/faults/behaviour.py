"""Faults in what central's Glance does: the real service with a bug in it (see `buggy_glance.py`)."""

from __future__ import annotations

from collections.abc import Callable

from lab import ceph, guest_image
from lab.faults.breaking import Breaking
from lab.plan import CENTRAL_STORE


def bug(name: str) -> Callable[[Breaking], None]:
    """The bug of that name, for the store of the site that the fault is at."""

    def break_it(at: Breaking) -> None:
        at.buggy_glance(name, store=at.site.store_at_central)

    return break_it


def upload_is_truncated(at: Breaking) -> None:
    at.buggy_glance("upload-is-truncated", lost=512)


def stray_copy(at: Breaking) -> None:
    conf = f"/etc/ceph/{at.site.cluster}.conf"
    at.buggy_glance("stray-copy", store=CENTRAL_STORE, conf=conf, user="external")


def location_names_another_cluster(at: Breaking) -> None:
    other = ceph.fsid(at.other_dcn, at.lab.state)
    at.buggy_glance("location-names-another-cluster", store=at.site.store_at_central, fsid=other)


def direct_url_names_another_cluster(at: Breaking) -> None:
    first = ceph.fsid(at.lab.plan.dcn_storage[0], at.lab.state)
    at.buggy_glance("direct-url-names-another-cluster", fsid=first)


def snapshot_arrives_without_the_writes(at: Breaking) -> None:
    first, length = guest_image.WRITTEN
    name = "snapshot-arrives-without-the-writes"
    at.buggy_glance(name, store=at.site.store_at_central, first=first, length=length)

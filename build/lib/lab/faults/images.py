"""Faults of imports and copies."""

from __future__ import annotations

from lab import ceph
from lab.faults.breaking import Breaking
from lab.faults.bugs import in_glance
from lab.faults.configuration import change_glance
from lab.faults.ini import setting
from lab.plan import CENTRAL_STORE


def store_leads_to_another_cluster(at: Breaking) -> None:
    other = at.other_dcn
    change_glance(
        at, at.central, setting(at.site.store_at_central, "rbd_store_ceph_conf", f"/etc/ceph/{other.cluster}.conf")
    )


def copy_forbidden(at: Breaking) -> None:
    for host in at.central.hosts:
        at.edit(host, "/etc/glance/policy.yaml", lambda _: '"copy_image": "!"\n')
    at.restart_glance(*at.central.hosts)


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


import_reaches_too_many_stores = in_glance("import-reaches-too-many-stores")
all_stores_skips_one = in_glance("all-stores-skips-one")
copy_never_arrives = in_glance("copy-never-arrives")
copy_stays_importing = in_glance("copy-stays-importing")
copy_changes_the_checksum = in_glance("copy-changes-the-checksum")
copy_has_no_data = in_glance("copy-has-no-data")
snapshot_unprotected = in_glance("snapshot-unprotected")
snapshot_missing = in_glance("snapshot-missing")
copy_is_larger = in_glance("copy-is-larger")
other_bytes = in_glance("other-bytes")

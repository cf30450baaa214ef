"""Faults of volumes, their zones and their snapshots."""

from __future__ import annotations

from functools import partial

from lab import cinder, nova
from lab.faults.breaking import Breaking
from lab.faults.bugs import break_compute, break_volumes, bring, in_compute, in_volumes, to_central
from lab.faults.configuration import CINDER_CONF
from lab.faults.ini import set_option


def volumes_are_made_at_central(at: Breaking) -> None:
    """Start cinder-volume with central's cluster in its file, and restore the file afterwards."""

    def wrong(text: str) -> str:
        for name, value in (
            ("rbd_ceph_conf", f"/etc/ceph/{at.central.cluster}.conf"),
            ("rbd_cluster_name", at.central.cluster),
            ("rbd_user", "external"),
        ):
            text = set_option(text, cinder.BACKEND, name, value)
        return text

    at.runs_with(CINDER_CONF, at.site.mons, wrong, partial(at.restart, cinder.VOLUME_CONTAINER))


def server_in_another_zone(at: Breaking) -> None:
    bug = {"bug": "server-in-another-zone", "host": at.site.first.name, "zone": at.central.name}
    bring(at, "buggy_nova.py", "nova-api", nova.container_name("api"), at.central.hosts, bug)


def volume_at_central_too(at: Breaking) -> None:
    break_volumes(at, "volume-at-central-too", **to_central(at))


def volume_stays_available(at: Breaking) -> None:
    bug = {"bug": "volume-stays-available", "zone": at.site.name}
    bring(at, "buggy_cinder.py", "cinder-api", cinder.container_name("api"), at.central.hosts, bug)


def volume_of_another_zone_accepted(at: Breaking) -> None:
    """Give libvirt central's key as well, because the server cannot open the disk without it."""
    for host in at.site.hosts:
        at.secrets(host, at.site.name, at.central.name)
    break_compute(at, "volume-of-another-zone-accepted")


def refused_server_keeps_the_volume(at: Breaking) -> None:
    break_compute(at, "refused-server-keeps-the-volume", zone=at.site.name)


stopped_server_does_not_start = in_compute("stopped-server-does-not-start")
volume_is_flat = in_volumes("volume-is-flat")
volume_snapshot_unprotected = in_volumes("volume-snapshot-unprotected")
volume_snapshot_missing = in_volumes("volume-snapshot-missing")
deleted_volume_leaves_its_data = in_volumes("deleted-volume-leaves-its-data")
volume_cannot_be_deleted = in_volumes("volume-cannot-be-deleted")

"""Faults of the round trip of a server's snapshot."""

from __future__ import annotations

from lab import guest_image
from lab.faults.breaking import Breaking
from lab.faults.bugs import break_compute, in_compute, in_glance
from lab.faults.configuration import NOVA_CONF
from lab.faults.ini import set_option


def snapshot_arrives_without_the_writes(at: Breaking) -> None:
    first, length = guest_image.WRITTEN
    name = "snapshot-arrives-without-the-writes"
    at.buggy_glance(name, store=at.site.store_at_central, first=first, length=length)


def snapshot_lands_at_central(at: Breaking) -> None:
    _uploaded_to_central(at, "snapshot-lands-at-central")


def second_generation_lands_at_central(at: Breaking) -> None:
    _uploaded_to_central(at, "second-generation-lands-at-central")


def _uploaded_to_central(at: Breaking, bug: str) -> None:
    """Make nova-compute upload the snapshot to central's Glance instead of creating it in the cluster.

    The service is started with central's Glance in its file, and the file is restored afterwards.
    """

    def wrong(text: str) -> str:
        return set_option(text, "glance", "api_servers", at.central.glance_url)

    at.runs_with(NOVA_CONF, at.site.hosts, wrong, lambda *hosts: break_compute(at, bug))


snapshot_cannot_be_copied_to_central = in_glance("snapshot-cannot-be-copied-to-central")
snapshot_cannot_be_copied_on = in_glance("snapshot-cannot-be-copied-on")
snapshot_boots_flat = in_compute("snapshot-boots-flat")

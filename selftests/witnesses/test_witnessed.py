"""The commands of an observation are those of the clusters that matter, not of a hundred others."""

from __future__ import annotations

import dataclasses

import pytest

from helpers.ceph.observed import BySite
from helpers.openstack.records import ImageRecord, Location
from helpers.outcomes import Unknown
from helpers.witnesses.disks import Disk, WitnessedDisk
from helpers.witnesses.images import ABSENT, Copy, WitnessedImage

SITES = ("central", "dcn0", "dcn1", "dcn2")
COMMANDS = {site: f"ls at {site}" for site in SITES}
RECORD = ImageRecord(
    id="8083",
    name="guest",
    status="active",
    stores=frozenset({"default_backend", "dcn0"}),
    disk_format="raw",
    container_format="bare",
    size=1,
    checksum=None,
    hash_algorithm=None,
    hash=None,
    importing_to=frozenset(),
    failed=frozenset(),
    locations=tuple(Location.from_url(f"rbd://fsid-of-{site}/images/8083/snap") for site in ("central", "dcn0")),
    direct_url=None,
    reproduce="show",
)


def image(record: ImageRecord | None, *holding: str) -> WitnessedImage:
    copies = {site: Copy.whole(1) if site in holding else ABSENT for site in SITES}
    fsids = BySite({site: f"fsid-of-{site}" for site in SITES})
    return WitnessedImage("8083", record, BySite(copies), fsids, COMMANDS)


def test_an_image_is_shown_where_it_is_and_where_its_record_says():
    assert image(RECORD, "central", "dcn2").reproduce == ("show", "ls at central", "ls at dcn0", "ls at dcn2")


def test_what_is_left_of_a_deleted_image_is_shown_where_it_is():
    assert image(None, "dcn1").reproduce == ("ls at dcn1",)


def test_where_nothing_says_where_it_is_every_cluster_is_shown():
    hidden = dataclasses.replace(RECORD, locations=None)

    assert image(hidden, "central").reproduce == ("show", *COMMANDS.values())
    assert image(None).reproduce == tuple(COMMANDS.values())


def test_hidden_locations_are_unknown():
    with pytest.raises(Unknown, match="the locations of its copies are hidden"):
        _ = image(dataclasses.replace(RECORD, locations=None), "central").sites_by_location


def test_a_disk_is_shown_where_it_is_and_at_home():
    astray = WitnessedDisk("volume-1", BySite({"dcn2": Disk(1, None)}), COMMANDS, home="dcn0")
    nowhere = WitnessedDisk("volume-1", BySite({}), COMMANDS)

    assert astray.reproduce == ("ls at dcn0", "ls at dcn2")
    assert nowhere.reproduce == tuple(COMMANDS.values())

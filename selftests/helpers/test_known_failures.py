"""Failures that are recognised: each known one by what a failed check or a service's log really said of it."""

from __future__ import annotations

import pytest

from helpers.known_failures import KNOWN, KnownFailure, recognise

ID = "363c23e2-2731-4566-b66a-c7d79b49752f"
SERVER = "dcn0: server dcn-verify.20261126-144122-9a4e73.one-command-dcn0 in zone dcn0\nexpected: ACTIVE\nseen:     {}"

SEEN = [
    ("B7", "expected: nothing\nseen:     nothing, but an entry in the trash", "", "waits in the trash"),
    ("D1", "expected: more than 0\nseen:     0", "", "volume-backed server has no data"),
    ("D1", "expected: {dcn0}\nseen:     {default_backend}", "", "fell back to an upload"),
    ("C1", SERVER.format("HTTP 500 type object 'Port' has no attribute 'port_forwardings'"), "", "restart it"),
    ("C1", "Unable to establish connection to http://192.0.2.10:9696/v2.0/networks/dcn0-network", "", "Neutron"),
    ("A3", "expected: dcn1\nseen:     default_backend", "", "calls its own store default_backend"),
    ("D2", "seen:     HTTP 400 Image is already present on store 'default_backend'", "", "for central's"),
    (
        "B2",
        "seen:     import task failed\nrecord:   importing, raw, stores {}, failed {http}",
        "",
        "cannot be written to",
    ),
    ("B3", "seen:     HTTP 409 Image has active task", "", "locks of an import that died"),
    (
        "B1",
        f"central: web-download of image {ID} to dcn0\nseen:     every import task has ended, but …\n"
        "record:   active, raw, stores {dcn0}, still importing to {dcn0}, failed {}",
        "",
        "os_glance_importing_to_stores",
    ),
    (
        "B3",
        f"central: copy-image of image {ID} to dcn1\nexpected: accepted\nseen:     HTTP 403 Forbidden",
        "",
        "policy",
    ),
    (
        "B3",
        f"central: copy-image of image {ID} to dcn1\nexpected: image active in {{dcn1}}\n"
        "seen:     every import task has ended, but the image is active in {dcn0}\n"
        "record:   active, raw, stores {dcn0}, still importing to {}, failed {}",
        "",
        "never arrived",
    ),
    ("B1", "expected: raw\nseen:     qcow2", "", "image conversion is off"),
    (
        "A7",
        "expected: dcn1-0: {image_conversion}\nseen:     dcn1-0: none",
        "",
        "image conversion is off",
    ),
    (
        "A6",
        "expected: dcn1-0 show_multiple_locations: True\nseen:     dcn1-0 show_multiple_locations: False",
        "",
        "hides",
    ),
    (
        "C5",
        SERVER.format("status ERROR: Exceeded maximum number of retries."),
        "libvirt.libvirtError: Secret not found: no secret with matching uuid 'd55e5a49'",
        "made at another site",
    ),
    (
        "C1",
        SERVER.format("status ERROR: Exceeded maximum number of retries."),
        "libvirt.libvirtError: Secret not found: no secret with matching uuid 'd55e5a49'",
        "no secret for this cluster's key",
    ),
    ("C3", "expected: dcn1\nseen:     central", "", "made in another zone"),
    ("C3", "expected: available\nseen:     status error", "No weighed backends available", "no backend that is up"),
    ("C1", f"expected: images/{ID}@snap\nseen:     None", "", "flat copy over the WAN"),
    (
        "D4",
        SERVER.format("status ERROR: No valid host was found. "),
        "Got no allocation candidates from the Placement API.",
        "Placement knows no compute node",
    ),
    (
        "A13",
        "expected: dcn0-0: http://192.0.2.20:9292\nseen:     dcn0-0: http://192.0.2.10:9292",
        "",
        "the wrong Glance",
    ),
    ("A11", "cannot list it: controller-0 as a client of dcn1: no answer within 60 s", "", "reached over the WAN"),
    ("A11", "controller-0 as a client of dcn1: [errno 13] RADOS permission denied", "", "cephx key"),
]


@pytest.mark.parametrize(("claim", "message", "log", "words"), SEEN)
def test_it_is_recognised(claim: str, message: str, log: str, words: str):
    found = recognise([claim], message, [log])

    assert found is not None
    assert words in str(found)


def test_each_known_failure_was_seen():
    recognised = {recognise([claim], message, [log]) for claim, message, log, _ in SEEN}

    assert {known.looks_like for known in KNOWN if known not in recognised} == set()


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("A16", "expected: HEALTH_OK\nseen:     HEALTH_WARN: OSD_NEARFULL"),
        ("A3", "expected: dcn1\nseen:     ceph"),
        ("B5", "expected: an RBD image of 25165824 bytes\nseen:     nothing"),
        ("C4", "expected: in-use\nseen:     available"),
    ],
)
def test_what_nobody_has_met_is_not_guessed_at(claim: str, message: str):
    assert recognise([claim], message) is None


def test_a_known_failure_says_where_to_read_on():
    assert str(KnownFailure("flat", "LP1858877", "")) == "flat (see LP1858877)"

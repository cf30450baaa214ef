"""Failures that are recognised: each known one by what a failed check or a service's log really said of it."""

from __future__ import annotations

import pytest

from helpers.reports.known_failures import KNOWN, KnownFailure, recognise

ID = "363c23e2-2731-4566-b66a-c7d79b49752f"
SERVER = "dcn0: server dcn-verify.20261126-144122-9a4e73.one-command-dcn0 in zone dcn0\nexpected: ACTIVE\nseen:     {}"

COPY = (
    f"central: copy-image of image {ID} to dcn1\nexpected: image active in {{{{dcn1}}}}\nseen:     {{}}\nrecord:   {{}}"
)
LOST = "every import task has ended, but the image is active in {dcn0}"
RECORD = "active, raw, stores {dcn0}, still importing to {}, failed {}"
STUCK = "active, raw, stores {dcn0}, still importing to {dcn1}, failed {}"
RETRIES = SERVER.format("status ERROR: Exceeded maximum number of retries.")
UUID = "libvirt.libvirtError: Secret not found: no secret with matching uuid 'd55e5a49'"

#: Claim, message, a log's line, and words of the guess.
SEEN = [
    ("A3", "expected: dcn1\nseen:     default_backend\nstores:   central, default_backend, http", "", "its own store"),
    ("D2", "seen:     HTTP 400 Image is already present at store 'default_backend'", "", "for central's"),
    ("B2", "record:   importing, raw, stores {}, still importing to {}, failed {http}", "", "cannot be written to"),
    ("B2", "expected: none\nseen:     {http}\ntoo much: {http}", "", "cannot be written to"),
    ("B3", "seen:     HTTP 409 Image has active task", "", "still holds its lock"),
    ("B3", "seen:     HTTP 409 Image has active task\ntasks:    7 success", "", "still holds its lock"),
    ("B1", f"seen:     {LOST}\nrecord:   {STUCK}", "", "os_glance_importing_to_stores"),
    ("B3", COPY.format("import task 7 failed: no message", STUCK), "", "os_glance_importing_to_stores"),
    (
        "B3",
        f"central: copy-image of image {ID} to dcn1\nexpected: accepted\n"
        "seen:     HTTP 403 Forbidden: You are not authorized to complete copy_image action.",
        "",
        "policy",
    ),
    ("B3", COPY.format(LOST, RECORD), "", "never arrived"),
    ("B3", COPY.format("the import has ended, but the image is active in {dcn0}", RECORD), "", "never arrived"),
    ("A7", "expected: dcn1-0: {image_conversion}\nseen:     dcn1-0: none", "", "image conversion is off"),
    ("A6", "expected: n show_multiple_locations: True\nseen:     n show_multiple_locations: False", "", "hides"),
    ("B4", "direct_url is hidden: show_image_direct_url is false on central's Glance", "", "hides"),
    ("B7", "expected: nothing\nseen:     nothing, but an entry in the trash", "", "to the trash"),
    ("C5", RETRIES, UUID, "made at another site"),
    ("C1", RETRIES, UUID, "no secret for this cluster's key"),
    ("C3", "expected: dcn1\nseen:     central", "", "made in another zone"),
    ("C3", "seen:     status error", "Availability zone 'dcn1' not found, falling back to 'central'.", "another zone"),
    ("C3", "expected: available\nseen:     status error", "No weighed backends available", "no backend that is up"),
    ("C1", f"expected: images/{ID}@snap\nseen:     None", "", "a flat copy"),
    ("D4", SERVER.format("status ERROR: No valid host was found. "), "Got no allocation candidates from", "Placement"),
    (
        "D1",
        "expected: {dcn0}\nseen:     {default_backend}",
        "WARNING Performing standard snapshot because direct snapshot failed: no image",
        "was uploaded instead",
    ),
    ("C1", SERVER.format("HTTP 500 type object 'Port' has no attribute 'port_forwardings'"), "", "restart it"),
    ("C1", "Unable to establish connection to http://192.0.2.10:9696/v2.0/networks/dcn0-network", "", "Neutron"),
    ("A13", "expected: n: http://192.0.2.20:9292\nseen:     n: http://192.0.2.10:9292", "", "the wrong Glance"),
    ("A11", "controller-0 as a client of dcn1: [errno 13] RADOS permission denied", "", "cephx key"),
    ("A11", "cannot list it: controller-0 as a client of dcn1: no answer within 60 s", "", "reached over the WAN"),
]

#: Claim, message, a log's line, and words of the guess that must not be made: what is alike, and another thing.
NEAR = [
    # central's store, at a site whose own has another name
    ("A3", "expected: dcn1\nseen:     default_backend\nstores:   dcn1, default_backend", "", "its own store"),
    ("A3", "expected: {central, dcn1}\nseen:     {dcn1, default_backend}", "", "its own store"),
    ("D2", "seen:     HTTP 400 Image is already present at store 'dcn1'", "", "for central's"),
    ("D3", "import task 7 failed: Image not found in any configured store", "", "for central's"),
    ("B2", "record:   active, raw, stores {http}, still importing to {}, failed {http-archive}", "", "be written to"),
    # an import that runs, and Glance 33's own task behind an image of a server
    ("B3", "seen:     HTTP 409 Image has active task\ntasks:    7 processing", "", "still holds its lock"),
    ("D2", "seen:     HTTP 409 Image has active task", "", "still holds its lock"),
    ("B3", "seen:     HTTP 409 Image is already present", "", "still holds its lock"),
    ("B1", f"seen:     not within 300 s\nrecord:   {STUCK}\ntasks:    7 processing", "", "although the import is over"),
    ("B1", f"seen:     no change for 300 s\nrecord:   {STUCK}", "", "although the import is over"),
    ("B3", f"central: copy-image of image {ID} to dcn1\nseen:     HTTP 403 administrative rules", "", "policy"),
    ("B3", "expected: {dcn0, dcn1}\nseen:     {dcn0}\nmissing:  {dcn1}", "", "never arrived"),
    ("B3", COPY.format(LOST, RECORD), "ERROR rbd: [errno 122] RBD disk quota exceeded", "never arrived"),
    ("A7", "expected: n output_format: raw\nseen:     n output_format: qcow2", "", "image conversion is off"),
    # the data is raw, and its record says otherwise
    ("B1", "expected: raw\nseen:     qcow2", "", "image conversion is off"),
    ("A6", "/etc/glance/glance-api.conf: show_multiple_locations = maybe is neither true nor false", "", "hides"),
    # what was there before is gone
    ("B8", "expected: nothing, but an entry in the trash\nseen:     nothing", "", "to the trash"),
    ("B7", "expected: nothing\nseen:     an RBD image of 7 bytes; no snapshot", "", "to the trash"),
    ("C5", RETRIES, "", "made at another site"),
    ("C6", f"refused for another reason: {RETRIES}", "nova.exception.NoSuchProvider: no such provider", "another site"),
    ("C1", RETRIES, "Failed to allocate the network(s), not rescheduling.", "no secret"),
    # Nova had it made there: cross_az_attach
    ("C5", "expected: dcn1\nseen:     central", "", "made in another zone"),
    ("C4", "instance and volume not in the same availability_zone", "", "made in another zone"),
    ("C3", "No valid backend was found", "No volume_type has extra_specs that fit", "no backend that is up"),
    ("C3", f"expected: images/{ID}@snap\nseen:     None", "ERROR [errno 1] error creating clone", "a flat copy"),
    ("C1", f"expected: images/{ID}@snap\nseen:     images/{SERVER[:8]}@snap", "", "a flat copy"),
    ("C1", "No valid host was found.", "Filter ComputeFilter returned 0 hosts", "Placement"),
    # a site's own store by central's name: it did not fall back
    ("D1", "expected: {dcn0}\nseen:     {default_backend}", "", "was uploaded instead"),
    ("D1", "expected: more than 0\nseen:     0", "", "was uploaded instead"),
    ("C1", "HTTP 404 no extension port_forwardings", "", "restart it"),
    ("C1", "HTTP 500 Unexpected API Error.", "DBConnectionError: Lost connection to MySQL", "Neutron does not answer"),
    ("C1", "GET http://192.0.2.10:9696/v2.0/networks: HTTP 500 Internal Server Error", "", "Neutron does not answer"),
    # the right Glance, by another port or scheme
    ("A13", "expected: n: http://192.0.2.20:9292\nseen:     n: http://192.0.2.20:9293", "", "the wrong Glance"),
    ("A13", "expected: n: http://192.0.2.20:9292\nseen:     n: https://192.0.2.20:9292", "", "the wrong Glance"),
    # files, and not Ceph
    ("B1", "import task failed", "ERROR OSError: [Errno 13] Permission denied: '/var/lib/glance/staging'", "cephx key"),
    ("A11", "dcn1-0 (192.0.2.30): Permission denied (publickey)", "", "cephx key"),
    ("A1", "dcn1, dcn1-0: ssh: no answer within 10 s", "", "over the WAN"),
    ("B3", "Glance at http://192.0.2.10:9292: connection timed out", "", "over the WAN"),
]


def words_of(claim: str, message: str, log: str) -> str:
    return str(recognise([claim], message, [log]) or "")


@pytest.mark.parametrize(("claim", "message", "log", "words"), SEEN)
def test_it_is_recognised(claim: str, message: str, log: str, words: str):
    """What was met before is called by its name."""
    assert words in words_of(claim, message, log)


@pytest.mark.parametrize(("claim", "message", "log", "words"), NEAR)
def test_what_is_only_alike_is_not_called_so(claim: str, message: str, log: str, words: str):
    """Without its own words, or with words that contradict it, a known failure is not named."""
    assert words not in words_of(claim, message, log)


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.looks_like[:40])
def test_each_known_failure_was_seen_and_has_its_like(known: KnownFailure):
    """Each has an example that it is named for, and one that is alike and another thing."""
    named = [words for claim, message, log, words in SEEN if recognise([claim], message, [log]) is known]

    assert named != []
    assert [words for *_, words in NEAR if words in str(known)] != []


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

"""Failures that others have met before, recognised by what a failed check and the services' logs say.

A guess is worth a line and no more: it stands beside the evidence, and never decides whether a claim holds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

_BUG = "https://bugs.launchpad.net/bugs/"


@dataclass(frozen=True)
class KnownFailure:
    """One of them: what it is, in a line; where to read on; and how it shows.

    `said` is a regular expression that the message or a log's lines match; `claims` are those that it breaks.
    """

    looks_like: str
    see: str
    said: str
    claims: frozenset[str] = field(default=frozenset())

    def __str__(self) -> str:
        return f"{self.looks_like} (see {self.see})"


def _known(looks_like: str, see: str, claims: str, said: str) -> KnownFailure:
    return KnownFailure(looks_like, see, said, frozenset(claims.split()))


#: The more telling come first: the first that fits is named.
KNOWN: tuple[KnownFailure, ...] = (
    # --- stores and their names
    _known(
        "this site's Glance calls its own store default_backend, as central's calls another (no GlanceBackendID): what "
        "is stored here will be recorded as central's",
        f"{_BUG}1886374",
        "A3",
        r"expected: (?!default_backend).*\n *seen: +(\{[^}]*)?default_backend",
    ),
    _known(
        "the record takes a DCN site's store for central's: both Glances call their own default_backend",
        f"{_BUG}1886374",
        "D1 D2 D3",
        r"already (present|exists) (in|on) store|not found in any configured store",
    ),
    _known(
        "an import to all stores also tries a store that cannot be written to",
        f"{_BUG}1881958",
        "B2",
        r"(failed|seen:) +\{[^}]*\bhttp\b",
    ),
    # --- imports and copies
    _known(
        "the locks of an import that died are still held: Glance refuses the next one until they are taken off",
        f"{_BUG}1884596",
        "B1 B2 B3 B8 D2 D3",
        r"HTTP 409.*(active task|locked by|has been locked)",
    ),
    _known(
        "a store stays in os_glance_importing_to_stores although the import is over: later copies are refused or wait",
        f"{_BUG}1891352",
        "B1 B2 B3 B10 D2 D3",
        r"(has ended|failed|not within|no change)[\s\S]*still importing to \{[^}]+\}",
    ),
    _known(
        "the policy lets this user copy no image (copy_image in Glance's policy.yaml)",
        "https://docs.openstack.org/glance/latest/admin/interoperable-image-import.html",
        "B3 D2 D3",
        r"copy-image of image[\s\S]*HTTP 403",
    ),
    _known(
        "the copy is reported done and never arrived: the store's ceph.conf or pool leads elsewhere, or its task died",
        f"{_BUG}1914826",
        "B3 B5 D2 D3",
        r"copy-image of image[\s\S]*every import task has ended|expected: [\s\S]*\n *missing: +\{?\w",
    ),
    _known(
        "image conversion is off, so the image stays qcow2, and nothing made from it can be copy-on-write",
        f"{_BUG}1816686",
        "A7 B1",
        r"seen: +qcow2|image_conversion|output_format: ",
    ),
    _known(
        "Glance hides the locations of images, so that Nova and Cinder download what they could clone",
        f"{_BUG}1860990",
        "A6 B4",
        r"(locations are|direct_url is) hidden|show_(multiple_locations|image_direct_url)",
    ),
    # --- removal
    _known(
        "an image that is in use was deleted, and its data waits in the trash (rbd trash ls)",
        f"{_BUG}1959186",
        "B7 B8 B9",
        r"trash",
    ),
    # --- disks and volumes
    _known(
        "nova-compute has no secret for the cluster that the volume is in: it was made at another site "
        "(cross_az_attach is not false where Nova reads it), or this site's own secret is missing",
        "the deployment document, `cross_az_attach`",
        "C5 C6",
        r"Secret not found|no secret with matching uuid|Exceeded maximum number of retries",
    ),
    _known(
        "libvirt on the compute node has no secret for this cluster's key (virsh secret-list)",
        "nova.conf, rbd_secret_uuid",
        "C1 C2 C4 C8 D4",
        r"Secret not found|no secret with matching uuid",
    ),
    _known(
        "the volume was made in another zone: Cinder falls back when it has no backend in the zone "
        "(allow_availability_zone_fallback)",
        "cinder.conf",
        "C3 C4 C5",
        r"not in the same availability_zone|expected: \S+\n *seen: +central",
    ),
    _known(
        "Cinder has no backend that is up in this zone (volume service list), or none with room",
        "cinder-scheduler.log",
        "C3 C5 C6 D4",
        r"No weighed backends|No valid backend|availability zone .* is invalid",
    ),
    _known(
        "a flat copy over the WAN: the site has no copy of the image, its locations are hidden, or it is not raw",
        f"{_BUG}1858877",
        "C1 C3 C5 D4",
        r"expected: \w+/[0-9a-f-]{36}@snap\n *seen: +None",
    ),
    _known(
        "Placement knows no compute node in this zone with room, or none at all (resource provider inventory list; "
        "the zone's host aggregate)",
        "nova-scheduler.log",
        "C1 C2 C4 C5 C8 D4 A19",
        r"Got no allocation candidates|No valid host was found",
    ),
    # --- snapshots
    _known(
        "the image of a volume-backed server has no data, it only points to a Cinder snapshot: the journey needs a "
        "server that was booted from an image",
        "docs/explanation/guide.md, The example takes a snapshot of a volume-backed server",
        "D1",
        r"seen: +0\b|0 bytes",
    ),
    _known(
        "Nova's direct snapshot fell back to an upload through a Glance that is not this site's",
        "nova-compute.log, [glance] in nova.conf",
        "D1",
        r"seen: +\{[^}]*(default_backend|central)",
    ),
    # --- services
    _known(
        "a neutron-server whose first request listed ports answers 500 to all that follow: restart it, list networks",
        "neutron/server.log",
        "C1 C2 C4 C5 D4",
        r"port_forwardings",
    ),
    _known(
        "Neutron does not answer: servers are made, and cannot be shown, listed or deleted until it does",
        "neutron/server.log",
        "C1 C2 C4 C5 C8 D4",
        r"HTTP 500.*(ConnectFailure|Unexpected API Error)|:9696",
    ),
    _known(
        "compute nodes here are given the wrong Glance ([glance] endpoint_override or api_servers in nova.conf)",
        f"{_BUG}1893453",
        "A13",
        r"expected: \S+: http\S+\n *seen: +\S+: http",
    ),
    _known(
        "a cephx key or its caps do not fit: compare `ceph auth get` with the clients' keyrings",
        "the deployment document, CephExternalMultiConfig",
        "A11 B1 B2 B3 C1 C3",
        r"\[errno 1\]|\[errno 13\]|Operation not permitted|Permission denied",
    ),
    _known(
        "the cluster cannot be reached over the WAN: its monitors' ports 3300 and 6789, and 6800-7300 of its OSDs; "
        "a copy to it may block central's Glance for everybody",
        "docs/reference/faults.md, wan-drops-ceph",
        "A1 A11 B3",
        r"RADOS timed out|\[errno 110\]|connection timed out|no answer within",
    ),
)


def recognise(claims: Collection[str], message: str, log_lines: Iterable[str] = ()) -> KnownFailure | None:
    """What a failure of these claims looks like, if it is known."""
    text = "\n".join((message, *log_lines))
    fitting = (known for known in KNOWN if not known.claims.isdisjoint(claims))
    return next((known for known in fitting if re.search(known.said, text)), None)

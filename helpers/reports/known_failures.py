"""Failures that operators have met before, recognised by the messages of failed checks and by service logs.

A recognised failure is shown beside the evidence, and never decides whether a claim holds. A wrong guess costs more
than none, so each pattern needs words that only this failure has, and exclusions for words that contradict it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

_BUG = "https://bugs.launchpad.net/bugs/"
_GUIDE = "the guide, "


@dataclass(frozen=True)
class KnownFailure:
    """A known failure: its description in one line, where to read about it, and its symptoms.

    `said` is a regular expression that the message or a log line matches, `unless` one that neither may match.
    `claims` are the claims that it breaks.
    """

    looks_like: str
    see: str
    said: str
    claims: frozenset[str] = field(default=frozenset())
    unless: str = ""

    def __str__(self) -> str:
        return f"{self.looks_like} (see {self.see})"

    def fits(self, text: str) -> bool:
        """Whether the message and the log lines match, and do not contradict it."""
        return bool(re.search(self.said, text)) and not (self.unless and re.search(self.unless, text))


def _known(looks_like: str, see: str, claims: str, said: str, *, unless: str = "") -> KnownFailure:
    return KnownFailure(looks_like, see, said, frozenset(claims.split()), unless)


#: The states of a running import's tasks, as a failure quotes them.
_RUNS = r"tasks: .*\b(pending|processing)\b"
_NOT_IN_LIBVIRT = r"Secret not found|no secret with matching uuid"

#: The more specific ones come first: the first match is shown.
KNOWN: tuple[KnownFailure, ...] = (
    # --- stores and their names
    _known(
        "this site's Glance calls its own store default_backend, as central's calls another (no GlanceBackendID): what "
        "is stored here will be recorded as central's",
        f"{_BUG}1886374",
        "A3",
        # no other name of the store is mentioned
        r"expected: (?!default_backend)(?P<own>\S+)\n *seen: +default_backend\n *stores: +(?!.*\b(?P=own)\b)",
    ),
    _known(
        "the record takes a DCN site's store for central's: both Glances call their own default_backend",
        f"{_BUG}1886374",
        "D2",
        r"already (present|exists) (at|in|on) store '?default_backend\b",
    ),
    _known(
        "an import to all stores also tries a store that cannot be written to",
        f"{_BUG}1881958",
        "B2",
        r"(failed|expected: none\n *seen: +) ?\{([^}]*, )?http[,}]",
    ),
    # --- imports and copies
    _known(
        "an import that has ended still holds its lock: Glance refuses the next one until the lock is taken off",
        f"{_BUG}1884596",
        "B3 B8 B11 D3",
        r"HTTP 409.*(active task|locked by|has been locked)",
        unless=_RUNS,
    ),
    _known(
        "a store stays in os_glance_importing_to_stores although the import is over: later copies are refused or wait",
        f"{_BUG}1891352",
        "B1 B2 B3 B10 B11 D2 D3",
        r"((import|import task) has ended|import task \S+ failed)[\s\S]*still importing to \{[^}]+\}",
        unless=_RUNS,
    ),
    _known(
        "the policy lets this user copy no image (copy_image in Glance's policy.yaml)",
        "https://docs.openstack.org/glance/latest/admin/interoperable-image-import.html",
        "B3 B11 D2 D3",
        r"copy-image of image[\s\S]*HTTP 403.*(copy_image|not authorized to complete)",
    ),
    _known(
        "the copy is reported done and never arrived: the store's ceph.conf or pool leads elsewhere, or its task died",
        f"{_BUG}1914826",
        "B3 B11 D2 D3",
        r"copy-image of image[\s\S]*seen: +(every import task|the import) has ended",
        unless=r"still importing to \{\w|No space left|EDQUOT|[Qq]uota|\[errno",
    ),
    _known(
        "image conversion is off, so that a qcow2 stays one, and nothing made from it can be copy-on-write",
        f"{_BUG}1816686",
        "A7",
        r"expected: .*\bimage_conversion\b",
    ),
    _known(
        "Glance hides the locations of images, so that Nova and Cinder download what they could clone",
        f"{_BUG}1860990",
        "A6 B4",
        r"(locations are|direct_url is) hidden:|seen: .*show_(multiple_locations|image_direct_url): False",
    ),
    # --- removal
    _known(
        "Glance has moved the data to the trash in place of removing it, as it does with what is in use (rbd trash ls)",
        f"{_BUG}1959186",
        "B7 B8 B9",
        r"seen: .*\ban entry in the trash",
    ),
    # --- disks and volumes
    _known(
        "nova-compute has no secret for the cluster that the volume is in: it was made at another site "
        "(cross_az_attach is not false where Nova reads it), or this site's own secret is missing",
        f"{_GUIDE}`cross_az_attach`",
        "C5 C6",
        _NOT_IN_LIBVIRT,
    ),
    _known(
        "libvirt on the compute node has no secret for this cluster's key (virsh secret-list)",
        "nova.conf, rbd_secret_uuid",
        "C1 C2 C4 C8 D4",
        _NOT_IN_LIBVIRT,
    ),
    _known(
        "the volume was made in another zone: Cinder falls back when it has no backend in the zone "
        "(allow_availability_zone_fallback)",
        "cinder.conf",
        "C3",
        r"[Aa]vailability zone '?[\w.-]+'? (not found|is invalid), falling back|expected: [\w.-]+\n *seen: +central\b",
    ),
    _known(
        "Cinder has no backend that is up in this zone (volume service list), or none with room",
        "cinder-scheduler.log",
        "C3 C5 C6 D4",
        r"No weighed backends|No valid backend",
        unless=r"[Vv]olume[ _]type|extra[_ ]specs",
    ),
    _known(
        "a flat copy: the image's locations are hidden from this site, it is not raw, or the site has no copy of it",
        f"{_BUG}1858877",
        "C1 C3 C5 D4",
        r"expected: \w+/[0-9a-f-]{36}@snap\n *seen: +None",
        unless=r"\[errno|[Pp]ermission denied|not permitted",
    ),
    _known(
        "Placement knows no compute node in this zone with room, or none at all (resource provider inventory list; "
        "the zone's host aggregate)",
        "nova-scheduler.log",
        "C1 C2 C4 C5 C8 D4 A19",
        r"Got no allocation candidates",
    ),
    # --- snapshots
    _known(
        "Nova's direct snapshot failed, and the image was uploaded instead, to the default store of the Glance it asks",
        "nova-compute.log, [glance] in nova.conf",
        "D1",
        r"standard snapshot because direct snapshot failed",
    ),
    # --- services
    _known(
        "a neutron-server whose first request listed ports answers 500 to all that follow: restart it, list networks",
        "neutron/server.log",
        "C1 C2 C4 C5 D4",
        r"has no attribute 'port_forwardings'",
    ),
    _known(
        "Neutron does not answer: servers are made, and cannot be shown, listed or deleted until it does",
        "neutron/server.log",
        "C1 C2 C4 C5 C8 D4",
        r"(stablish (a new )?connection|ConnectFailure|ConnectTimeout|refused|timed out).*:9696"
        r"|:9696.*(refused|timed out)",
        unless=r":9696\S*: HTTP \d",
    ),
    _known(
        "compute nodes here are given the wrong Glance ([glance] endpoint_override or api_servers in nova.conf)",
        f"{_BUG}1893453",
        "A13",
        r"expected: \S+: https?://(?P<host>[^:/\s,]++)\S*\n *seen: +\S+: https?://(?!(?P=host)(?:[:/\s,]|$))",
    ),
    _known(
        "a cephx key or its caps do not fit: compare `ceph auth get` with the clients' keyrings",
        f"{_GUIDE}`CephExternalMultiConfig`",
        "A11 B1 B2 B3 B11 C1 C3",
        r"\[errno (1|13)\]|RADOS (permission denied|operation not permitted)|error opening pool \S+ \(1\)",
    ),
    _known(
        "the cluster cannot be reached over the WAN: its monitors' ports 3300 and 6789, and 6800-7300 of its OSDs; "
        "a copy to it may block central's Glance for everybody",
        "docs/reference/faults.md, wan-drops-ceph",
        "A11 B3 B11",
        r"RADOS timed out|\[errno 110\]|as a client of \S+: (no answer within|.*onnection timed out)",
    ),
)


def recognise(claims: Collection[str], message: str, log_lines: Iterable[str] = ()) -> KnownFailure | None:
    """The known failure that matches a failure of these claims, if there is one."""
    text = "\n".join((message, *log_lines))
    fitting = (known for known in KNOWN if not known.claims.isdisjoint(claims))
    return next((known for known in fitting if known.fits(text)), None)

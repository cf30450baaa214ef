"""The catalogue of faults: what each one breaks, who has met it, and which claims have to notice it. Data only.

How a fault is brought about is not said here: `lab/faults/` does it for real, `simulator/` in its model of the world.
The detection matrix (`docs/detection.md`) shows that each is caught by the claims it belongs to.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["central", "dcn", "any"]


class UnknownFault(LookupError):
    """No fault of the catalogue has this name; the message names those that are near."""


@dataclass(frozen=True)
class Fault:
    """One way in which a deployment can be wrong.

    `title` says what is broken, `source` who has met it: a row of the specification (`SPEC A8`), a number of
    the list of failures seen in the real world (`FAILURES 25`), a bug of Launchpad (`LP1959186`).
    `site` is the kind of site that it is at. Claims in `must` have to fail; those in `may` can fail as a consequence,
    and any other claim that fails is noise. With `read_only` it is looked for by the checks that create nothing.
    """

    name: str
    title: str
    source: str
    site: Kind
    must: frozenset[str]
    may: frozenset[str] = frozenset()
    read_only: bool = False

    def __str__(self) -> str:
        return self.name


def _claims(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _fault(
    name: str, title: str, *, source: str, site: Kind, must: str, may: str = "", read_only: bool = False
) -> Fault:
    return Fault(name, title, source, site, _claims(must), _claims(may) - _claims(must), read_only)


#: What fails when central's Glance cannot write to a site's store: every stage that needs it.
_UNWRITABLE = "B2 B3 B7 B8"

FAULTS: tuple[Fault, ...] = (
    # A1: a Ceph cluster at each site
    _fault(
        "own-conf-has-another-fsid",
        "the site's own /etc/ceph/<cluster>.conf gives its clients the FSID of another cluster",
        source="SPEC A1",
        site="dcn",
        must="A1",
        read_only=True,
    ),
    _fault(
        "one-cluster-for-two-sites",
        "the site's hosts lead to another DCN site's cluster, under the name of their own",
        source="SPEC A1",
        site="dcn",
        must="A1 A10",
        may="A8 A9 A11 B2 B3 B4 B5 B6 B7 B8",
    ),
    # A2: the stores of central's Glance
    _fault(
        "store-missing-at-central",
        "central's Glance has no store for the site",
        source="SPEC A2",
        site="dcn",
        must="A2",
        may=_UNWRITABLE,
    ),
    _fault(
        "unknown-store-at-central",
        "central's Glance has a store that belongs to no site",
        source="SPEC A2",
        site="central",
        must="A2",
        may="B2",
    ),
    _fault(
        "central-default-store-wrong",
        "the default store of central's Glance is a DCN site's",
        source="SPEC A2",
        site="central",
        must="A2",
        read_only=True,
    ),
    _fault(
        "store-in-another-pool",
        "central's Glance keeps the site's images in the pool volumes",
        source="SPEC A2 B4",
        site="dcn",
        must="A2 B4 B5",
        may="B2 B3 B6 B7 B8",
    ),
    _fault(
        "store-leads-to-another-cluster",
        "the site's store at central's Glance has the ceph.conf of another DCN site",
        source="SPEC A2 B4, FAILURES 25",
        site="dcn",
        must="B3",
        may="B2 B4 B5 B6 B7 B8",
    ),
    # A3: the stores of a DCN site's Glance
    _fault(
        "dcn-default-store-wrong",
        "the default store of the site's Glance is central's",
        source="SPEC A3",
        site="dcn",
        must="A3",
        read_only=True,
    ),
    _fault(
        "dcn-lacks-central-store",
        "the site's Glance cannot push anything back: it has no store for central",
        source="SPEC A3",
        site="dcn",
        must="A3",
        read_only=True,
    ),
    _fault(
        "dcn-store-named-default-backend",
        "the site's Glance calls its own store default_backend, as central's calls another",
        source="FAILURES 1 26, LP1886374",
        site="dcn",
        must="A3",
        read_only=True,
    ),
    _fault(
        "unknown-store-at-dcn",
        "the site's Glance has a store that belongs to no site",
        source="SPEC A3",
        site="dcn",
        must="A3",
        read_only=True,
    ),
    _fault(
        "dcn-glance-stopped",
        "the site's Glance does not run",
        source="SPEC A3",
        site="dcn",
        must="A3",
        may="A2 A7",
        read_only=True,
    ),
    # A4: the catalog
    _fault(
        "second-public-image-endpoint",
        "the catalog has a second public image endpoint, at the site",
        source="SPEC A4",
        site="dcn",
        must="A4",
        read_only=True,
    ),
    _fault(
        "public-image-endpoint-at-dcn",
        "the public image endpoint is the site's Glance instead of central's",
        source="SPEC A4",
        site="dcn",
        must="A4",
        read_only=True,
    ),
    _fault(
        "second-public-identity-endpoint",
        "the catalog has a second public identity endpoint, at the site",
        source="SPEC A4",
        site="dcn",
        must="A4",
        read_only=True,
    ),
    _fault(
        "no-public-image-endpoint",
        "the catalog has no public image endpoint",
        source="SPEC A4",
        site="central",
        must="A4",
        read_only=True,
    ),
    # A5: import methods
    _fault(
        "copy-image-disabled",
        "central's Glance has copy-image not among its import methods",
        source="SPEC A5",
        site="central",
        must="A5",
        may="B3",
    ),
    _fault(
        "web-download-disabled",
        "the site's Glance has web-download not among its import methods",
        source="SPEC A5",
        site="dcn",
        must="A5",
        read_only=True,
    ),
    # A6: locations
    _fault(
        "locations-hidden",
        "central's Glance hides the locations of images, so that disks made from them are flat",
        source="FAILURES 10, LP1860990",
        site="central",
        must="A6 B4",
        may="B5 B8",
    ),
    _fault(
        "direct-url-hidden",
        "central's Glance hides the direct_url of images, so that volumes made from them are flat",
        source="FAILURES 11, LP1454638",
        site="central",
        must="A6 B4",
    ),
    _fault(
        "locations-hidden-at-dcn",
        "the site's Glance hides the locations of images, so that disks made there are flat",
        source="FAILURES 10, LP1860990",
        site="dcn",
        must="A6",
        read_only=True,
    ),
    # A7: conversion to raw
    _fault(
        "conversion-off",
        "central's Glance does not convert imported images, so that none can be cloned",
        source="FAILURES 6, LP1816686",
        site="central",
        must="A7 B1",
    ),
    _fault(
        "conversion-to-qcow2",
        "the site's Glance converts imported images to qcow2",
        source="FAILURES 6, LP1816686",
        site="dcn",
        must="A7",
        read_only=True,
    ),
    # A8: a DCN site's nodes as clients of central
    _fault(
        "central-conf-missing",
        "the site's nodes have no /etc/ceph/central.conf",
        source="SPEC A8",
        site="dcn",
        must="A8 A11",
        read_only=True,
    ),
    _fault(
        "central-keyring-missing",
        "the site's nodes have no keyring for central",
        source="SPEC A8",
        site="dcn",
        must="A8 A11",
        read_only=True,
    ),
    _fault(
        "central-keyring-world-readable",
        "everybody on the site's nodes can read the key to central",
        source="SPEC A8",
        site="dcn",
        must="A8",
        read_only=True,
    ),
    _fault(
        "central-keyring-not-for-glance",
        "Glance at the site may not read the keyring for central: it is root's",
        source="SPEC A8",
        site="dcn",
        must="A8",
        read_only=True,
    ),
    _fault(
        "central-conf-has-another-fsid",
        "central.conf on the site's nodes has the FSID of no cluster",
        source="SPEC A8",
        site="dcn",
        must="A8",
        may="A11",
        read_only=True,
    ),
    _fault(
        "central-conf-has-other-mons",
        "central.conf on the site's nodes has the monitors of the site itself",
        source="SPEC A8",
        site="dcn",
        must="A8 A11",
        read_only=True,
    ),
    _fault(
        "central-conf-names-no-keyring",
        "central.conf on the site's nodes has no `[client] keyring` line",
        source="SPEC A8",
        site="dcn",
        must="A8",
        read_only=True,
    ),
    _fault(
        "central-keyring-has-another-key",
        "the keyring for central on the site's nodes has a key that central does not know",
        source="SPEC A8 A11",
        site="dcn",
        must="A8 A11",
        read_only=True,
    ),
    # A9: central's nodes as clients of a DCN site
    _fault(
        "dcn-conf-missing",
        "central's nodes have no /etc/ceph/<site>.conf",
        source="SPEC A9",
        site="dcn",
        must="A9 A11",
        may=f"A2 {_UNWRITABLE}",
    ),
    _fault(
        "dcn-keyring-world-readable",
        "everybody on central's nodes can read the key to the site",
        source="SPEC A9",
        site="dcn",
        must="A9",
        read_only=True,
    ),
    _fault(
        "dcn-keyring-not-for-glance",
        "Glance at central may not read the keyring for the site: it is root's",
        source="SPEC A9",
        site="dcn",
        must="A9",
        may=f"A2 {_UNWRITABLE}",
    ),
    _fault(
        "dcn-conf-has-another-fsid",
        "<site>.conf on central's nodes has the FSID of no cluster",
        source="SPEC A9",
        site="dcn",
        must="A9",
        may="A11",
        read_only=True,
    ),
    _fault(
        "dcn-conf-names-no-keyring",
        "<site>.conf on central's nodes has no `[client] keyring` line",
        source="SPEC A9",
        site="dcn",
        must="A9",
        read_only=True,
    ),
    _fault(
        "dcn-keyring-of-another-site",
        "the keyring for the site on central's nodes holds another site's key",
        source="SPEC A9 A11",
        site="dcn",
        must="A9 A11",
        may=f"A2 {_UNWRITABLE}",
    ),
    # A10: the caps and keys of client.external
    _fault(
        "external-caps-lack-a-pool",
        "client.external of the site has no cap on the pool vms",
        source="SPEC A10",
        site="any",
        must="A10",
        read_only=True,
    ),
    _fault(
        "external-caps-too-wide",
        "client.external of the site may do anything to its OSDs",
        source="SPEC A10",
        site="any",
        must="A10",
        read_only=True,
    ),
    _fault(
        "external-may-only-read",
        "client.external of the site may read its images, but not write them",
        source="SPEC A10",
        site="dcn",
        must="A10 B3",
        may=_UNWRITABLE,
    ),
    _fault(
        "one-external-key-for-two-sites",
        "the site's client.external has central's key",
        source="SPEC A10",
        site="dcn",
        must="A10",
        read_only=True,
    ),
    # A11: the key from the other side
    _fault(
        "external-key-rotated",
        "the site's client.external got a new key, and central was not told",
        source="SPEC A11",
        site="dcn",
        must="A9 A11",
        may=f"A2 {_UNWRITABLE}",
    ),
    _fault(
        "wan-rejects-ceph",
        "a firewall between central and the site refuses Ceph's ports",
        source="SPEC A11",
        site="dcn",
        must="A11",
        may=_UNWRITABLE,
        read_only=True,
    ),
    _fault(
        "wan-drops-ceph",
        "a firewall between central and the site drops what goes to Ceph's ports",
        source="SPEC A11, FAILURES 29",
        site="dcn",
        must="A11",
        may=_UNWRITABLE,
        read_only=True,
    ),
    # A16: health
    _fault(
        "cluster-warns",
        "the site's cluster is HEALTH_WARN: somebody left the flag noout set",
        source="SPEC A16",
        site="any",
        must="A16",
        read_only=True,
    ),
    _fault(
        "mon-stopped",
        "the site's only monitor does not run",
        source="SPEC A16",
        site="dcn",
        must="A1",
        may="A8 A9 A10 A11 A16",
        read_only=True,
    ),
    # B1, B2: imports
    _fault(
        "import-reaches-too-many-stores",
        "web-download puts the image into the site's store too, which nobody asked for",
        source="SPEC B1 B5",
        site="dcn",
        must="B1 B5",
        may="B3",
    ),
    _fault(
        "all-stores-skips-one",
        "all_stores leaves the site's store out, and says nothing",
        source="SPEC B2",
        site="dcn",
        must="B2",
    ),
    _fault(
        "upload-is-truncated",
        "glance-direct loses the end of what was uploaded",
        source="SPEC B2",
        site="central",
        must="B2 B6",
    ),
    # B3: copies
    _fault(
        "copy-never-arrives",
        "copy-image to the site ends well, and the store never appears",
        source="FAILURES 25",
        site="dcn",
        must="B3",
    ),
    _fault(
        "copy-stays-importing",
        "the site's store stays in os_glance_importing_to_stores for ever",
        source="FAILURES 2, LP1891352, LP1914826",
        site="dcn",
        must="B3",
        may=_UNWRITABLE,
    ),
    _fault(
        "copy-forbidden",
        "the policy of central's Glance lets nobody copy images",
        source="FAILURES 23",
        site="central",
        must="B3",
    ),
    _fault(
        "copy-changes-the-checksum",
        "copy-image to the site writes another checksum into the record",
        source="SPEC B3",
        site="dcn",
        must="B3",
    ),
    # B4: locations
    _fault(
        "location-names-another-cluster",
        "the location of the site's copy has another site's FSID",
        source="SPEC B4",
        site="dcn",
        must="B4",
        may="B5 B8",
    ),
    _fault(
        "direct-url-names-another-cluster",
        "direct_url is the location of a DCN site's copy",
        source="FAILURES 11, LP1454638",
        site="central",
        must="B4",
    ),
    # B5: what the clusters hold
    _fault(
        "copy-has-no-data",
        "record and location tell of a copy at the site, and its cluster holds nothing",
        source="FAILURES 25",
        site="dcn",
        must="B5",
        may="B2 B3 B4 B6 B7 B8",
    ),
    _fault(
        "snapshot-unprotected",
        "the snapshot of the site's copy is not protected, so that nothing can be cloned",
        source="SPEC B5",
        site="dcn",
        must="B5",
        may="B2 B3",
    ),
    _fault(
        "snapshot-missing",
        "the site's copy has no snapshot, so that nothing can be cloned",
        source="SPEC B5",
        site="dcn",
        must="B5",
        may="B2 B3 B6",
    ),
    _fault(
        "copy-is-larger",
        "the site's copy is 8 MiB larger than the image",
        source="SPEC B5",
        site="dcn",
        must="B5",
        may="B2 B3 B6",
    ),
    _fault(
        "stray-copy",
        "every image in central's store is in the site's cluster too, and no record tells of it",
        source="SPEC B5",
        site="dcn",
        must="B5",
        may=_UNWRITABLE,
    ),
    # B6: bytes
    _fault(
        "other-bytes",
        "the site's copy has other bytes in its place",
        source="SPEC B6",
        site="dcn",
        must="B6",
    ),
    # B7, B8: removal
    _fault(
        "delete-leaves-data",
        "deletion leaves the image's data in the site's cluster",
        source="SPEC B7 B8",
        site="dcn",
        must="B7 B8",
    ),
    _fault(
        "delete-to-trash",
        "deletion moves the image's data at the site into the trash",
        source="FAILURES 16, LP1959186",
        site="dcn",
        must="B7 B8",
    ),
    _fault(
        "delayed-delete",
        "central's Glance only marks images as to be deleted, and no scrubber runs",
        source="SPEC B7",
        site="central",
        must="B7",
        may="B8",
    ),
    _fault(
        "stores-delete-removes-all",
        "removing the site's copy removes the data of all copies",
        source="SPEC B8",
        site="dcn",
        must="B8",
    ),
    _fault(
        "stores-delete-keeps-the-record",
        "removing the site's copy removes the data, and the record still tells of it",
        source="SPEC B8",
        site="dcn",
        must="B8",
    ),
    # B9: bad requests
    _fault(
        "last-copy-deletable",
        "stores-delete removes the last copy of an image",
        source="SPEC B9, FAILURES 14",
        site="central",
        must="B9",
    ),
    _fault(
        "unknown-method-accepted",
        "an import by a method that is not enabled is accepted, and nothing happens",
        source="SPEC B9",
        site="central",
        must="B9",
    ),
    _fault(
        "unknown-store-accepted",
        "a copy to a store that does not exist is accepted, and nothing happens",
        source="SPEC B9",
        site="central",
        must="B9",
    ),
    _fault(
        "refusal-leaves-traces",
        "a refused copy leaves its store in os_glance_importing_to_stores",
        source="SPEC B9, FAILURES 3, LP1884596",
        site="central",
        must="B9",
    ),
    # B10: imports that fail
    _fault(
        "failed-import-leaves-data",
        "an import that cannot be fetched leaves an RBD image in central's cluster",
        source="SPEC B10, FAILURES 4",
        site="central",
        must="B10",
    ),
    _fault(
        "failed-import-stays-importing",
        "an import that cannot be fetched leaves the image's status at importing",
        source="FAILURES 5, LP2072483",
        site="central",
        must="B10",
    ),
    _fault(
        "failed-import-reports-success",
        "the task of an import that cannot be fetched ends as a success",
        source="SPEC B10",
        site="central",
        must="B10",
    ),
)


def find(name: str, among: Iterable[Fault] = FAULTS) -> Fault:
    """The fault of that name; raises UnknownFault, which names those that are near."""
    by_name = {fault.name: fault for fault in among}
    if name in by_name:
        return by_name[name]
    words = set(name.split("-"))
    related = sorted(by_name, key=lambda other: -len(words & set(other.split("-"))))
    near = (
        difflib.get_close_matches(name, by_name, n=4, cutoff=0.5)
        or [other for other in related if words & set(other.split("-"))][:4]
    )
    raise UnknownFault(
        f"no fault {name!r}" + (f"; near: {', '.join(near)}" if near else f"; there are {len(by_name)}: list them")
    )

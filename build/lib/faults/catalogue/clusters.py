"""Faults of the Ceph clusters themselves (A1, A16)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "own-conf-has-another-fsid",
        "the site's own /etc/ceph/<cluster>.conf gives its clients the FSID of another cluster",
        source="claims A1",
        site="dcn",
        must="A1",
        read_only=True,
    ),
    fault(
        "one-cluster-for-two-sites",
        "the site's hosts lead to another DCN site's cluster, under the name of their own",
        source="claims A1",
        site="dcn",
        must="A1 A10",
        may="A8 A9 A11 A17 B2 B3 B4 B5 B6 B7 B8 B11 C1 C2 C3 C5 C7 D1 D2 D3 D4 D5",
    ),
    fault(
        "mon-stopped",
        "the site's only monitor does not run",
        source="claims A16",
        site="dcn",
        must="A1",
        may="A2 A3 A8 A9 A10 A11 A16 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 "
        "C1 C2 C3 C4 C5 C6 C7 C8 C9 D1 D2 D3 D4 D5 D6 F5",
        read_only=True,
    ),
    fault(
        "mon-stopped-in-mid-run",
        "the site's only monitor stops when the first copy of an image is in its cluster",
        source="known-failures 29",
        site="dcn",
        must="F5",
        may="A1 A2 A3 A8 A9 A10 A11 A16 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 C1 C2 C3 C4 C5 C6 C7 C8 C9 D1 D2 D3 D4 D5 D6",
    ),
    fault(
        "images-pool-over-quota",
        "the quota of the site's pool of images is used up: imports and copies wait, and go on when it is lifted",
        source="known-failures 29",
        site="dcn",
        must="A16 B3 F5",
        may="B1 B2 B4 B5 B6 B7 B8 C1 C2 C3 C4 C5 C6 C7 C8 C9 D1 D2 D3 D4 D5 D6",
    ),
    fault(
        "fsid-of-another-site",
        "the site's cluster has central's FSID: it is central's cluster, or was cloned from it",
        source="claims A1",
        site="dcn",
        must="A1",
        may="A8 A9 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 C1 C2 C3 C4 C5 C6 C7 C8 C9 D1 D2 D3 D4 D5 D6 F5",
        read_only=True,
    ),
    fault(
        "cluster-cut-off",
        "no monitor of the site's cluster answers anybody; a copy to it never ends",
        source="known-failures 29",
        site="dcn",
        must="A1",
        may="A2 A3 A8 A9 A10 A11 A16 B1 B2 B3 B4 B5 B6 B7 B8 B9 B10 B11 "
        "C1 C2 C3 C4 C5 C6 C7 C8 C9 D1 D2 D3 D4 D5 D6 F5",
        read_only=True,
    ),
    fault(
        "cluster-warns",
        "the site's cluster is HEALTH_WARN: somebody left the flag noout set",
        source="claims A16",
        site="any",
        must="A16",
        read_only=True,
    ),
    fault(
        "health-warning",
        "the cluster is in HEALTH_WARN: an OSD is nearly full",
        source="claims A16",
        site="dcn",
        must="A16",
        read_only=True,
    ),
    fault(
        "health-error",
        "the cluster is in HEALTH_ERR: a placement group is damaged",
        source="claims A16",
        site="dcn",
        must="A16",
        read_only=True,
    ),
    fault(
        "clocks-apart",
        "the monitors' clocks differ (MON_CLOCK_SKEW)",
        source="claims A16",
        site="dcn",
        must="A16",
        read_only=True,
    ),
    fault(
        "mon-out-of-quorum",
        "one of three monitors is not in quorum",
        source="claims A16",
        site="dcn",
        must="A16",
        read_only=True,
    ),
)

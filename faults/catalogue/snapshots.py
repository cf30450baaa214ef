"""Faults of the round trip of a server's snapshot (D1-D6)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "snapshot-lands-at-central",
        "the image of a server at the site is stored at central instead",
        source="known-failures 21 26",
        site="dcn",
        must="D1",
        may="D2 D5",
    ),
    fault(
        "snapshot-is-at-central-too",
        "the image of a server at the site is recorded at central as well",
        source="claims D1",
        site="dcn",
        must="D1",
        may="D5",
    ),
    fault(
        "server-stays-stopped-after-snapshot",
        "a server of which an image was taken cannot be started again",
        source="claims D1",
        site="dcn",
        must="D1",
        may="C7",
    ),
    fault(
        "snapshot-is-empty",
        "the image of an image-backed server has size 0",
        source="known-failures 20",
        site="dcn",
        must="D1",
        may="D2 D3 D6",
    ),
    fault(
        "snapshot-cannot-be-copied-to-central",
        "a copy of the snapshot to central is refused: it is said to be there already",
        source="known-failures 26",
        site="central",
        must="D2",
    ),
    fault(
        "snapshot-cannot-be-copied-on",
        "a copy of the snapshot to another DCN site is refused",
        source="known-failures 26",
        site="dcn",
        must="D3",
    ),
    fault(
        "snapshot-boots-flat",
        "a disk made from the snapshot at the other site is a full copy",
        source="claims D4",
        site="dcn",
        must="D4",
    ),
    fault(
        "second-generation-lands-at-central",
        "the image of a server that runs from a snapshot is stored at central instead of at its site",
        source="claims D5",
        site="dcn",
        must="D5",
        may="D1 D2",
    ),
    fault(
        "guests-writes-are-lost",
        "what a guest writes to its disk at the site never reaches the cluster",
        source="claims D6",
        site="dcn",
        must="D6",
    ),
    fault(
        "snapshot-arrives-without-the-writes",
        "the snapshot's copy at the other site lacks what the guest had written",
        source="claims D6",
        site="dcn",
        must="D6",
        may="D3",
    ),
)

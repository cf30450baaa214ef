"""Faults of volumes, their zones and their snapshots (C3-C7)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "volume-is-flat",
        "a volume from an image at the site is a full copy, though the image is there",
        source="known-failures 11",
        site="dcn",
        must="C3",
        may="C5 C7 D4",
    ),
    fault(
        "volume-at-central-too",
        "a volume of the site is in central's cluster as well",
        source="claims C3",
        site="dcn",
        must="C3",
        may="C5 D4 F5",
    ),
    fault(
        "volumes-are-made-at-central",
        "a volume of the site's availability zone is made in central's cluster",
        source="known-failures 18",
        site="dcn",
        must="C3 C5",
        may="C4 D4",
    ),
    fault(
        "volume-stays-available",
        "a volume that a server boots from is shown as available and attached to nothing",
        source="claims C4",
        site="dcn",
        must="C4",
    ),
    fault(
        "server-in-another-zone",
        "a server that was asked for at the site is shown in central's zone",
        source="claims C4",
        site="dcn",
        must="C4",
        may="C1",
    ),
    fault(
        "volume-of-another-zone-accepted",
        "a server at the site takes a volume of another zone, and becomes active with it",
        source="claims C6",
        site="dcn",
        must="C6",
    ),
    fault(
        "refused-server-keeps-the-volume",
        "a server that is refused a volume of another zone leaves the volume reserved",
        source="claims C6",
        site="dcn",
        must="C6",
        may="F5",
    ),
    fault(
        "attach-answers-500",
        "the site's nova-compute does not answer when a volume is to be attached: Nova answers 500, whatever the zone",
        source="claims C6",
        site="dcn",
        must="C6",
    ),
    fault(
        "volume-snapshot-unprotected",
        "a volume's snapshot at the site is not protected",
        source="claims C7",
        site="dcn",
        must="C7",
    ),
    fault(
        "volume-snapshot-missing",
        "Cinder says that a volume's snapshot is available, and the cluster has none",
        source="claims C7",
        site="dcn",
        must="C7",
        may="D1",
    ),
    fault(
        "stopped-server-does-not-start",
        "a server that was stopped cannot be started again",
        source="claims C7",
        site="dcn",
        must="C7",
        may="D1",
    ),
    fault(
        "deleted-volume-leaves-its-data",
        "a volume's data stays in the site's cluster when the volume is deleted",
        source="known-failures 17",
        site="dcn",
        must="F5",
    ),
    fault(
        "volume-cannot-be-deleted",
        "a volume of the site goes to error_deleting",
        source="known-failures 17",
        site="dcn",
        must="F5",
    ),
)

"""Faults of leftovers in the clusters that belong to nothing (A23)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "orphaned-disk",
        "the site's pool vms has the disk of a server that nobody knows",
        source="claims A23",
        site="any",
        must="A23",
        read_only=True,
    ),
    fault(
        "orphaned-image",
        "the site's pool images has an image, with its protected snapshot, that has no record",
        source="claims A23",
        site="any",
        must="A23",
        read_only=True,
    ),
    fault(
        "orphaned-image-in-trash",
        "the trash of the site's pool images has an image that has no record",
        source="claims A23",
        site="any",
        must="A23",
        read_only=True,
    ),
    fault(
        "orphaned-volume",
        "the site's pool volumes has a volume that Cinder does not know",
        source="claims A23",
        site="any",
        must="A23",
        read_only=True,
    ),
)

"""Faults of removals, and of what must survive them (B7, B8, F5)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "delete-leaves-data",
        "deletion leaves the image's data in the site's cluster",
        source="claims B7 B8, known-failures 15",
        site="dcn",
        must="B7 B8",
        may="B11 F5",
    ),
    fault(
        "delete-to-trash",
        "deletion moves the image's data at the site into the trash",
        source="known-failures 16, LP1959186",
        site="dcn",
        must="B7 B8",
        may="B11 F5",
    ),
    fault(
        "delayed-delete",
        "central's Glance only marks images as to be deleted, and no scrubber runs",
        source="claims B7",
        site="central",
        must="B7",
        may="B8 B9 B11 F5",
    ),
    fault(
        "delete-is-forgotten",
        "image-delete answers 204 and deletes nothing",
        source="claims B7",
        site="central",
        must="B7",
        may="B9 B11 F5",
    ),
    fault(
        "stores-delete-removes-all",
        "removing the site's copy removes the data of all copies",
        source="claims B8",
        site="dcn",
        must="B8",
        may="B11",
    ),
    fault(
        "stores-delete-keeps-the-record",
        "removing the site's copy removes the data, and the record still tells of it",
        source="claims B8",
        site="dcn",
        must="B8",
        may="B11",
    ),
    fault(
        "stores-delete-leaves-data",
        "stores-delete takes the store out of the record and leaves the data",
        source="claims B8",
        site="central",
        must="B8",
        may="B11 F5",
    ),
    fault(
        "stores-delete-removes-two",
        "stores-delete removes one copy more than it was asked to",
        source="claims B8",
        site="central",
        must="B8",
        may="B11",
    ),
)

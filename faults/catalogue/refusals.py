"""Faults of requests that must be refused, and of imports that fail (B9, B10)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "last-copy-deletable",
        "stores-delete removes the last copy of an image",
        source="claims B9, known-failures 14",
        site="central",
        must="B9",
        may="B11",
    ),
    fault(
        "unknown-method-accepted",
        "an import by a method that is not enabled is accepted, and nothing happens",
        source="claims B9",
        site="central",
        must="B9",
    ),
    fault(
        "unknown-store-accepted",
        "a copy to a store that does not exist is accepted, and nothing happens",
        source="claims B9",
        site="central",
        must="B9",
    ),
    fault(
        "refusal-leaves-traces",
        "a refused copy leaves its store in os_glance_importing_to_stores",
        source="claims B9, known-failures 3, LP1884596",
        site="central",
        must="B9",
    ),
    fault(
        "second-copy-accepted",
        "a copy to a store that has the image already is accepted",
        source="claims B9",
        site="central",
        must="B9",
    ),
    fault(
        "refused-request-leaves-a-mark",
        "a refused copy-image removes another copy of the image all the same",
        source="claims B9",
        site="central",
        must="B9",
        may="F5",
    ),
    fault(
        "copy-in-use-deleted",
        "an image with clones can be deleted; its data stays behind",
        source="claims B9, known-failures 16",
        site="central",
        must="B9",
        may="F5",
    ),
    fault(
        "parent-in-trash-is-purged",
        "clones need no protected parent, and what was deleted in use is gone from the trash, for all its clones",
        source="claims B9",
        site="central",
        must="B9",
    ),
    fault(
        "failed-import-leaves-data",
        "an import that cannot be fetched leaves an RBD image in central's cluster",
        source="claims B10, known-failures 4",
        site="central",
        must="B10",
        may="F5",
    ),
    fault(
        "failed-import-stays-importing",
        "an import that cannot be fetched leaves the image's status at importing",
        source="known-failures 5, LP2072483",
        site="central",
        must="B10",
    ),
    fault(
        "failed-import-answers-500",
        "central's Glance answers 500 to an import that cannot be fetched, and starts no task",
        source="claims B10",
        site="central",
        must="B10",
    ),
    fault(
        "failed-import-reports-success",
        "the task of an import that cannot be fetched ends as a success",
        source="claims B10",
        site="central",
        must="B10",
    ),
    fault(
        "failed-import-becomes-active",
        "an image whose data could not be fetched becomes active",
        source="known-failures 5",
        site="central",
        must="B10",
    ),
    fault(
        "failed-import-keeps-importing",
        "an import that could not fetch its data leaves its stores in os_glance_importing_to_stores",
        source="known-failures 2",
        site="central",
        must="B10",
    ),
)

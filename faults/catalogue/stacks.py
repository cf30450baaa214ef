"""Faults of the stacks on the undercloud (A18)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "stack-missing",
        "the undercloud has no stack for the site: it was deleted there, or never deployed from there",
        source="claims A18",
        site="dcn",
        must="A18",
        read_only=True,
    ),
    fault(
        "stack-create-failed",
        "the deployment of the site's stack failed",
        source="claims A18",
        site="dcn",
        must="A18",
        read_only=True,
    ),
    fault(
        "stack-update-in-progress",
        "the site's stack is still being updated",
        source="claims A18",
        site="dcn",
        must="A18",
        read_only=True,
    ),
    fault(
        "stack-update-failed",
        "the last update of central's stack failed, as when a DCN site's Glance was added to it",
        source="claims A18",
        site="central",
        must="A18",
        read_only=True,
    ),
)

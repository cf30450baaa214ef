"""Faults of a scale-out node, which has a HAProxy in place of a Glance (A13)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "haproxy-stopped",
        "the HAProxy of the site's scale-out node does not run",
        source="claims A13",
        site="scale-out",
        must="A13",
        read_only=True,
    ),
    fault(
        "haproxy-leads-nowhere",
        "nothing answers where the HAProxy of the site's scale-out node looks for Glance",
        source="claims A13",
        site="scale-out",
        must="A13",
        read_only=True,
    ),
    fault(
        "haproxy-leads-to-central",
        "the HAProxy of the site's scale-out node leads to central's Glance",
        source="claims A13",
        site="scale-out",
        must="A13",
        read_only=True,
    ),
    fault(
        "haproxy-is-passed-by",
        "nova-compute of the site's scale-out node asks central's Glance instead of its HAProxy",
        source="claims A13, known-failures 22",
        site="scale-out",
        must="A13",
        read_only=True,
    ),
)

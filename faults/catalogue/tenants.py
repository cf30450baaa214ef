"""Faults that only ordinary tenants meet (C10)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "tenant-may-not-use-the-store",
        "a policy forbids tenants to import images into the site's store",
        source="claims C10",
        site="dcn",
        must="C10",
    ),
    fault(
        "tenant-gets-no-image-at-the-site",
        "the site's Glance refuses images to tenants, with whose token Nova asks for them",
        source="claims C10",
        site="dcn",
        must="C10",
    ),
    fault(
        "tenant-sees-no-locations",
        "the site's Glance shows locations to administrators only, and the disks of tenants are full copies",
        source="claims C10",
        site="dcn",
        must="C10",
    ),
    fault(
        "tenant-copy-breaks-glance",
        "a tenant's request to copy an image to the site's store is neither carried out nor forbidden: Glance fails",
        source="claims C10",
        site="dcn",
        must="C10",
    ),
)

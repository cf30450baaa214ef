"""Faults of servers and their disks (C1, C2, C8, C9)."""

from __future__ import annotations

from faults.catalogue.fault import Fault, fault

FAULTS: tuple[Fault, ...] = (
    fault(
        "server-disk-is-flat",
        "a server's disk at the site is a full copy, though the image is there",
        source="known-failures 8",
        site="dcn",
        must="C1",
        may="D4",
    ),
    fault(
        "server-disk-at-central-too",
        "a server's disk at the site is in central's cluster as well",
        source="claims C1",
        site="dcn",
        must="C1",
        may="C2 D4 F5",
    ),
    fault(
        "disk-xml-names-central",
        "libvirt's XML of a server's disk at the site names central's monitors",
        source="claims C1",
        site="dcn",
        must="C1",
    ),
    fault(
        "servers-fail",
        "every server at the site goes to ERROR",
        source="known-failures 27",
        site="dcn",
        must="C1",
        may="C2 C4 C5 D4",
    ),
    fault(
        "libvirt-secret-missing",
        "libvirt at the site does not know the key to the cluster, though nova.conf names its secret",
        source="claims A17 C1, known-failures 28",
        site="dcn",
        must="A17 C1",
        may="C2 C4 C5 D4",
    ),
    fault(
        "neutron-answers-500",
        "Neutron is down: servers are created, and show, list and delete answer 500",
        source="known-failures 30 31",
        site="central",
        must="C1",
    ),
    fault(
        "neutron-goes-down",
        "Neutron goes down when the first server is made: no server can be shown, listed or deleted from then on",
        source="known-failures 31",
        site="central",
        must="C1 F5",
        may="C2 C4 C5 C8",
    ),
    fault(
        "streaming-fails",
        "the site's Glance cannot stream an image from central: it has lost central's store's cluster",
        source="known-failures 27",
        site="dcn",
        must="C2",
    ),
    fault(
        "boot-reads-from-central",
        "a disk at the site is a clone, and yet the image's bytes were read from central",
        source="claims C8",
        site="first-dcn",
        must="C8",
    ),
    fault(
        "guest-finds-no-disk",
        "a guest at the site is active for Nova, and its console shows that it found no disk to boot from",
        source="claims C9",
        site="dcn",
        must="C9",
        may="D6",
    ),
    fault(
        "console-is-empty",
        "the console of a guest at the site is empty",
        source="claims C9",
        site="dcn",
        must="C9",
        may="D6",
    ),
    fault(
        "deleted-server-leaves-its-disk",
        "a server's disk stays in the site's cluster when the server is deleted",
        source="claims F5",
        site="dcn",
        must="F5",
    ),
)

"""Faults of servers and their disks."""

from __future__ import annotations

from lab import neutron
from lab.faults.breaking import Breaking
from lab.faults.bugs import break_compute, in_compute, to_central
from lab.faults.configuration import GLANCE_CONF
from lab.faults.ini import set_option


def libvirt_secret_missing(at: Breaking) -> None:
    for host in at.site.hosts:
        at.secrets(host)


def server_disk_at_central_too(at: Breaking) -> None:
    break_compute(at, "server-disk-at-central-too", **to_central(at))


def boot_reads_from_central(at: Breaking) -> None:
    break_compute(at, "boot-reads-from-central", **to_central(at))


def streaming_fails(at: Breaking) -> None:
    """Start the site's Glance with a user of central that does not exist, and restore the file afterwards."""

    def wrong(text: str) -> str:
        return set_option(text, at.central.name, "rbd_store_user", "nobody")

    at.runs_with(GLANCE_CONF, at.site.glances, wrong, at.restart_glance)


def neutron_answers_500(at: Breaking) -> None:
    for host in at.central.hosts:
        at.stop_container(host, neutron.CONTAINER)


server_disk_is_flat = in_compute("server-disk-is-flat")
guest_finds_no_disk = in_compute("guest-finds-no-disk")
console_is_empty = in_compute("console-is-empty")
deleted_server_leaves_its_disk = in_compute("deleted-server-leaves-its-disk")

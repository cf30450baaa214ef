"""Faults in what Nova and Cinder do: the real services with a bug in them (`buggy_nova.py`, `buggy_cinder.py`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from lab import cinder, compute, neutron, nova
from lab.faults import settings
from lab.faults.breaking import Breaking
from lab.faults.compute import CONF as NOVA_CONF
from lab.faults.ini import set_option
from lab.plan import Host

_HERE = Path(__file__).parent
_SCRIPTS = "/var/lib/config-data/dcn-lab"
_STARTS = "    runpy.run_path("


def bug_of_compute(name: str) -> Callable[[Breaking], None]:
    """The bug of that name in the nova-compute of the fault's site."""
    return lambda at: _in_compute(at, name)


def bug_of_volumes(name: str) -> Callable[[Breaking], None]:
    """The bug of that name in the cinder-volume of the fault's site."""
    return lambda at: _in_volumes(at, name)


def _in_compute(at: Breaking, bug: str, **how: str) -> None:
    _bring(at, "buggy_nova.py", "nova-compute", compute.CONTAINER, at.site.hosts, {"bug": bug, **how})


def _in_volumes(at: Breaking, bug: str, **how: str) -> None:
    _bring(at, "buggy_cinder.py", "cinder-volume", cinder.VOLUME_CONTAINER, at.site.mons, {"bug": bug, **how})


def _bring(at: Breaking, script: str, program: str, container: str, hosts: Iterable[Host], bug: dict[str, str]) -> None:
    for host in hosts:
        for name in ("buggy_service.py", script):
            at.add(host, f"{_SCRIPTS}/{name}", (_HERE / name).read_text(encoding="utf-8"))
        at.add(host, f"{_SCRIPTS}/bug.json", json.dumps(bug) + "\n")
        at.edit(host, f"{_SCRIPTS}/start.py", lambda text: use_buggy(text, program, script))
    at.restart(container, *hosts)


def use_buggy(start: str, program: str, script: str) -> str:
    """The lab's start.py, which runs a script before it runs this program."""
    more = f'    if program == "{program}":\n        runpy.run_path("/opt/dcn-lab/{script}")\n'
    return start.replace(_STARTS, more + _STARTS, 1)


def _to_central(at: Breaking) -> dict[str, str]:
    """How the site's hosts reach central's cluster."""
    return {"conf": f"/etc/ceph/{at.central.cluster}.conf", "user": "external"}


# Servers


def server_disk_at_central_too(at: Breaking) -> None:
    _in_compute(at, "server-disk-at-central-too", **_to_central(at))


def boot_reads_from_central(at: Breaking) -> None:
    _in_compute(at, "boot-reads-from-central", **_to_central(at))


def streaming_fails(at: Breaking) -> None:
    """The file is right: the site's Glance was started when it still named a user of central that there is not."""

    def wrong(text: str) -> str:
        return set_option(text, at.central.name, "rbd_store_user", "nobody")

    at.runs_with(settings.CONF, at.site.glances, wrong, at.restart_glance)


def server_in_another_zone(at: Breaking) -> None:
    bug = {"bug": "server-in-another-zone", "host": at.site.first.name, "zone": at.central.name}
    _bring(at, "buggy_nova.py", "nova-api", nova.container_name("api"), at.central.hosts, bug)


def neutron_answers_500(at: Breaking) -> None:
    for host in at.central.hosts:
        at.stop_container(host, neutron.CONTAINER)


# Volumes


def volume_at_central_too(at: Breaking) -> None:
    _in_volumes(at, "volume-at-central-too", **_to_central(at))


def volume_stays_available(at: Breaking) -> None:
    bug = {"bug": "volume-stays-available", "zone": at.site.name}
    _bring(at, "buggy_cinder.py", "cinder-api", cinder.container_name("api"), at.central.hosts, bug)


def volume_of_another_zone_accepted(at: Breaking) -> None:
    """Its libvirt knows central's key, too: without it the zone would not be asked for, and the disk not opened."""
    for host in at.site.hosts:
        at.secrets(host, at.site.name, at.central.name)
    _in_compute(at, "volume-of-another-zone-accepted")


def refused_server_keeps_the_volume(at: Breaking) -> None:
    _in_compute(at, "refused-server-keeps-the-volume", zone=at.site.name)


# Images of servers


def snapshot_lands_at_central(at: Breaking) -> None:
    _uploaded_to_central(at, "snapshot-lands-at-central")


def second_generation_lands_at_central(at: Breaking) -> None:
    _uploaded_to_central(at, "second-generation-lands-at-central")


def _uploaded_to_central(at: Breaking, bug: str) -> None:
    """nova-compute uploads the image instead of having it made in the cluster, and to central's Glance.

    The file is right: the service was started when it still named that one.
    """

    def wrong(text: str) -> str:
        return set_option(text, "glance", "api_servers", at.central.glance_url)

    at.runs_with(NOVA_CONF, at.site.hosts, wrong, lambda *hosts: _in_compute(at, bug))

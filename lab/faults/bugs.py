"""Install bugs into real services: `buggy_glance.py`, `buggy_nova.py` and `buggy_cinder.py` define the bugs by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from lab import cinder, compute
from lab.faults.breaking import Breaking
from lab.plan import Host

_HERE = Path(__file__).parent
_SCRIPTS = "/var/lib/config-data/dcn-lab"
_STARTS = "    runpy.run_path("


def in_glance(name: str) -> Callable[[Breaking], None]:
    """Return a fault that installs the named bug in central's Glance for the store of the fault's site."""

    def break_it(at: Breaking) -> None:
        at.buggy_glance(name, store=at.site.store_at_central)

    return break_it


def in_compute(name: str) -> Callable[[Breaking], None]:
    """Return a fault that installs the named bug in nova-compute of the fault's site."""
    return lambda at: break_compute(at, name)


def in_volumes(name: str) -> Callable[[Breaking], None]:
    """Return a fault that installs the named bug in cinder-volume of the fault's site."""
    return lambda at: break_volumes(at, name)


def break_compute(at: Breaking, bug: str, **how: str) -> None:
    bring(at, "buggy_nova.py", "nova-compute", compute.CONTAINER, at.site.hosts, {"bug": bug, **how})


def break_volumes(at: Breaking, bug: str, **how: str) -> None:
    bring(at, "buggy_cinder.py", "cinder-volume", cinder.VOLUME_CONTAINER, at.site.mons, {"bug": bug, **how})


def bring(at: Breaking, script: str, program: str, container: str, hosts: Iterable[Host], bug: dict[str, str]) -> None:
    for host in hosts:
        for name in ("buggy_service.py", script):
            at.add(host, f"{_SCRIPTS}/{name}", (_HERE / name).read_text(encoding="utf-8"))
        at.add(host, f"{_SCRIPTS}/bug.json", json.dumps(bug) + "\n")
        at.edit(host, f"{_SCRIPTS}/start.py", lambda text: use_buggy(text, program, script))
    at.restart(container, *hosts)


def use_buggy(start: str, program: str, script: str) -> str:
    """Return the text of the lab's start.py, changed to run a script before this program."""
    more = f'    if program == "{program}":\n        runpy.run_path("/opt/dcn-lab/{script}")\n'
    return start.replace(_STARTS, more + _STARTS, 1)


def to_central(at: Breaking) -> dict[str, str]:
    """Return the configuration file and the user with which the site's hosts reach central's cluster."""
    return {"conf": f"/etc/ceph/{at.central.cluster}.conf", "user": "external"}

"""Choose the tests that look for a fault and their timeouts, because the whole suite takes minutes on the lab."""

from __future__ import annotations

from pathlib import Path

import yaml

from faults.catalogue import Fault
from lab.state import write

_OF_IMAGES = ("tests/topology", "tests/images")
_OF_INSTANCES = ("tests/topology", "tests/instances", "tests/volumes")
_OF_SNAPSHOTS = ("tests/topology", "tests/snapshots")
_ALL = (*_OF_INSTANCES, "tests/images", "tests/snapshots")
#: seconds; several times the duration on a healthy lab
_TIMEOUTS = {"import": 120, "copy": 120, "delete": 60, "boot": 120, "volume": 90, "snapshot": 120}


def impatient(environment: Path) -> Path:
    """Write a copy of an environment file with shorter timeouts next to it, and return the path of the copy."""
    settings = yaml.safe_load(environment.read_text(encoding="utf-8"))
    copy = environment.with_name(f"{environment.stem}-for-faults.yaml")
    write(copy, yaml.safe_dump(settings | {"timeouts": _TIMEOUTS}, sort_keys=False), 0o644)
    return copy


def scope(fault: Fault, site: str, *, central: bool) -> list[str]:
    """Return pytest's arguments: folders of tests and a selection.

    Tests that create nothing look for their faults at every site. For faults of servers and volumes, the tests that
    boot servers run at the fault's site only. Faults of the snapshot round trip have tests of their own, which take as
    long again.
    """
    if fault.read_only:
        return [*_ALL]
    rows = {claim[0] for claim in fault.must}
    if not (rows & {"C", "D"} or "F5" in fault.must):
        return [*_OF_IMAGES]
    tests = _OF_SNAPSHOTS if rows == {"D"} else _OF_INSTANCES
    if central:
        return [*tests]
    return [*tests, "-k", site]

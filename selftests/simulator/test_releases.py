"""Other releases and layouts than the lab's are healthy: nothing fails, is blocked or is unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from faults.detection.seen import Seen
from faults.detection.suite import Suite
from simulator.faults import releases
from simulator.faults.changes import CHANGES
from simulator.process import running

OF_RELEASES = {
    name for name, change in CHANGES.items() if change.harmless and hasattr(releases, name.replace("-", "_"))
}
#: Variation → the part of the suite that concerns it.
LOOKED_AT = {
    "import-methods-of-the-guide": "images",
    "no-image-tasks-api": "images",
    "locations-api": "stores or images",
    "location-import": "round_trip",
    "glance-image-import-conf": "stores",
    "glance-in-a-web-server": "stores",
    "glance-config-folder": "stores",
    "keyring-in-the-clients-own-section": "clients",
    "keyring-by-metavariables": "clients",
    "keyring-at-its-usual-place": "clients",
    "ceph-files-of-services-elsewhere": "clients or clusters or keys",
    "monitors-by-name": "clients or clusters",
    "monitor-without-an-address": "clients or clusters",
    "podman-of-2019": "stores or compute",
    "internal-glance-alone": "stores",
    "nova-config-folder": "compute",
}

_METHODS = "glance-direct is not among the import methods of central's Glance: copy-image, web-download"
#: Variation → the claim that is partly skipped, and the reason.
NOT_OFFERED = {"import-methods-of-the-guide": {("B2", _METHODS)}}


def suite(folder: Path, name: str) -> tuple[Seen, dict[str, Any]]:
    """The result of the suite on a deployment with this variation, and its summary."""
    with running(folder / "state", "--fault", name) as environment:
        seen = Suite(environment, folder / "reports").run(name, read_only=False, options=("-k", LOOKED_AT[name]))
    (summary,) = (folder / "reports").glob("*-*-*/summary.json")
    return seen, json.loads(summary.read_text(encoding="utf-8"))


def test_every_variation_of_releases_is_looked_at():
    """The suite is run on every variation of releases."""
    assert LOOKED_AT.keys() == OF_RELEASES


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_release_is_healthy(name: str, tmp_path: Path):
    """Checks pass. None fails, is blocked or unknown, and only what the release does not offer is skipped."""
    seen, summary = suite(tmp_path, name)

    outcomes = summary["outcomes"]
    skipped = {(check["claim"], check["cause"]) for check in summary["checks"] if check["outcome"] == "skipped"}
    assert (seen.exit_code, seen.refused) == (0, "")
    assert {bad: outcomes[bad] for bad in ("failed", "blocked", "unknown")} == {"failed": 0, "blocked": 0, "unknown": 0}
    assert outcomes["passed"] > 10
    assert {(claim, cause) for claim, cause in skipped if claim[0] == "B"} == NOT_OFFERED.get(name, set())

"""Many kinds of healthy deployments: the acceptance suite must pass on each of them and leave nothing behind."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from faults.detection.runner import Limits
from faults.detection.seen import Seen
from faults.detection.suite import Suite
from faults.detection.verdicts import in_order
from faults.detection.way import Say
from simulator.faults import CHANGES
from simulator.process import DidNotStart, running
from simulator.worlds import WORLDS

#: Names of healthy variations, and the options of `dcn-verify simulate` for them. Stores with the same ID at all sites
#: are not included: reading an image through a site would make its record name central's store (known-failures 26).
VARIATIONS: dict[str, tuple[str, ...]] = {
    "as-the-guide-has-it": (),
    **{name: ("--fault", name) for name, change in CHANGES.items() if change.harmless},
    **{f"the-world-{name}": ("--world", name) for name in WORLDS},
    "cephadm-without-admin-keyring": ("--cephadm", "--nodes", "2"),
    "cephadm-and-files-elsewhere": ("--cephadm", "--fault", "ceph-files-of-services-elsewhere"),
    "docker-and-other-container-names": ("--docker", "--other-containers", "dcn0"),
    "glance-behind-a-node": ("--glance-behind-node", "dcn1"),
    "glance-in-pods": ("--pods",),
    "zones-named-otherwise": ("--other-zone-names",),
    "nova-has-absent-images-copied": ("--absent-images", "copy"),
    "nova-refuses-absent-images": ("--absent-images", "refuse"),
    "an-ordinary-tenant": ("--tenant",),
    "a-tenant-that-may-not-have-images-copied": ("--tenant", "--absent-images", "copy"),
    "a-tenant-that-may-copy": ("--tenant", "--absent-images", "copy", "--fault", "tenants-may-copy"),
    "others-read-from-central-at-times": ("--central-reads", "16:5"),
    "others-read-from-central-a-little": ("--central-reads", "0.1:0.2"),
    "clones-of-the-second-format": ("--clone-v2",),
    "one-cephx-user-for-everything": ("--shared-user", "profile"),
    "one-cephx-user-with-caps-spelt-out": ("--shared-user", "allow"),
    "volume-services-without-a-cluster": ("--volume-cluster", "none"),
    "volume-services-in-a-cluster-named-otherwise": ("--volume-cluster", "dcn"),
    "a-site-without-storage": ("--dcn", "3", "--without-storage", "dcn1"),
    "a-site-without-compute": ("--dcn", "3", "--without-compute", "dcn1"),
    "health-warn-allowed": ("--ceph-warnings", "warn", "--fault", "health-warning"),
    "internal-glances": ("--internal-glance", "--nodes", "4"),
    "one-glance-for-all-sites": ("--shared-glance", "--dcn", "3", "--nodes", "4"),
    "a-glance-without-ceph": ("--edge-glance", "--dcn", "3", "--nodes", "2"),
    "glances-with-tls": ("--tls", "--internal-glance", "--nodes", "2"),
    "glances-for-services-at-the-edge": ("--services-glance",),
    "a-store-of-no-site": ("--other-store",),
    "three-nodes-a-site": ("--nodes", "3"),
    "scale-out-nodes": ("--nodes", "4"),
    "one-dcn-site": ("--dcn", "1"),
    "no-dcn-site": ("--dcn", "0"),
    "no-dcn-site-with-storage": ("--dcn", "1", "--without-storage", "dcn0"),
    "four-dcn-sites": ("--dcn", "4"),
    "an-image-file": ("--image-file",),
    "nothing-prepared": ("--nothing-prepared",),
    "no-tenant-networks": ("--nothing-prepared", "--without-tenant-networks"),
    "a-larger-image": ("--image-size", "48"),
    "all-at-once": (
        *("--nodes", "3", "--dcn", "3", "--without-storage", "dcn0", "--other-zone-names"),
        *(option for name, change in CHANGES.items() if change.harmless for option in ("--fault", name)),
    ),
}


@dataclass(frozen=True)
class Passed:
    """The result of a run on one healthy deployment; `why` is empty if all tests passed and nothing was left behind."""

    name: str
    seconds: float
    why: str


def in_turn(count: int) -> Iterator[str]:
    """Yield `count` names of variations, each as often as the others."""
    names = list(VARIATIONS)
    yield from (names[number % len(names)] for number in range(count))


def run(count: int, limits: Limits, reports: Path, say: Say) -> list[Passed]:
    """Run the suite `count` times, over the variations in turn."""
    done = []
    wanted = [(name, reports / f"{number:03}-{name}") for number, name in enumerate(in_turn(count), 1)]
    for found in limits.each(wanted, lambda one: verify(*one)):
        done.append(found)
        say(f"{len(done):3}/{count} {found.why or 'passed'}: {found.name} ({found.seconds:.0f} s)")
    return done


def verify(name: str, reports: Path) -> Passed:
    """Start a deployment of that kind and run the whole suite on it. Reports of a passed run are removed."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"dcn-verify-{name}-") as folder:
        try:
            with running(Path(folder), *VARIATIONS[name]) as environment:
                seen = Suite(environment, reports.absolute()).run(name, read_only=False)
        except DidNotStart as error:
            seen = Seen(1, refused=str(error))
    why = ""
    if seen.exit_code:
        bad = {"failed": seen.failed, "blocked": seen.blocked, "unknown": seen.unknown}
        said = "; ".join(f"{what} {' '.join(in_order(claims))}" for what, claims in bad.items() if claims)
        why = f"NOT passed, {seen.refused or said or f'exit code {seen.exit_code}'}"
    else:
        shutil.rmtree(reports)
    return Passed(name, time.monotonic() - begun, why)

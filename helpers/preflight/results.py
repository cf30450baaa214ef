"""What the preflight has seen: a verdict for each prerequisite of each site, where it matters of each node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from helpers.outcomes import Outcome, worst

Prerequisite = Literal[
    "catalog", "compute", "flavor", "volume", "network", "glance", "roles", "ssh", "sudo", "containers", "rbd"
]
#: In the order in which one builds on another.
PREREQUISITES: tuple[Prerequisite, ...] = get_args(Prerequisite)
#: The row of what belongs to no site.
UNDERCLOUD = "undercloud"
#: What `missing` calls a monitor's container, whatever its name is on the node.
MON = "ceph-mon"


@dataclass(frozen=True)
class Probed:
    """One prerequisite at one site, or on one of its nodes, and what came of looking."""

    site: str
    """The name of the site, or `undercloud`."""
    prerequisite: Prerequisite
    """What was looked at."""
    node: str | None = None
    """The node; null where it is about the whole site."""
    outcome: Outcome = "passed"
    """What came of it."""
    problem: str = ""
    """What is wrong, in one line."""
    reproduce: tuple[str, ...] = ()
    """The commands that show it."""
    missing: tuple[str, ...] = ()
    """The containers that do not run."""
    way: str = ""
    """How it was asked, where there are several ways."""
    because: str | None = None
    """The finding for which this was not looked at, by its `key`."""
    judge: str | None = None
    """The stage that says the same of the site as a claim's failure."""

    @property
    def key(self) -> str:
        """What a check that it blocks names as its cause: `preflight[dcn1-rbd]`."""
        return f"preflight[{self.node or self.site}-{self.prerequisite}]"

    def __str__(self) -> str:
        where = f"{self.site}, {self.node}" if self.node and self.node != self.site else self.site
        return f"{where}: {self.prerequisite}: {self.problem}"


@dataclass(frozen=True)
class Preflight:
    """All that was probed, in the order of the environment file, in `seconds`."""

    probed: tuple[Probed, ...]
    seconds: float

    @property
    def findings(self) -> tuple[Probed, ...]:
        """What is not as it must be, each cause once."""
        return tuple(one for one in self.probed if one.outcome in {"failed", "unknown"})

    @property
    def good(self) -> bool:
        return not self.findings

    @property
    def rows(self) -> tuple[str, ...]:
        """The sites, and the undercloud if there is one."""
        return tuple(dict.fromkeys(one.site for one in self.probed))

    def of(self, site: str, prerequisite: Prerequisite) -> tuple[Probed, ...]:
        return tuple(one for one in self.probed if (one.site, one.prerequisite) == (site, prerequisite))

    def cell(self, site: str, prerequisite: Prerequisite) -> Outcome | None:
        """What the nodes of a site amount to; None where it is not asked for."""
        outcomes = {one.outcome for one in self.of(site, prerequisite)}
        return worst(outcomes) if outcomes else None

    def finding(self, key: str | None) -> Probed | None:
        return next((one for one in self.findings if one.key == key), None)

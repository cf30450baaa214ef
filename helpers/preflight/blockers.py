"""Which stages the findings of a preflight block: those that would only wait for a time limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from helpers.engine.stages import Stage, StageKey
from helpers.environment import SERVICE_OF_ROLE, Environment, NodeSpec, Site
from helpers.environment.places import place
from helpers.preflight.results import Preflight, Prerequisite, Probed


@dataclass(frozen=True)
class Files:
    """The stage reads files on the nodes with `role` at the site of `axis` (`central`: the central site).

    With `service`, it reads them inside that service's container.
    """

    axis: str
    role: str
    service: str | None = None


@dataclass(frozen=True)
class Answers:
    """The stage judges the access to the cluster of the site at `axis`, so that cluster must answer."""

    axis: str


@dataclass(frozen=True)
class Asks:
    """The stage judges the cluster of the site at `axis`. Only missing SSH or sudo blocks it."""

    axis: str


Requirement = Files | Answers | Asks


def reads(axis: str, role: str) -> Files:
    """Require files of the nodes with that role."""
    return Files(axis, role)


def reads_in(axis: str, service: str) -> Files:
    """Require files inside that service's container."""
    # an internal Glance is beside the other one
    role = next(role for role, name in SERVICE_OF_ROLE.items() if name == service.removesuffix("_internal"))
    return Files(axis, role, service)


#: A stage that acts is witnessed in every cluster and queries central's Glance. Servers and volumes need more.
_ACTS = frozenset({"images", "servers", "volumes"})
_AT_CENTRAL: dict[str, tuple[Prerequisite, ...]] = {
    "servers": ("catalog", "compute", "flavor"),
    "volumes": ("catalog", "volume"),
}
_AT_THE_SITE: dict[str, tuple[Prerequisite, ...]] = {"servers": ("network", "glance"), "volumes": ("glance",)}


class Blockers:
    """The finding, if any, that blocks a stage.

    A stage that judges a finding itself is not blocked: its own claim reports that a cluster does not answer.
    """

    def __init__(self, preflight: Preflight, environment: Environment) -> None:
        self._preflight, self._environment = preflight, environment

    def __call__(self, stage: Stage, key: StageKey) -> Probed | None:
        """Return the first finding that keeps this stage from being carried out, or None."""
        if self._preflight.good:
            return None
        return next(self._found(stage, key), None)

    def _found(self, stage: Stage, key: StageKey) -> Iterator[Probed]:
        environment, inputs = self._environment, set(stage.inputs)
        if inputs & _ACTS:
            yield from self._of(environment.central.name, "glance")
            for site in environment.storage_sites:
                yield from self._of(site.name, "rbd")
        for prerequisite in (one for name, needed in _AT_CENTRAL.items() if name in inputs for one in needed):
            yield from self._of(environment.central.name, prerequisite)
        for prerequisite in (one for name, needed in _AT_THE_SITE.items() if name in inputs for one in needed):
            for site in self._sites(key):
                yield from self._of(site.name, prerequisite)
        for requirement in stage.requires:
            site = self._at(requirement.axis, key)
            if isinstance(requirement, Answers):
                yield from self._of(site.name, "rbd")
            elif isinstance(requirement, Asks):
                yield from (one for one in self._of(site.name, "rbd") if one.prerequisite in {"ssh", "sudo"})
            elif isinstance(requirement, Files):
                for spec in site.nodes_with(requirement.role):
                    yield from self._on(spec, requirement.service)

    def _of(self, site: str, prerequisite: Prerequisite) -> Iterator[Probed]:
        for one in self._preflight.of(site, prerequisite):
            if one.outcome != "passed":
                yield self._preflight.finding(one.because) or one

    def _on(self, spec: NodeSpec, service: str | None) -> Iterator[Probed]:
        container = self._environment.site(spec.site).services[service].container if service else None
        for one in self._preflight.findings:
            if one.node == spec.name and (one.prerequisite in {"ssh", "sudo"} or container in one.missing):
                yield one

    def _at(self, axis: str, key: StageKey) -> Site:
        if axis == "central":
            return self._environment.central
        found = place(self._environment, dict(key.axes)[axis])
        if not isinstance(found, Site):
            raise TypeError(f"{axis} of {key} is no site")
        return found

    def _sites(self, key: StageKey) -> Iterator[Site]:
        for _, name in key.axes:
            found = place(self._environment, name)
            yield from (found,) if isinstance(found, Site) else (found.origin, found.target)

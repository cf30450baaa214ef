"""Find the function and the site for each fault that the lab can bring about."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from faults.catalogue import FAULTS, Fault, UnknownFault, find
from faults.catalogue.where import Candidate, NoSuchSite, choose
from lab.faults import (
    clients,
    clusters,
    glances,
    images,
    instances,
    orphans,
    refusals,
    removal,
    scale_out,
    services,
    snapshots,
    stacks,
    volumes,
)
from lab.faults.breaking import Breaking, journal_of
from lab.faults.lab import FaultError, Lab
from lab.plan import Plan, PlanError, Site

Break = Callable[[Breaking], None]

#: The modules of faults, named after the topics of the catalogue.
_TOPICS = (
    clients,
    clusters,
    glances,
    images,
    instances,
    orphans,
    refusals,
    removal,
    scale_out,
    services,
    snapshots,
    stacks,
    volumes,
)
_OF_INSTANCES = (services, scale_out, instances, volumes, snapshots)


def _functions(*modules: ModuleType) -> dict[str, Break]:
    """Map the names of faults to the functions of the same name."""
    names = {fault.name.replace("-", "_"): fault.name for fault in FAULTS}
    return {names[name]: found for module in modules for name, found in vars(module).items() if name in names}


BREAKS: dict[str, Break] = _functions(*_TOPICS)
_NEED_INSTANCES = frozenset(_functions(*_OF_INSTANCES))


def available() -> tuple[Fault, ...]:
    """Return the faults that the lab can bring about, in the order of the catalogue."""
    return tuple(fault for fault in FAULTS if fault.name in BREAKS)


def place(fault: Fault, plan: Plan, wanted: str | None) -> Site:
    """Return the site of a fault: the requested site, or else the usual site for its kind.

    Raises PlanError if the lab has nothing that can be broken in this way.
    """
    if not plan.instances and fault.name in _NEED_INSTANCES:
        raise PlanError(f"{fault} is one of Nova or Cinder, and this is a lab of images only")
    sites = [
        Candidate(
            site.name, central=site.central, storage=site.storage, scale_out=bool(site.haproxies), glance=site.storage
        )
        for site in plan.sites
    ]
    try:
        return plan.site(choose(fault.site, sites, wanted))
    except NoSuchSite as error:
        hint = "; `dcn-verify lab up --scale-out SITE` brings one up" if fault.site == "scale-out" else ""
        raise PlanError(f"{fault}: {error}{hint}") from None


def break_lab(lab: Lab, name: str, wanted_site: str | None = None) -> tuple[Fault, Site]:
    """Bring a fault about, and return it with its site.

    Raises FaultError for an unknown fault or if another fault is active, and PlanError if the lab has nothing that can
    be broken in this way.
    """
    try:
        fault = find(name, available())
    except UnknownFault as error:
        raise FaultError(str(error)) from None
    site = place(fault, lab.plan, wanted_site)
    already = journal_of(lab).read()
    if already:
        raise FaultError(f"broken already: {already.fault} at {already.site}; heal that first")
    BREAKS[fault.name](Breaking(lab, fault, site))
    return fault, site

"""What is known of each site before anything is queried: its stack's files, or only the name of one host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from helpers.discovery.found import BadInput
from helpers.tripleo import zones
from helpers.tripleo.facts import cluster_names, fsids, has_storage
from helpers.tripleo.machines import Machine, machines
from helpers.tripleo.monitors import hosts
from helpers.tripleo.settings import Alternatives
from helpers.tripleo.stacks import DeploymentFiles, Stack
from helpers.tripleo.stores import store_of

CENTRAL = "central"


@dataclass(frozen=True)
class Outline:
    """A site as far as the files describe it. None: unknown. `complete`: `machines` holds all of its machines.

    `store` is the id of its store in central's Glance, `local_store` in its own. `central_store` is the id of central's
    store in its own Glance.
    """

    name: str
    machines: tuple[Machine, ...]
    complete: bool = False
    central: bool | None = None
    storage: bool | None = None
    zone: str | None = None
    cluster: str | None = None
    fsid: str | None = None
    monitors: int | None = None
    store: str | None = None
    local_store: str | None = None
    central_store: str | None = None
    client: str | None = None


def from_files(files: DeploymentFiles) -> tuple[Outline, ...]:
    """One site for each stack, central first. A DCN site is named as its stack, the central site `central`.

    :raises BadInput: there is no central stack, or the files of a stack cannot be read
    """
    if files.central is None:
        names = ", ".join(map(str, files.stacks))
        raise BadInput(f"{files.folder}: no central stack (control-plane/) among {names}: give its files too")
    for stack in files.stacks:
        for finding in files.blocking(stack):
            raise BadInput(f"{files.folder}: {finding.place}: {finding.seen}; should be {finding.expected}")
    return tuple(_outline(files, stack, files.central) for stack in files.stacks)


def from_hosts(hosts: Sequence[tuple[str, str]]) -> tuple[Outline, ...]:
    """One site for each site name in (site, host). Other machines of a site are discovered from this host."""
    found: dict[str, Outline] = {}
    for site, host in hosts:
        known = found.get(site, Outline(site, ()))
        found[site] = replace(known, machines=(*known.machines, Machine(host, host)))
    return tuple(found.values())


def with_hosts(outlines: Sequence[Outline], hosts: Sequence[tuple[str, str]]) -> tuple[Outline, ...]:
    """The same sites. A site without an inventory gets the hosts that were given by hand.

    :raises BadInput: a host is given for a site that the files do not have
    """
    given = {outline.name: outline.machines for outline in from_hosts(hosts)}
    unknown = given.keys() - {outline.name for outline in outlines}
    if unknown:
        sites = ", ".join(outline.name for outline in outlines)
        raise BadInput(f"--ssh-host: no site {sorted(unknown)[0]} in the deployment files; sites there: {sites}")
    return tuple(
        outline if outline.complete else replace(outline, machines=(*outline.machines, *given.get(outline.name, ())))
        for outline in outlines
    )


def _outline(files: DeploymentFiles, stack: Stack, central: Stack) -> Outline:
    there = machines(stack)
    found = Outline(
        name=CENTRAL if stack.central else stack.name,
        machines=there,
        complete=bool(there),
        central=stack.central,
        storage=has_storage(stack),
        zone=_first(zones.nova_zones(stack)) or _first(zones.cinder_zones(stack)),
    )
    if not found.storage:
        return found
    names, known = cluster_names(stack), fsids(stack)
    found = replace(
        found,
        cluster=names[0].text.strip() if names else None,
        fsid=known[0].text.strip() if known else None,
        monitors=len(hosts(stack)) or None,
        local_store=_text(stack, "GlanceBackendID"),
    )
    if stack.central:
        users = {store.user for other in files.dcn if (store := store_of(files, other, stack))}
        return replace(found, store=found.local_store, client=_only(users))
    here, centrals = store_of(files, central, stack), store_of(files, stack, central)
    return replace(
        found,
        store=here.name if here else None,
        central_store=centrals.name if centrals else None,
        client=here.user if here else None,
    )


def _first(groups: Sequence[Alternatives]) -> str | None:
    return next((node.text.strip() for group in groups for node in group), None)


def _text(stack: Stack, parameter: str) -> str | None:
    node = stack.parameter(parameter)
    return (node.text.strip() or None) if node is not None else None


def _only(values: set[str]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None

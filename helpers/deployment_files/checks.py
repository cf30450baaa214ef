"""Every check, by its row of the specification, and which stacks it is made for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from helpers.deployment_files import advice, external, facts, keys, multistore, roles, zones
from helpers.deployment_files.findings import Finding, FoundElsewhere, NotGiven
from helpers.deployment_files.stacks import DeploymentFiles, Stack

Function = Callable[[DeploymentFiles, Stack], list[Finding]]


def all_stacks(files: DeploymentFiles) -> Iterable[Stack]:
    """Every stack."""
    return files.stacks


def storage_stacks(files: DeploymentFiles) -> Iterable[Stack]:
    """The stacks that have a Ceph cluster."""
    return [stack for stack in files.stacks if facts.has_storage(stack)]


def dcn_stacks(files: DeploymentFiles) -> Iterable[Stack]:
    """The DCN stacks, with storage or without."""
    return files.dcn


def dcn_storage_stacks(files: DeploymentFiles) -> Iterable[Stack]:
    """The DCN stacks that have a Ceph cluster."""
    return [stack for stack in files.dcn if facts.has_storage(stack)]


@dataclass(frozen=True)
class Check:
    """One check: `name` is `module.function`, `row` the specification's (`""`: advice, which fails nothing)."""

    row: str
    function: Function
    stacks: Callable[[DeploymentFiles], Iterable[Stack]]

    @property
    def name(self) -> str:
        """For example `keys.undecodable`."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"


_ROWS: tuple[tuple[str, Callable[[DeploymentFiles], Iterable[Stack]], tuple[Function, ...]], ...] = (
    (
        "E1",
        storage_stacks,
        (keys.missing, keys.undecodable, keys.wrong_caps, keys.wrong_mode, keys.shared, keys.stale),
    ),
    (
        "E2",
        storage_stacks,
        (
            external.missing,
            external.repeated,
            external.of_nobody,
            external.cluster_names,
            external.wrong_fsid,
            external.wrong_monitors,
            external.monitors_without_address,
            external.wrong_key,
            external.other_caps,
            external.wrong_keyring,
            external.dashboard,
        ),
    ),
    (
        "E3",
        dcn_storage_stacks,
        (
            multistore.central_lists,
            multistore.lists_central,
            multistore.wrong_cluster,
            multistore.wrong_user,
            multistore.wrong_backend,
            multistore.other_ids,
        ),
    ),
    (
        "E3",
        storage_stacks,
        (
            multistore.of_nobody,
            multistore.import_methods,
            multistore.multiple_locations,
            multistore.own_backend,
            multistore.image_conversion,
        ),
    ),
    (
        "E4",
        dcn_stacks,
        (zones.nova_zone, zones.cinder_zone, zones.cinder_cluster, zones.managed_networks, zones.cross_az_attach),
    ),
    ("E5", all_stacks, (roles.missing, roles.not_numbers, roles.other_inventory)),
    ("E5", storage_stacks, (roles.ceph_monitors, roles.storage_nodes)),
    ("E5", dcn_stacks, (roles.controllers,)),
    ("", all_stacks, (advice.unnamed_stores, advice.misspelt)),
)

ALL = tuple(Check(row, function, stacks) for row, stacks, functions in _ROWS for function in functions)


def results(files: DeploymentFiles) -> dict[tuple[str, str], list[Finding]]:
    """(check, stack) → its findings, of every check that can be made; a stack that cannot be read is left out."""
    found = {}
    for check in ALL:
        for stack in check.stacks(files):
            if files.blocking(stack):
                continue
            try:
                found[check.name, stack.name] = check.function(files, stack)
            except (NotGiven, FoundElsewhere):
                continue
    return found

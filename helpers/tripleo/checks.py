"""All checks: the id and the claims of each check's test, and the stacks that it applies to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from helpers.tripleo import advice, external, facts, keys, multistore, roles, zones
from helpers.tripleo.findings import Finding, FoundElsewhere, NotGiven
from helpers.tripleo.stacks import DeploymentFiles, Stack

Function = Callable[[DeploymentFiles, Stack], list[Finding]]


@dataclass(frozen=True)
class Check:
    """One check. `title` is its test's id, `claims` are rows of the specification. Advice fails nothing.

    `dcn`: it applies to DCN stacks only; `storage`: only to stacks with a Ceph cluster.
    """

    title: str
    function: Function
    claims: tuple[str, ...]
    dcn: bool = False
    storage: bool = False
    advice: bool = False

    @property
    def name(self) -> str:
        """The module and name of its function, such as `keys.undecodable`."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    @property
    def statement(self) -> str:
        """What the check claims, in one sentence: the first line of its function's docstring."""
        return (self.function.__doc__ or self.title).strip().splitlines()[0]

    def __str__(self) -> str:
        return self.title

    def candidates(self, files: DeploymentFiles) -> tuple[Stack, ...]:
        """The stacks that it may apply to, with or without storage."""
        return files.dcn if self.dcn else files.stacks

    def stacks(self, files: DeploymentFiles) -> list[Stack]:
        """The stacks that it applies to."""
        return [stack for stack in self.candidates(files) if not self.storage or facts.has_storage(stack)]


def _checks(claim: str, functions: Mapping[str, Function], dcn: bool = False, storage: bool = False) -> Iterable[Check]:
    return [Check(title, function, (claim,), dcn, storage) for title, function in functions.items()]


_KEYS: Mapping[str, Function] = {
    "external_key_is_declared": keys.missing,
    "external_key_decodes": keys.undecodable,
    "external_key_has_the_caps": keys.wrong_caps,
    "external_key_is_for_its_owner_only": keys.wrong_mode,
    "external_key_is_of_this_site_only": keys.shared,
    "external_key_is_the_deployed_one": keys.stale,
}
_EXTERNAL_CLUSTERS: Mapping[str, Function] = {
    "external_entry_is_there": external.missing,
    "external_entry_is_the_only_one": external.repeated,
    "external_entries_are_of_known_clusters": external.of_nobody,
    "cluster_name_is_the_same_everywhere": external.cluster_names,
    "fsid_is_the_clusters": external.wrong_fsid,
    "mon_ips_are_the_monitors": external.wrong_monitors,
    "monitors_have_a_storage_ip": external.monitors_without_address,
    "external_key_is_the_clusters": external.wrong_key,
    "external_caps_are_the_clusters": external.other_caps,
    "keyring_path_is_the_clusters": external.wrong_keyring,
    "dashboard_is_disabled": external.dashboard,
}
_STORES_BETWEEN_SITES: Mapping[str, Function] = {
    "central_has_a_store_for_this_site": multistore.central_lists,
    "site_has_a_store_for_central": multistore.lists_central,
    "store_cluster_is_the_sites": multistore.wrong_cluster,
    "store_user_has_a_key": multistore.wrong_user,
    "store_is_rbd": multistore.wrong_backend,
    "store_id_is_the_same_at_both_ends": multistore.other_ids,
}
_STORES: Mapping[str, Function] = {
    "stores_are_of_known_clusters": multistore.of_nobody,
    "copy_image_is_enabled": multistore.import_methods,
    "multiple_locations_are_shown": multistore.multiple_locations,
    "own_store_is_rbd": multistore.own_backend,
    "image_conversion_is_on": multistore.image_conversion,
}
_ZONES: Mapping[str, Function] = {
    "nova_zone_is_the_sites": zones.nova_zone,
    "networks_are_not_managed": zones.managed_networks,
    "cross_az_attach_stays_off": zones.cross_az_attach,
}
_VOLUME_ZONES: Mapping[str, Function] = {
    "cinder_zone_is_the_sites": zones.cinder_zone,
    "cinder_cluster_is_the_sites": zones.cinder_cluster,
}
_COUNTS: Mapping[str, Function] = {
    "role_counts_are_there": roles.missing,
    "role_counts_are_numbers": roles.not_numbers,
    "inventory_has_the_counted_nodes": roles.other_inventory,
}
_REDUNDANCY: Mapping[str, Function] = {
    "three_nodes_run_ceph_mon": roles.ceph_monitors,
    "three_nodes_hold_osds": roles.storage_nodes,
}
_EVERY_CLAIM = ("E1", "E2", "E3", "E4", "E5")

ALL = (
    *_checks("E1", _KEYS, storage=True),
    *_checks("E2", _EXTERNAL_CLUSTERS, storage=True),
    *_checks("E3", _STORES_BETWEEN_SITES, dcn=True, storage=True),
    *_checks("E3", _STORES, storage=True),
    *_checks("E4", _ZONES, dcn=True),
    *_checks("E4", _VOLUME_ZONES, dcn=True, storage=True),
    *_checks("E5", _COUNTS),
    *_checks("E5", _REDUNDANCY, storage=True),
    *_checks("E5", {"no_controller_at_a_dcn_site": roles.controllers}, dcn=True),
    Check("own_store_has_an_id_of_its_own", advice.unnamed_stores, ("E3",), dcn=True, storage=True, advice=True),
    Check("parameters_are_spelt_right", advice.misspelt, _EVERY_CLAIM, advice=True),
)


def results(files: DeploymentFiles) -> dict[tuple[str, str], list[Finding]]:
    """(check, stack) → findings, for every check that can be made. A stack that cannot be read is left out."""
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

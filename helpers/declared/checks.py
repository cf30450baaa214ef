"""All checks of a declaration: the id and the claims of each check's test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from helpers.declared import confs, keys, services, stores
from helpers.declared.sites import Declaration, Site
from helpers.tripleo.findings import Finding, FoundElsewhere, NotGiven

Function = Callable[[Declaration, Site], list[Finding]]


@dataclass(frozen=True)
class DeclaredCheck:
    """One check. `title` is its test's id. `dcn`, `central`: it applies to such sites only."""

    title: str
    function: Function
    claims: tuple[str, ...]
    dcn: bool = False
    central: bool = False

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

    def sites(self, declaration: Declaration) -> list[Site]:
        """The sites that it applies to."""
        others = (self.dcn, self.central)  # those that it does not apply to: central, and the others
        return [site for site in declaration.sites if not others[0 if site.central else 1]]


def _checks(claim: str, functions: Mapping[str, Function], dcn: bool = False) -> Iterable[DeclaredCheck]:
    return [DeclaredCheck(title, function, (claim, "E7"), dcn) for title, function in functions.items()]


_KEYS: Mapping[str, Function] = {
    "keys_decode": keys.undecodable,
    "copies_of_a_key_are_the_same": keys.disagreeing,
    "key_is_of_this_cluster_only": keys.shared,
    "service_has_the_key_of_its_user": keys.missing,
    "user_may_use_the_services_pools": keys.wrong_caps,
}
_CONFS: Mapping[str, Function] = {
    "conf_is_there": confs.missing,
    "conf_has_the_clusters_fsid": confs.wrong_fsid,
    "conf_has_the_clusters_monitors": confs.wrong_monitors,
    "conf_has_the_clusters_keyring": confs.wrong_keyring,
}
_STORES_BETWEEN_SITES: Mapping[str, Function] = {
    "central_lists_this_site": stores.central_lists,
    "site_lists_itself_and_central": stores.lists_central,
}
_STORES: Mapping[str, Function] = {
    "store_has_a_conf": stores.without_section,
    "store_conf_is_its_clusters": stores.wrong_conf,
    "default_store_is_the_sites_own": stores.wrong_default,
    "copy_image_is_an_import_method": stores.import_methods,
    "images_are_converted": stores.image_conversion,
}
_SERVICES: Mapping[str, Function] = {
    "service_conf_is_the_sites": services.wrong_conf,
    "rbd_cluster_name_is_the_confs": services.wrong_cluster_name,
    "volume_zone_is_the_sites": services.wrong_zone,
    "rbd_secret_is_the_sites": services.wrong_secret,
    "glance_is_the_sites": services.wrong_glance,
    "nova_store_is_the_sites": services.wrong_store,
    "cross_az_attach_is_false": services.cross_az_attach,
}

ALL = (
    *_checks("E1", _KEYS),
    *_checks("E2", _CONFS),
    *_checks("E3", _STORES_BETWEEN_SITES, dcn=True),
    *_checks("E3", _STORES),
    DeclaredCheck("users_are_given_the_central_glance", stores.wrong_endpoint, ("E3", "E7"), central=True),
    *_checks("E4", _SERVICES),
)


def results(declaration: Declaration) -> dict[tuple[str, str], list[Finding]]:
    """(check, site) → findings, for every check that can be made. Nothing, if files cannot be read."""
    found = {}
    for check in ALL if not declaration.declared.unreadable else ():
        for site in check.sites(declaration):
            try:
                found[check.name, site.name] = check.function(declaration, site)
            except (NotGiven, FoundElsewhere):
                continue
    return found

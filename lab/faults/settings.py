"""Faults in the settings of a site's Glance."""

from __future__ import annotations

from lab.faults.breaking import Breaking
from lab.faults.ini import option, set_option
from lab.faults.lab import Edit
from lab.plan import CENTRAL_STORE, Site

CONF = "/etc/glance/glance-api.conf"


def _change(at: Breaking, site: Site, *changes: Edit) -> None:
    for host in site.glances:
        for change in changes:
            at.edit(host, CONF, change)
    at.restart_glance(*site.glances)


def _set(section: str, name: str, value: str) -> Edit:
    return lambda text: set_option(text, section, name, value)


def _without_store(store: str) -> Edit:
    def change(text: str) -> str:
        enabled = option(text, "DEFAULT", "enabled_backends").split(",")
        left = [backend for backend in enabled if not backend.startswith(f"{store}:")]
        return set_option(text, "DEFAULT", "enabled_backends", ",".join(left))

    return change


def _with_store(store: str, like: str, pool: str) -> Edit:
    """One store more, in another pool of the same cluster as an existing one."""

    def change(text: str) -> str:
        enabled = option(text, "DEFAULT", "enabled_backends")
        text = set_option(text, "DEFAULT", "enabled_backends", f"{enabled},{store}:rbd")
        conf, user = (option(text, like, f"rbd_store_{name}") for name in ("ceph_conf", "user"))
        lines = [f"[{store}]", f"rbd_store_ceph_conf = {conf}", f"rbd_store_user = {user}", f"rbd_store_pool = {pool}"]
        return text.rstrip("\n") + "\n\n" + "\n".join(lines) + "\n"

    return change


# Stores


def store_missing_at_central(at: Breaking) -> None:
    _change(at, at.central, _without_store(at.site.store_at_central))


def unknown_store_at_central(at: Breaking) -> None:
    _change(at, at.central, _with_store("stray", CENTRAL_STORE, "volumes"))


def central_default_store_wrong(at: Breaking) -> None:
    _change(at, at.central, _set("glance_store", "default_backend", at.lab.plan.dcn_storage[0].store_at_central))


def store_in_another_pool(at: Breaking) -> None:
    _change(at, at.central, _set(at.site.store_at_central, "rbd_store_pool", "volumes"))


def store_leads_to_another_cluster(at: Breaking) -> None:
    other = at.other_dcn
    _change(at, at.central, _set(at.site.store_at_central, "rbd_store_ceph_conf", f"/etc/ceph/{other.cluster}.conf"))


def dcn_default_store_wrong(at: Breaking) -> None:
    _change(at, at.site, _set("glance_store", "default_backend", at.central.name))


def dcn_lacks_central_store(at: Breaking) -> None:
    _change(at, at.site, _without_store(at.central.name))


def dcn_store_named_default_backend(at: Breaking) -> None:
    name = at.site.name
    _change(
        at,
        at.site,
        lambda text: text.replace(f"enabled_backends = {name}:rbd", f"enabled_backends = {CENTRAL_STORE}:rbd"),
        _set("glance_store", "default_backend", CENTRAL_STORE),
        lambda text: text.replace(f"\n[{name}]\n", f"\n[{CENTRAL_STORE}]\n"),
    )


def unknown_store_at_dcn(at: Breaking) -> None:
    _change(at, at.site, _with_store("stray", at.site.name, "volumes"))


# Import methods, locations, conversion


def copy_image_disabled(at: Breaking) -> None:
    _change(at, at.central, _set("DEFAULT", "enabled_import_methods", "[glance-direct,web-download]"))


def web_download_disabled(at: Breaking) -> None:
    _change(at, at.site, _set("DEFAULT", "enabled_import_methods", "[glance-direct,copy-image]"))


def locations_hidden(at: Breaking) -> None:
    _change(at, at.central, _set("DEFAULT", "show_multiple_locations", "false"))


def locations_hidden_at_dcn(at: Breaking) -> None:
    _change(at, at.site, _set("DEFAULT", "show_multiple_locations", "false"))


def direct_url_hidden(at: Breaking) -> None:
    _change(at, at.central, _set("DEFAULT", "show_image_direct_url", "false"))


def conversion_off(at: Breaking) -> None:
    _change(at, at.central, _set("image_import_opts", "image_import_plugins", "[]"))


def conversion_to_qcow2(at: Breaking) -> None:
    _change(at, at.site, _set("image_conversion", "output_format", "qcow2"))


def delayed_delete(at: Breaking) -> None:
    _change(at, at.central, lambda text: text.replace("[DEFAULT]\n", "[DEFAULT]\ndelayed_delete = true\n", 1))


def copy_forbidden(at: Breaking) -> None:
    for host in at.central.hosts:
        at.edit(host, "/etc/glance/policy.yaml", lambda _: '"copy_image": "!"\n')
    at.restart_glance(*at.central.hosts)

"""Faults of the Glance services, their settings and the catalog."""

from __future__ import annotations

from lab import glance
from lab.faults.breaking import Breaking
from lab.faults.configuration import change_glance
from lab.faults.ini import Edit, option, set_option, setting
from lab.plan import CENTRAL_STORE


def dcn_glance_stopped(at: Breaking) -> None:
    for host in at.site.glances:
        at.stop_container(host, glance.CONTAINER)


def central_glance_stopped(at: Breaking) -> None:
    for host in at.central.glances:
        at.stop_container(host, glance.CONTAINER)


def dcn_glance_hangs(at: Breaking) -> None:
    for host in at.site.glances:
        at.hang_container(host, glance.CONTAINER)


def central_glance_hangs(at: Breaking) -> None:
    for host in at.central.glances:
        at.hang_container(host, glance.CONTAINER)


# The catalog


def second_public_image_endpoint(at: Breaking) -> None:
    at.endpoints("image", lambda urls: [*urls, at.site.glance_url])


def public_image_endpoint_at_dcn(at: Breaking) -> None:
    at.endpoints("image", lambda urls: [at.site.glance_url])


def no_public_image_endpoint(at: Breaking) -> None:
    at.endpoints("image", lambda urls: [])


def second_public_identity_endpoint(at: Breaking) -> None:
    there = f"http://{at.site.first.address}:5000/v3"
    at.endpoints("identity", lambda urls: [*urls, there])


def _without_store(store: str) -> Edit:
    def change(text: str) -> str:
        enabled = option(text, "DEFAULT", "enabled_backends").split(",")
        left = [backend for backend in enabled if not backend.startswith(f"{store}:")]
        return set_option(text, "DEFAULT", "enabled_backends", ",".join(left))

    return change


def _with_store(store: str, like: str, pool: str) -> Edit:
    """Return the edit that adds a store in another pool of the same cluster as an existing store."""

    def change(text: str) -> str:
        enabled = option(text, "DEFAULT", "enabled_backends")
        text = set_option(text, "DEFAULT", "enabled_backends", f"{enabled},{store}:rbd")
        conf, user = (option(text, like, f"rbd_store_{name}") for name in ("ceph_conf", "user"))
        lines = [f"[{store}]", f"rbd_store_ceph_conf = {conf}", f"rbd_store_user = {user}", f"rbd_store_pool = {pool}"]
        return text.rstrip("\n") + "\n\n" + "\n".join(lines) + "\n"

    return change


# Stores


def store_missing_at_central(at: Breaking) -> None:
    change_glance(at, at.central, _without_store(at.site.store_at_central))


def unknown_store_at_central(at: Breaking) -> None:
    change_glance(at, at.central, _with_store("stray", CENTRAL_STORE, "volumes"))


def central_default_store_wrong(at: Breaking) -> None:
    change_glance(
        at, at.central, setting("glance_store", "default_backend", at.lab.plan.dcn_storage[0].store_at_central)
    )


def store_in_another_pool(at: Breaking) -> None:
    change_glance(at, at.central, setting(at.site.store_at_central, "rbd_store_pool", "volumes"))


def dcn_default_store_wrong(at: Breaking) -> None:
    change_glance(at, at.site, setting("glance_store", "default_backend", at.central.name))


def dcn_lacks_central_store(at: Breaking) -> None:
    change_glance(at, at.site, _without_store(at.central.name))


def dcn_store_named_default_backend(at: Breaking) -> None:
    name = at.site.name
    change_glance(
        at,
        at.site,
        lambda text: text.replace(f"enabled_backends = {name}:rbd", f"enabled_backends = {CENTRAL_STORE}:rbd"),
        setting("glance_store", "default_backend", CENTRAL_STORE),
        lambda text: text.replace(f"\n[{name}]\n", f"\n[{CENTRAL_STORE}]\n"),
    )


def unknown_store_at_dcn(at: Breaking) -> None:
    change_glance(at, at.site, _with_store("stray", at.site.name, "volumes"))


# Import methods, locations, conversion


def copy_image_disabled(at: Breaking) -> None:
    change_glance(at, at.central, setting("DEFAULT", "enabled_import_methods", "[glance-direct,web-download]"))


def web_download_disabled(at: Breaking) -> None:
    change_glance(at, at.site, setting("DEFAULT", "enabled_import_methods", "[glance-direct,copy-image]"))


def locations_hidden(at: Breaking) -> None:
    change_glance(at, at.central, setting("DEFAULT", "show_multiple_locations", "false"))


def locations_hidden_at_dcn(at: Breaking) -> None:
    change_glance(at, at.site, setting("DEFAULT", "show_multiple_locations", "false"))


def direct_url_hidden(at: Breaking) -> None:
    change_glance(at, at.central, setting("DEFAULT", "show_image_direct_url", "false"))


def conversion_off(at: Breaking) -> None:
    change_glance(at, at.central, setting("image_import_opts", "image_import_plugins", "[]"))


def conversion_to_qcow2(at: Breaking) -> None:
    change_glance(at, at.site, setting("image_conversion", "output_format", "qcow2"))

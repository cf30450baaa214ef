"""The files that make hosts clients of clusters: the configuration and the keyrings below /etc/ceph."""

from __future__ import annotations

import uuid

from lab.faults.ini import option, set_option
from lab.plan import Site
from lab.state import new_cephx_key


def conf_of(site: Site) -> str:
    return f"/etc/ceph/{site.cluster}.conf"


def keyring_of(site: Site) -> str:
    return f"/etc/ceph/{site.cluster}.client.external.keyring"


def own_keyring(site: Site, user: str) -> str:
    return f"/etc/ceph/{site.cluster}.client.{user}.keyring"


def another_fsid(conf: str) -> str:
    return set_option(conf, "global", "fsid", str(uuid.uuid4()))


def misspelt_keyring(conf: str) -> str:
    named = option(conf, "client", "keyring")
    return set_option(conf, "client", "keyring", named.replace(".keyring", ".keyrnig"))


def another_key(keyring: str) -> str:
    return set_option(keyring, "client.external", "\tkey", new_cephx_key())

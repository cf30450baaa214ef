"""Worlds: deployments that operators have, by name. docs/explanation/worlds.md explains them.

A world is a set of options of `dcn-verify simulate`, with an ordinary tenant in each. An option with `{dcn}` stands
once for each DCN site with storage. What the simulator has no option for is named in the world's docstring.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence


def ussuri() -> Sequence[str]:
    """The guide: Red Hat OpenStack Platform 16, TripleO with ceph-ansible.

    Marks: import methods `web-download` and `copy-image` only, no tasks API, podman 1.6, `client.external`,
    `ceph-mon-HOST`, files in `/etc/ceph`.
    """
    return "--fault=import-methods-of-the-guide", "--fault=no-image-tasks-api", "--fault=podman-of-2019"


def wallaby() -> Sequence[str]:
    """Red Hat OpenStack Platform 17.1, TripleO with cephadm.

    Marks: two Glances at central (OSSN-0090), the internal one alone at the edge, with TLS; `openstack` shared;
    `/var/lib/tripleo-config/ceph`; Nova copies absent images and never downloads them; no admin keyring in the
    monitor's container. TLS of Keystone, Nova and Cinder is left out.
    """
    return (
        *("--internal-glance", "--services-glance", "--tls", "--shared-user=profile", "--cephadm"),
        *("--absent-images=copy-only", "--fault=ceph-files-of-services-elsewhere:{dcn}"),
        *("--fault=internal-glance-alone:{dcn}", "--fault=glance-image-import-conf"),
    )


def rhoso() -> Sequence[str]:
    """Red Hat OpenStack Services on OpenShift 18: control plane in pods, external Ceph by cephadm.

    Marks: Glances in pods, those of the edge internal and reached from its nodes alone; folders of files for Glance and
    nova-compute; no `cluster` for cinder-volume; a private CA. Pods of Cinder and Nova's API are left out, which run in
    containers here, and so is central's second, internal Glance: no role says which pod has it.
    """
    return (
        *("--pods", "--no-undercloud", "--services-glance", "--tls"),
        *("--glance-behind-node={dcn}", "--cephadm", "--shared-user=profile", "--volume-cluster=none"),
        *("--fault=glance-config-folder:{dcn}", "--fault=nova-config-folder:{dcn}"),
    )


def kolla() -> Sequence[str]:
    """kolla-ansible, OpenStack-Ansible, Charmed OpenStack.

    Marks: one Glance with a store for each site, docker, no undercloud, no `cluster` for cinder-volume, configuration
    that containers copy. Conversion and locations, which are off by default there, are on: COW clones need them.
    """
    return (
        *("--shared-glance", "--docker", "--no-undercloud", "--cephadm", "--shared-user=profile"),
        *("--volume-cluster=none", "--fault=files-copied-by-the-container"),
    )


def sid() -> Sequence[str]:
    """Who runs today's release: OpenStack 2026.2 with Ceph Tentacle.

    Marks: cephx keys of 32 bytes, RBD clones of the second format, the locations API, images of servers that are locked
    until their checksum is known, libvirt's secrets named by FSID.
    """
    return (
        *("--long-keys", "--clone-v2", "--cephadm", "--fault=locations-api"),
        *("--fault=location-import", "--fault=secrets-named-by-fsid"),
    )


WORLDS: dict[str, Callable[[], Sequence[str]]] = {each.__name__: each for each in (ussuri, wallaby, rhoso, kolla, sid)}


class UnknownWorld(LookupError):
    """There is no such world; the message is one line that lists the known ones."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no world {name}; worlds: {', '.join(WORLDS)}")


def options_of(name: str, dcn_sites: Sequence[str]) -> list[str]:
    """Return the options of a world with these DCN sites. Raises UnknownWorld."""
    if name not in WORLDS:
        raise UnknownWorld(name)
    told = ["--tenant"]
    for option in WORLDS[name]():
        told += [option.format(dcn=site) for site in dcn_sites] if "{dcn}" in option else [option]
    return told


def listed() -> str:
    """Return a line for each world: its name and who has it."""
    width = max(map(len, WORLDS))
    return "\n".join(f"  {name:{width}}  {(inspect.getdoc(f) or '').splitlines()[0]}" for name, f in WORLDS.items())

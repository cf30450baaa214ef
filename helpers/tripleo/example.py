"""A consistent set of deployment files, as the guide writes them and as a deployment leaves them.

The lab and the simulator write them with the facts of their own deployments, and the selftests use them.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # a hundred sites have seven hundred files
_CAPS = {
    "mgr": "allow *",
    "mon": "profile rbd",
    "osd": "profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images",
}
#: The id that Heat gives to the store of a Glance without GlanceBackendID.
_DEFAULT_STORE = "default_backend"
#: Role in the environment file → group of its service in an inventory.
_GROUPS = {
    "glance": "glance_api",
    "ceph-mon": "ceph_mon",
    "compute": "nova_compute",
    "cinder-volume": "cinder_volume",
    "nova-api": "nova_api",
    "keystone": "keystone",
    "haproxy": "haproxy_edge",
}
#: Group of a service in the inventory → name of the service in a roles file.
_SERVICES = {
    "glance_api": "OS::TripleO::Services::GlanceApi",
    "glance_api_edge": "OS::TripleO::Services::GlanceApiEdge",
    "ceph_mon": "OS::TripleO::Services::CephMon",
    "nova_compute": "OS::TripleO::Services::NovaCompute",
    "cinder_volume": "OS::TripleO::Services::CinderVolume",
    "nova_api": "OS::TripleO::Services::NovaApi",
    "keystone": "OS::TripleO::Services::Keystone",
    "haproxy_edge": "OS::TripleO::Services::HAproxyEdge",
}


@dataclass(frozen=True)
class ExampleNode:
    """One machine of a site: its TripleO role, and the inventory groups of its services.

    `address` is the address that Ansible uses, `storage_address` its address on the storage network.
    """

    name: str
    role: str
    address: str
    storage_address: str
    services: tuple[str, ...]


@dataclass(frozen=True)
class ExampleSite:
    """The facts of one site. `monitors` maps each CephMon host to its address on the storage network.

    `store` is the id of its store in its own Glance, by default the cluster's name. Without `nodes`, the monitors are
    its machines, as many as in the guide. A site without storage has neither `cluster` nor keys.
    """

    stack: str
    cluster: str
    fsid: str
    external_key: str
    openstack_key: str
    monitors: Mapping[str, str]
    zone: str
    store: str = ""
    nodes: tuple[ExampleNode, ...] = ()

    @property
    def has_storage(self) -> bool:
        return bool(self.cluster)

    def __repr__(self) -> str:
        return f"<example site {self.stack}>"


def sites(dcn: int = 2) -> tuple[ExampleSite, ...]:
    """Central and this number of DCN sites, with invented facts that are the same each time."""
    return tuple(_site("control-plane", "central", "controller", 0) if i == 0 else _dcn(i) for i in range(dcn + 1))


def _dcn(index: int) -> ExampleSite:
    name = f"dcn{index - 1}"
    return _site(name, name, "distributedcomputehci", index)


def _site(stack: str, cluster: str, role: str, index: int) -> ExampleSite:
    return ExampleSite(
        stack=stack,
        cluster=cluster,
        fsid=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{cluster}.example.com")),
        external_key=cephx_key(f"{cluster} external"),
        openstack_key=cephx_key(f"{cluster} openstack"),
        monitors={f"{stack}-{role}-{i}": f"198.18.{index}.{11 + i}" for i in range(3)},
        zone="nova" if index == 0 else stack,
    )


def service_groups(roles: Iterable[str]) -> tuple[str, ...]:
    """The inventory groups of a machine with these roles of the environment file."""
    return tuple(_GROUPS[role] for role in roles)


def cephx_key(seed: str, *, long: bool = False) -> str:
    """A well-formed key that grants nothing, of type 1 or of type 2, which is longer."""
    secret = hashlib.sha256(seed.encode()).digest()[: 32 if long else 16]
    return base64.b64encode(struct.pack("<hiih", 2 if long else 1, 1583086326, 0, len(secret)) + secret).decode()


def write(folder: Path, sites: Sequence[ExampleSite], deployed: bool = True) -> None:
    """Write the files of central (first) and its DCN sites below a folder.

    :param deployed: also write what only a deployment leaves: config-download's output and the files made from it
    """
    central, *dcn = sites
    counts = _counts(central) or {"ControllerCount": 3, "ComputeHCICount": 3}
    files: dict[str, Any] = {
        "control-plane/ceph_keys.yaml": _parameters(CephExtraKeys=[_key("client.external", central.external_key)]),
        "control-plane/role-counts.yaml": _parameters(**counts),
        "control-plane/ceph.yaml": _parameters(CephClusterName=central.cluster),
    }
    if central.nodes:
        files["control-plane/control_plane_roles.yaml"] = _roles(central)
    for site in dcn:
        files |= _dcn_files(site, central)
    if deployed:
        with_storage = [site for site in dcn if site.has_storage]
        files["central_ceph_external.yaml"] = _parameters(CephExternalMultiConfig=[external(central)])
        files["control-plane/dcn_ceph_external.yaml"] = _parameters(
            CephExternalMultiConfig=list(map(external, with_storage))
        )
        files["control-plane/glance_update.yaml"] = _parameters(
            **_glance(central), CephClusterName=central.cluster, GlanceMultistoreConfig=_stores(with_storage)
        )
        for site in sites:
            if site.has_storage:
                files[f"{site.stack}/ceph-ansible/group_vars/all.yml"] = _group_vars(site)
            files[f"{site.stack}/inventory.yaml"] = inventory(site)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # most of these files contain a key
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            yaml.dump(content, file, Dumper=_DUMPER, sort_keys=False, width=200)


def _parameters(**parameters: Any) -> dict[str, Any]:
    return {"parameter_defaults": parameters}


def _dcn_files(site: ExampleSite, central: ExampleSite) -> dict[str, Any]:
    counts = _counts(site) or {"DistributedComputeHCICount": 3, "DistributedComputeHCIScaleOutCount": 1}
    zones: dict[str, Any] = {"ManageNetworks": False, "NovaComputeAvailabilityZone": site.zone}
    files = {f"{site.stack}/role-counts.yaml": _parameters(**{"ControllerCount": 0, "ComputeCount": 0, **counts})}
    if site.has_storage:
        # the active/active cluster has the stack's name, whatever the zone's name
        cluster = site.stack if site.nodes else site.zone
        zones |= {"CinderStorageAvailabilityZone": site.zone, "CinderVolumeCluster": cluster}
        own = {} if site.store == _DEFAULT_STORE else {"GlanceBackendID": site.store or site.cluster}
        files |= {
            f"{site.stack}/ceph_keys.yaml": _parameters(CephExtraKeys=[_key("client.external", site.external_key)]),
            f"{site.stack}/ceph.yaml": _parameters(CephClusterName=site.cluster),
            f"{site.stack}/glance.yaml": _parameters(**_glance(site), **own, GlanceMultistoreConfig=_stores([central])),
        }
    return {**files, f"{site.stack}/az.yaml": _parameters(**zones)}


def _counts(site: ExampleSite) -> dict[str, int]:
    return {f"{role}Count": number for role, number in Counter(node.role for node in site.nodes).items()}


def _roles(site: ExampleSite) -> list[dict[str, Any]]:
    """The file of `openstack overcloud roles generate`, as far as the checks read it.

    Each node runs all services of its site, unlike the nodes of TripleO's own roles.
    """
    services = {node.role: node.services for node in site.nodes}
    return [
        {"name": role, "ServicesDefault": ["OS::TripleO::Services::CephOSD", *(_SERVICES[name] for name in of_role)]}
        for role, of_role in services.items()
    ]


def _glance(site: ExampleSite) -> dict[str, Any]:
    return {
        "GlanceShowMultipleLocations": True,
        "GlanceEnabledImportMethods": "web-download,copy-image",
        "GlanceBackend": "rbd",
        "GlanceStoreDescription": f"{site.cluster} rbd glance store",
    }


def _stores(sites: Sequence[ExampleSite]) -> dict[str, Any]:
    return {
        site.cluster: {
            "GlanceBackend": "rbd",
            "GlanceStoreDescription": f"{site.cluster} rbd glance store",
            "CephClientUserName": "external",
            "CephClusterName": site.cluster,
        }
        for site in sites
    }


def _key(name: str, key: str) -> dict[str, Any]:
    return {"name": name, "caps": dict(_CAPS), "key": key, "mode": "0600"}


def external(site: ExampleSite) -> dict[str, Any]:
    """The `CephExternalMultiConfig` entry that makes others clients of this site's cluster."""
    return {
        "cluster": site.cluster,
        "fsid": site.fsid,
        "external_cluster_mon_ips": ", ".join(site.monitors.values()),
        "keys": [_key("client.external", site.external_key)],
        "dashboard_enabled": False,
        "ceph_conf_overrides": {"client": {"keyring": f"/etc/ceph/{site.cluster}.client.external.keyring"}},
    }


def _group_vars(site: ExampleSite) -> dict[str, Any]:
    return {
        "cluster": site.cluster,
        "fsid": site.fsid,
        "openstack_keys": [
            _key("client.openstack", site.openstack_key),
            _key("client.external", site.external_key),
        ],
    }


def inventory(site: ExampleSite) -> dict[str, Any]:
    """The inventory that config-download leaves, as far as the checks and discovery read it."""
    if site.nodes:
        return _inventory_of(site)
    role = "Controller" if site.stack == "control-plane" else "DistributedComputeHCI"
    hosts = {
        host: {
            "ansible_host": f"192.0.2.{address.rpartition('.')[2]}",
            "storage_hostname": f"{host}.storage.localdomain",
            "storage_ip": address,
        }
        for host, address in site.monitors.items()
    }
    return {
        role: {"hosts": hosts, "vars": {"tripleo_role_name": role}},
        "ceph_mon": {"children": {role: {}}},
        "allovercloud": {"children": {role: {}}},
    }


def _inventory_of(site: ExampleSite) -> dict[str, Any]:
    """One group for each role, with the hosts' variables, and one for each service, with the roles that run it."""
    groups: dict[str, Any] = {}
    for node in site.nodes:
        group = groups.setdefault(node.role, {"hosts": {}, "vars": {"tripleo_role_name": node.role}})
        group["hosts"][node.name] = {
            "ansible_host": node.address,
            "storage_hostname": f"{node.name}.storage.localdomain",
            "storage_ip": node.storage_address,
        }
    for node in site.nodes:
        for service in (*node.services, "allovercloud"):
            groups.setdefault(service, {"children": {}})["children"][node.role] = {}
    return groups

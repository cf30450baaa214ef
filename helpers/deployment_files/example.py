"""A consistent set of deployment files, as the doc has them written and as a deployment leaves them.

For the lab, which stands for a deployment and leaves such files of its own facts, and for the selftests.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_CAPS = {
    "mgr": "allow *",
    "mon": "profile rbd",
    "osd": "profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images",
}


@dataclass(frozen=True)
class ExampleSite:
    """The facts of one site; `monitors` maps each CephMon host to its address on the storage network."""

    stack: str
    cluster: str
    fsid: str
    external_key: str
    openstack_key: str
    monitors: Mapping[str, str]
    zone: str

    def __repr__(self) -> str:
        return f"<example site {self.stack}>"


def sites(dcn: int = 2) -> tuple[ExampleSite, ...]:
    """Central and so many DCN sites, with made-up facts that are the same each time."""
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


def cephx_key(seed: str) -> str:
    """A well-formed key that opens nothing."""
    secret = hashlib.sha256(seed.encode()).digest()[:16]
    return base64.b64encode(struct.pack("<hiih", 1, 1583086326, 0, len(secret)) + secret).decode()


def write(folder: Path, sites: Sequence[ExampleSite], deployed: bool = True) -> None:
    """Write the files of central (first) and its DCN sites below a folder.

    :param deployed: also what exists only once the stacks are: config-download's output and the files made from it
    """
    central, *dcn = sites
    files = {
        "control-plane/ceph_keys.yaml": _parameters(CephExtraKeys=[_key("client.external", central.external_key)]),
        "control-plane/role-counts.yaml": _parameters(ControllerCount=3, ComputeHCICount=3),
        "control-plane/ceph.yaml": _parameters(CephClusterName=central.cluster),
    }
    for site in dcn:
        files |= _dcn_files(site, central)
    if deployed:
        files["central_ceph_external.yaml"] = _parameters(CephExternalMultiConfig=[external(central)])
        files["control-plane/dcn_ceph_external.yaml"] = _parameters(CephExternalMultiConfig=list(map(external, dcn)))
        files["control-plane/glance_update.yaml"] = _parameters(
            **_glance(central), CephClusterName=central.cluster, GlanceMultistoreConfig=_stores(dcn)
        )
        for site in sites:
            files[f"{site.stack}/ceph-ansible/group_vars/all.yml"] = _group_vars(site)
            files[f"{site.stack}/inventory.yaml"] = inventory(site)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False, width=200))


def _parameters(**parameters: Any) -> dict[str, Any]:
    return {"parameter_defaults": parameters}


def _dcn_files(site: ExampleSite, central: ExampleSite) -> dict[str, Any]:
    return {
        f"{site.stack}/ceph_keys.yaml": _parameters(CephExtraKeys=[_key("client.external", site.external_key)]),
        f"{site.stack}/ceph.yaml": _parameters(CephClusterName=site.cluster),
        f"{site.stack}/glance.yaml": _parameters(
            **_glance(site), GlanceBackendID=site.cluster, GlanceMultistoreConfig=_stores([central])
        ),
        f"{site.stack}/role-counts.yaml": _parameters(
            ControllerCount=0, ComputeCount=0, DistributedComputeHCICount=3, DistributedComputeHCIScaleOutCount=1
        ),
        f"{site.stack}/az.yaml": _parameters(
            ManageNetworks=False,
            NovaComputeAvailabilityZone=site.zone,
            CinderStorageAvailabilityZone=site.zone,
            CinderVolumeCluster=site.zone,
        ),
    }


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
    """The `CephExternalMultiConfig` entry by which others become clients of this site's cluster."""
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

"""The files of a Wallaby deployment (RHOSP 17.1) with cephadm, and mistakes in them.

Their shape is that of `openstack overcloud node provision`, `openstack overcloud ceph deploy` and `openstack overcloud
export ceph` (python-tripleoclient, tripleo-ansible): the shared user is client.openstack, whose exported key has no
mode, and the working directories are in overcloud-deploy/.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from helpers.tripleo import example
from selftests.deployment_files.mistakes import Mistake

CENTRAL, DCN0, DCN1 = SITES = example.sites(2)
_CAPS = {
    "mgr": "allow *",
    "mon": "profile rbd",
    "osd": "profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images",
}


def write(folder: Path) -> None:
    """Write the files of central and two DCN sites after their deployment."""
    for name, content in _files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False, width=200)
        path.write_text(text)


def _files() -> Iterator[tuple[str, Any]]:
    yield "ceph-export-control-plane.yaml", _parameters(CephExternalMultiConfig=[_exported(CENTRAL)])
    yield "ceph-export-2-stacks.yaml", _parameters(CephExternalMultiConfig=[_exported(DCN0), _exported(DCN1)])
    yield "control-plane-export.yaml", _parameters(AuthCloudName="central", EndpointMapOverride={})
    for site in SITES:
        others = (DCN0, DCN1) if site is CENTRAL else (CENTRAL,)
        nodes = _nodes(site)
        yield f"{site.stack}/baremetal_deployment.yaml", nodes
        yield f"{site.stack}/ceph_spec.yaml", _spec(site)
        yield f"{site.stack}/initial_ceph.conf", "[global]\nosd_pool_default_size = 3\n"
        yield f"{site.stack}/glance.yaml", _glance(site, others)
        yield f"{site.stack}/site-name.yaml", _zones(site)
        ceph = {"DeployedCeph": True, "CephClusterFSID": site.fsid, "CephClusterName": site.cluster}
        yield f"{site.stack}/deployed_ceph.yaml", _parameters(**ceph)
        counts = {f"{role['name']}Count": role["count"] for role in nodes}
        yield f"{site.stack}/overcloud-baremetal-deployed-{site.stack}.yaml", _parameters(**counts, NodePortMap={})
        yield from _left_behind(site)


def _left_behind(site: example.ExampleSite) -> Iterator[tuple[str, Any]]:
    working = f"overcloud-deploy/{site.stack}"
    yield f"{working}/tripleo-ansible-inventory.yaml", example.inventory(site)
    yield f"{working}/{site.stack}-passwords.yaml", _parameters(CephClientKey="unused", CephClusterFSID="unused")
    yield f"{working}/environment/tripleo-{site.stack}-environment.yaml", _parameters(ManageNetworks=True)
    client = {"tripleo_ceph_client_fsid": site.fsid, "tripleo_ceph_client_cluster": site.cluster}
    client |= {"external_cluster_mon_ips": _monitors(site), "keys": [_key(site)]}
    yield f"{working}/config-download/{site.stack}/cephadm/ceph_client.yml", client


def _parameters(**parameters: Any) -> dict[str, Any]:
    return {"parameter_defaults": parameters}


def _key(site: example.ExampleSite) -> dict[str, Any]:
    return {"name": "client.openstack", "key": site.openstack_key, "caps": dict(_CAPS)}


def _monitors(site: example.ExampleSite) -> str:
    pairs = ",".join(f"v2:{address}:3300/0,v1:{address}:6789/0" for address in site.monitors.values())
    return f"[{pairs}]"


def _exported(site: example.ExampleSite) -> dict[str, Any]:
    keyring = f"/etc/ceph/{site.cluster}.client.openstack.keyring"
    return {
        "cluster": site.cluster,
        "fsid": site.fsid,
        "external_cluster_mon_ips": _monitors(site),
        "keys": [_key(site)],
        "ceph_conf_overrides": {"client": {"keyring": keyring}},
        "dashboard_enabled": False,
    }


def _nodes(site: example.ExampleSite) -> list[dict[str, Any]]:
    """The roles that `openstack overcloud node provision` is given: counts, and instances where nodes are named."""
    networks = {"networks": [{"network": "ctlplane", "vif": True}, {"network": "storage"}]}
    hci = "ComputeHCI" if site is CENTRAL else "DistributedComputeHCI"
    named = [{"hostname": f"{site.stack}-hci-{i}", "name": f"node-{site.stack}-{i}"} for i in range(3)]
    leaving = {"hostname": f"{site.stack}-hci-9", "provisioned": False}
    roles = [{"name": hci, "count": 3, "instances": [*named, leaving], "defaults": networks}]
    if site is CENTRAL:
        roles.append({"name": "Controller", "count": 3, "hostname_format": "controller-%index%", "defaults": networks})
    return roles


def _spec(site: example.ExampleSite) -> str:
    hosts: list[dict[str, Any]] = [
        {"addr": f"192.0.2.{i}", "hostname": host, "labels": ["_admin", "mon", "mgr", "osd"], "service_type": "host"}
        for i, host in enumerate(site.monitors, 31)
    ]
    services: list[dict[str, Any]] = [
        {"placement": {"label": "mon"}, "service_id": "mon", "service_name": "mon", "service_type": "mon"},
        {"data_devices": {"all": True}, "placement": {"label": "osd"}, "service_id": "osd", "service_type": "osd"},
    ]
    return yaml.safe_dump_all([*hosts, *services], explicit_start=True, sort_keys=False)


def _glance(site: example.ExampleSite, others: tuple[example.ExampleSite, ...]) -> dict[str, Any]:
    stores = {
        other.cluster: {
            "GlanceBackend": "rbd",
            "GlanceStoreDescription": f"{other.cluster} rbd glance store",
            "CephClusterName": other.cluster,
        }
        for other in others
    }
    return _parameters(
        GlanceEnabledImportMethods="web-download,copy-image",
        GlanceBackend="rbd",
        GlanceBackendID=site.cluster,
        CephClusterName=site.cluster,
        GlanceMultistoreConfig=stores,
    )


def _zones(site: example.ExampleSite) -> dict[str, Any]:
    zones: dict[str, Any] = {"NovaComputeAvailabilityZone": site.zone, "CinderStorageAvailabilityZone": site.zone}
    if site is CENTRAL:
        return _parameters(**zones)
    return _parameters(**zones, NovaCrossAZAttach=False, CinderVolumeCluster=site.zone, ManageNetworks=False)


_NODES, _EXPORT = "dcn0/baremetal_deployment.yaml", "ceph-export-2-stacks.yaml"
_CLIENT = "overcloud-deploy/dcn1/config-download/dcn1/cephadm/ceph_client.yml"
MISTAKES = (
    Mistake(
        "fewer than the instances",
        _NODES,
        "count: 3",
        "count: 2",
        "roles.not_numbers",
        "dcn0",
        ("DistributedComputeHCI with count: 2, and 3 instances",),
    ),
    Mistake(
        "no count",
        _NODES,
        "  count: 3\n",
        "",
        "roles.not_numbers",
        "dcn0",
        ("no count, so 1, and 3 instances",),
        at=f"{_NODES}:1",
    ),
    Mistake(
        "a leaving instance provisioned again",
        _NODES,
        "provisioned: false",
        "provisioned: true",
        "roles.not_numbers",
        "dcn0",
        ("count: 3, and 4 instances",),
        at=f"{_NODES}:2",
    ),
    Mistake(
        "controller at a site",
        _NODES,
        "name: DistributedComputeHCI",
        "name: Controller",
        "roles.controllers",
        "dcn0",
        ("0 at a DCN site",),
        at=f"{_NODES}:2",
    ),
    Mistake(
        "a monitor without its label",
        "dcn1/ceph_spec.yaml",
        "- mon\n",
        "- rgw\n",
        "roles.ceph_monitors",
        "dcn1",
        ("2 of 3 hosts with the label mon", "at least 3"),
        at="dcn1/ceph_spec.yaml:13",
    ),
    Mistake(
        "another's FSID",
        "dcn0/deployed_ceph.yaml",
        DCN0.fsid,
        DCN1.fsid,
        "external.wrong_fsid",
        "dcn0",
        (DCN0.fsid, "dcn1 has the other"),
    ),
    Mistake(
        "another's name",
        "dcn0/deployed_ceph.yaml",
        "CephClusterName: dcn0",
        "CephClusterName: dcn1",
        "external.cluster_names",
        "dcn0",
        ("'dcn1'", "'dcn0'"),
    ),
    Mistake(
        "a monitor in the export of two stacks",
        _EXPORT,
        "v1:198.18.2.12:6789/0",
        "v1:198.18.1.12:6789/0",
        "external.wrong_monitors",
        "dcn1",
        ("198.18.1.12 is dcn0's",),
    ),
    Mistake(
        "the export has another stack's key",
        _EXPORT,
        DCN1.openstack_key,
        DCN0.openstack_key,
        "external.wrong_key",
        "dcn1",
        ("dcn1's key of client.openstack",),
        at=f"{_EXPORT}:22",
    ),
    Mistake(
        "the deployed key is another stack's",
        _CLIENT,
        DCN1.openstack_key,
        CENTRAL.openstack_key,
        "keys.shared",
        "dcn1",
        ("a key of dcn1's own, not control-plane's",),
    ),
    Mistake(
        "a user without a key",
        "dcn0/glance.yaml",
        "CephClusterName: central",
        "CephClientUserName: external\n      CephClusterName: central",
        "multistore.wrong_user",
        "dcn0",
        ("'external'", "'openstack'"),
        at="CephClientUserName: external",
    ),
)

"""The parameters that the checks read, and the kind of value of each.

Source: the parameter types in tripleo-heat-templates (`deployment/glance/glance-api-container-puppet.yaml`,
`deployment/ceph-ansible/`, `environments/dcn-hci.yaml`).
"""

from __future__ import annotations

from collections.abc import Iterator

from helpers.tripleo.findings import Finding
from helpers.tripleo.loader import Node

#: A scalar, one or a list of scalars, a list of a shape, or a mapping of shapes (`*`: any other key).
Shape = str | list["Shape"] | dict[str, "Shape"]

_KEY: Shape = {
    "name": "scalar",
    "key": "scalar",
    "mode": "scalar",
    "caps": {"*": "scalar"},
}
_EXTERNAL: Shape = {
    "cluster": "scalar",
    "fsid": "scalar",
    "external_cluster_mon_ips": "scalar",
    "keys": [_KEY],
    "dashboard_enabled": "scalar",
    "ceph_conf_overrides": {"*": {"keyring": "scalar"}},
}
_STORE: Shape = {
    "GlanceBackend": "scalar",
    "GlanceStoreDescription": "scalar",
    "CephClientUserName": "scalar",
    "CephClusterName": "scalar",
}

PARAMETERS: dict[str, Shape] = {
    "CephExtraKeys": [_KEY],
    "CephExternalMultiConfig": [_EXTERNAL],
    "CephClusterName": "scalar",
    "CephClusterFSID": "scalar",
    "CephClientKey": "scalar",
    "CephClientUserName": "scalar",
    "DeployedCeph": "scalar",
    "GlanceBackend": "scalar",
    "GlanceBackendID": "scalar",
    "GlanceEnabledImportMethods": "scalars",
    "GlanceImageImportPlugin": "scalars",
    "GlanceImageImportPlugins": "scalars",
    "GlanceMultistoreConfig": {"*": _STORE},
    "GlanceShowMultipleLocations": "scalar",
    "GlanceSparseUploadEnabled": "scalar",
    "GlanceStoreDescription": "scalar",
    "GlanceRbdPoolName": "scalar",
    "CinderRbdPoolName": "scalar",
    "NovaRbdPoolName": "scalar",
    "ManageNetworks": "scalar",
    "ServiceNetMap": {"*": "scalar"},
    "NovaComputeAvailabilityZone": "scalar",
    "NovaCrossAZAttach": "scalar",
    "CinderRbdAvailabilityZone": "scalar",
    "CinderStorageAvailabilityZone": "scalar",
    "CinderVolumeCluster": "scalar",
}

#: The files that config-download leaves: ceph-ansible's group_vars, cephadm's ceph_client.yml.
GROUP_VARS: Shape = {"cluster": "scalar", "fsid": "scalar", "openstack_keys": [_KEY], "keys": [_KEY]}
CEPH_CLIENT: Shape = {
    "tripleo_ceph_client_fsid": "scalar",
    "tripleo_ceph_client_cluster": "scalar",
    "external_cluster_mon_ips": "scalar",
    "keys": [_KEY],
}
#: What operators give the director besides environments: roles, nodes and networks; and a host of cephadm's spec.
ROLE: Shape = {"name": "scalar", "ServicesDefault": "scalars"}
BAREMETAL: Shape = {"name": "scalar", "count": "scalar", "instances": [{"provisioned": "scalar"}]}
NETWORK: Shape = {"name": "scalar", "name_lower": "scalar", "service_net_map_replace": "scalar"}
SPEC_HOST: Shape = {"hostname": "scalar", "labels": "scalars"}
INVENTORY: Shape = {"*": {"hosts": {"*": {"storage_ip": "scalar", "storage_hostname": "scalar"}}}}

_NAMES = {"scalar": "one value", "scalars": "a comma delimited text or a list"}


def mistakes(node: Node, shape: Shape) -> Iterator[Finding]:
    """The values of a kind that their shape does not allow. A missing key or a null scalar is no mistake here."""
    if isinstance(shape, str):
        nested = node.kind in {"mapping", "list"}
        if shape == "scalars" and node.kind == "list":
            for item in node.items:
                yield from mistakes(item, "scalar")
        elif nested:
            yield Finding(node.place, node.shown, _NAMES[shape])
    elif isinstance(shape, list):
        if node.kind != "list":
            yield Finding(node.place, node.shown, "a list")
        for item in node.items:
            yield from mistakes(item, shape[0])
    elif node.kind != "mapping":
        if node.kind != "null":
            yield Finding(node.place, node.shown, "a mapping")
    else:
        for name, value in node.entries.items():
            expected = shape.get(name, shape.get("*"))
            if expected is not None:
                yield from mistakes(value, expected)

"""The mistakes: one value in a healthy set of files is replaced, and one check must report it."""

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.redact import fingerprint
from helpers.tripleo import example

CENTRAL, DCN0, DCN1 = example.sites(2)
KEYS = [key for site in example.sites(2) for key in (site.external_key, site.openstack_key)]
EXTERNAL = "control-plane/dcn_ceph_external.yaml"
CENTRAL_EXTERNAL = "central_ceph_external.yaml"
UPDATE = "control-plane/glance_update.yaml"
STRAY_KEY = example.cephx_key("somebody else's")


@dataclass(frozen=True)
class Mistake:
    """Replaces the first `old` by `new` in a file. `check` at `stack` must find it, with the text `says`.

    The place of the finding is the line of `at`, a text in that file (by default `new`), or another place, `FILE:LINE`.
    """

    name: str
    file: str
    old: str
    new: str
    check: str
    stack: str
    says: tuple[str, ...]
    at: str = ""


def key_of(site: example.ExampleSite) -> str:
    return fingerprint(site.external_key)


MISTAKES = (
    # E1
    Mistake(
        "key cut short",
        "dcn0/ceph_keys.yaml",
        DCN0.external_key,
        DCN0.external_key[:20] + "==",
        "keys.undecodable",
        "dcn0",
        ("type 1, 16 secret bytes", "secret bytes and declares 16"),
    ),
    Mistake(
        "key is a word",
        "dcn0/ceph_keys.yaml",
        DCN0.external_key,
        "letmein!",
        "keys.undecodable",
        "dcn0",
        ("is not base64",),
    ),
    Mistake(
        "key of type 3",
        "dcn0/ceph_keys.yaml",
        DCN0.external_key,
        "Aw" + DCN0.external_key[2:],
        "keys.undecodable",
        "dcn0",
        ("is of type 3",),
    ),
    Mistake(
        "no external key",
        "dcn0/ceph_keys.yaml",
        "client.external",
        "client.extern",
        "keys.missing",
        "dcn0",
        ("client.extern'", "client.external"),
        at="dcn0/ceph_keys.yaml:2",
    ),
    Mistake(
        "no caps for images",
        "dcn1/ceph_keys.yaml",
        ", profile rbd pool=images",
        "",
        "keys.wrong_caps",
        "dcn1",
        ("without images",),
    ),
    Mistake(
        "mgr cap",
        "dcn1/ceph_keys.yaml",
        "mgr: allow *",
        "mgr: allow r",
        "keys.wrong_caps",
        "dcn1",
        ("'allow r'", "'allow *'"),
    ),
    Mistake(
        "mode",
        "control-plane/ceph_keys.yaml",
        "mode: '0600'",
        "mode: '0644'",
        "keys.wrong_mode",
        "control-plane",
        ("'0644'", "'0600'"),
    ),
    Mistake(
        "stale key",
        "dcn1/ceph-ansible/group_vars/all.yml",
        DCN1.external_key,
        STRAY_KEY,
        "keys.stale",
        "dcn1",
        (fingerprint(STRAY_KEY), key_of(DCN1), "dcn1/ceph_keys.yaml:8"),
    ),
    # E2
    Mistake(
        "cluster of nobody",
        EXTERNAL,
        "cluster: dcn1",
        "cluster: dcn11",
        "external.cluster_names",
        "dcn1",
        ("'dcn11'", "'dcn1'", "dcn1/ceph.yaml:2"),
    ),
    Mistake(
        "two entries for one cluster",
        EXTERNAL,
        "cluster: dcn1",
        "cluster: dcn0",
        "external.cluster_names",
        "dcn1",
        ("'dcn0'", "'dcn1'"),
    ),
    Mistake(
        "cluster renamed",
        "dcn1/ceph-ansible/group_vars/all.yml",
        "cluster: dcn1",
        "cluster: ceph",
        "external.cluster_names",
        "dcn1",
        ("'ceph'", "'dcn1'"),
    ),
    Mistake(
        "fsid",
        EXTERNAL,
        DCN0.fsid,
        "0c10d6b5-a455-4c4d-bd53-8f2b9357c3c7",
        "external.wrong_fsid",
        "dcn0",
        ("0c10d6b5-a455-4c4d-bd53-8f2b9357c3c7", DCN0.fsid, "dcn0/ceph-ansible/group_vars/all.yml:2"),
    ),
    Mistake(
        "fsid of another",
        EXTERNAL,
        DCN1.fsid,
        DCN0.fsid,
        "external.wrong_fsid",
        "dcn1",
        (DCN0.fsid, DCN1.fsid, "dcn0 has the other"),
    ),
    Mistake(
        "fsid of central",
        CENTRAL_EXTERNAL,
        CENTRAL.fsid,
        "central",
        "external.wrong_fsid",
        "control-plane",
        ("'central'", CENTRAL.fsid),
    ),
    Mistake(
        "mon ip",
        EXTERNAL,
        "198.18.1.12",
        "198.18.1.99",
        "external.wrong_monitors",
        "dcn0",
        ("198.18.1.99 is no CephMon host of dcn0", "198.18.1.12 is missing", "dcn0/inventory.yaml:6"),
    ),
    Mistake(
        "mon ip of another",
        EXTERNAL,
        "198.18.2.12",
        "198.18.1.12",
        "external.wrong_monitors",
        "dcn1",
        ("198.18.1.12 is dcn0's",),
    ),
    Mistake(
        "mon ip left out",
        CENTRAL_EXTERNAL,
        ", 198.18.0.13",
        "",
        "external.wrong_monitors",
        "control-plane",
        ("198.18.0.13 is missing",),
    ),
    Mistake(
        "no storage ip",
        "dcn0/inventory.yaml",
        "storage_ip: 198.18.1.13",
        "tenant_ip: 198.18.1.13",
        "external.monitors_without_address",
        "dcn0",
        ("no storage_ip",),
        at="dcn0-distributedcomputehci-2:",
    ),
    Mistake(
        "external key",
        EXTERNAL,
        DCN1.external_key,
        STRAY_KEY,
        "external.wrong_key",
        "dcn1",
        (fingerprint(STRAY_KEY), key_of(DCN1), "dcn1/ceph_keys.yaml:8"),
    ),
    Mistake(
        "external key of another",
        CENTRAL_EXTERNAL,
        CENTRAL.external_key,
        DCN0.external_key,
        "external.wrong_key",
        "control-plane",
        (key_of(DCN0), key_of(CENTRAL)),
    ),
    Mistake(
        "external caps",
        EXTERNAL,
        "mon: profile rbd",
        "mon: allow r",
        "external.other_caps",
        "dcn0",
        ("'allow r'", "'profile rbd'"),
    ),
    Mistake(
        "keyring path",
        EXTERNAL,
        "dcn1.client.external.keyring",
        "dcn0.client.external.keyring",
        "external.wrong_keyring",
        "dcn1",
        ("/etc/ceph/dcn0.client.external.keyring", "/etc/ceph/dcn1.client.external.keyring"),
    ),
    Mistake(
        "keyring folder",
        CENTRAL_EXTERNAL,
        "/etc/ceph/central",
        "/etc/ceph/ceph/central",
        "external.wrong_keyring",
        "control-plane",
        ("/etc/ceph/central.client.external.keyring",),
    ),
    Mistake(
        "no keyring",
        CENTRAL_EXTERNAL,
        "ceph_conf_overrides",
        "ceph_conf_override",
        "external.wrong_keyring",
        "control-plane",
        ("no ceph_conf_overrides.client.keyring",),
        at="cluster: central",
    ),
    Mistake(
        "dashboard",
        EXTERNAL,
        "dashboard_enabled: false",
        "dashboard_enabled: true",
        "external.dashboard",
        "dcn0",
        ("true", "dashboard_enabled: false"),
    ),
    Mistake(
        "dashboard left out",
        CENTRAL_EXTERNAL,
        "dashboard_enabled: false",
        "note: x",
        "external.dashboard",
        "control-plane",
        ("no dashboard_enabled",),
        at="cluster: central",
    ),
    # E3
    Mistake(
        "store of nobody",
        UPDATE,
        "CephClusterName: dcn1",
        "CephClusterName: dcn11",
        "multistore.wrong_cluster",
        "dcn1",
        ("'dcn11'", "'dcn1'", "dcn1/ceph.yaml:2"),
    ),
    Mistake(
        "store of the other site",
        UPDATE,
        "CephClusterName: dcn1",
        "CephClusterName: dcn0",
        "multistore.wrong_cluster",
        "dcn1",
        ("'dcn0'", "'dcn1'"),
    ),
    Mistake(
        "central store's cluster",
        "dcn0/glance.yaml",
        "CephClusterName: central",
        "CephClusterName: ceph",
        "multistore.wrong_cluster",
        "dcn0",
        ("'ceph'", "'central'", "control-plane/ceph.yaml:2"),
    ),
    Mistake(
        "store user",
        UPDATE,
        "CephClientUserName: external",
        "CephClientUserName: extrenal",
        "multistore.wrong_user",
        "dcn0",
        ("'extrenal'", "'external'", EXTERNAL),
    ),
    Mistake(
        "no store user",
        "dcn1/glance.yaml",
        "CephClientUserName: external",
        "note: x",
        "multistore.wrong_user",
        "dcn1",
        ("no CephClientUserName, so 'openstack'", "'external'"),
        at="central:",
    ),
    Mistake(
        "store backend",
        UPDATE,
        "dcn0:\n      GlanceBackend: rbd",
        "dcn0:\n      GlanceBackend: file",
        "multistore.wrong_backend",
        "dcn0",
        ("'file'", "'rbd'"),
        at="GlanceBackend: file",
    ),
    Mistake(
        "own backend",
        "dcn0/glance.yaml",
        "GlanceBackend: rbd",
        "GlanceBackend: swift",
        "multistore.own_backend",
        "dcn0",
        ("'swift'", "'rbd'"),
    ),
    Mistake(
        "store id",
        "dcn0/glance.yaml",
        "GlanceBackendID: dcn0",
        "GlanceBackendID: edge0",
        "multistore.other_ids",
        "dcn0",
        ("'dcn0'", "'edge0'"),
        at=f"{UPDATE}:8",
    ),
    Mistake(
        "copy-image",
        "dcn0/glance.yaml",
        "web-download,copy-image",
        "web-download",
        "multistore.import_methods",
        "dcn0",
        ("web-download", "web-download,copy-image"),
    ),
    Mistake(
        "copy-image at central",
        UPDATE,
        "web-download,copy-image",
        "copy-image",
        "multistore.import_methods",
        "control-plane",
        ("copy-image", "web-download,copy-image"),
    ),
    Mistake(
        "locations",
        "dcn1/glance.yaml",
        "GlanceShowMultipleLocations: true",
        "GlanceShowMultipleLocations: false",
        "multistore.multiple_locations",
        "dcn1",
        ("false", "true"),
    ),
    Mistake(
        "conversion",
        "dcn1/glance.yaml",
        "GlanceBackend: rbd",
        "GlanceImageImportPlugin: []",
        "multistore.image_conversion",
        "dcn1",
        ("an empty list", "image_conversion"),
    ),
    # E4
    Mistake(
        "nova zone",
        "dcn0/az.yaml",
        "NovaComputeAvailabilityZone: dcn0",
        "NovaComputeAvailabilityZone: dcn9",
        "zones.nova_zone",
        "dcn0",
        ("'dcn9'", "'dcn0'", "dcn0/az.yaml:4"),
    ),
    Mistake(
        "nova zone of another",
        "dcn1/az.yaml",
        "NovaComputeAvailabilityZone: dcn1",
        "NovaComputeAvailabilityZone: dcn0",
        "zones.nova_zone",
        "dcn1",
        ("'dcn0'", "dcn1's own", "dcn0/az.yaml:3"),
    ),
    Mistake(
        "nova zone of a later one",
        "dcn0/az.yaml",
        "NovaComputeAvailabilityZone: dcn0",
        "NovaComputeAvailabilityZone: dcn1",
        "zones.nova_zone",
        "dcn0",
        ("'dcn1'", "dcn0's own", "dcn1/az.yaml:3"),
    ),
    Mistake(
        "cinder zone",
        "dcn0/az.yaml",
        "CinderStorageAvailabilityZone: dcn0",
        "CinderStorageAvailabilityZone: dcn",
        "zones.cinder_zone",
        "dcn0",
        ("'dcn'", "'dcn0'", "dcn0/az.yaml:3"),
    ),
    Mistake(
        "cinder cluster",
        "dcn0/az.yaml",
        "CinderVolumeCluster: dcn0",
        "CinderVolumeCluster: dcn",
        "zones.cinder_cluster",
        "dcn0",
        ("'dcn'", "'dcn0'"),
    ),
    Mistake(
        "cinder cluster of another",
        "dcn1/az.yaml",
        "CinderVolumeCluster: dcn1",
        "CinderVolumeCluster: dcn0",
        "zones.cinder_cluster",
        "dcn1",
        ("'dcn0'", "'dcn1'"),
    ),
    Mistake(
        "networks",
        "dcn0/az.yaml",
        "ManageNetworks: false",
        "ManageNetworks: true",
        "zones.managed_networks",
        "dcn0",
        ("true", "false"),
    ),
    Mistake(
        "cross az attach",
        "dcn0/az.yaml",
        "CinderVolumeCluster: dcn0",
        "CinderVolumeCluster: dcn0\n  NovaCrossAZAttach: true",
        "zones.cross_az_attach",
        "dcn0",
        ("true", "false"),
        at="NovaCrossAZAttach",
    ),
    Mistake(
        "cross az attach of a role",
        "dcn0/az.yaml",
        "CinderVolumeCluster: dcn0",
        "CinderVolumeCluster: dcn0\n  DistributedComputeHCIParameters:\n    NovaCrossAZAttach: True",
        "zones.cross_az_attach",
        "dcn0",
        ("True", "false"),
        at="NovaCrossAZAttach",
    ),
    # E5
    Mistake(
        "controller",
        "dcn0/role-counts.yaml",
        "ControllerCount: 0",
        "ControllerCount: 1",
        "roles.controllers",
        "dcn0",
        ("1", "0 at a DCN site"),
    ),
    Mistake(
        "not a number",
        "dcn0/role-counts.yaml",
        "ScaleOutCount: 1",
        "ScaleOutCount: one",
        "roles.not_numbers",
        "dcn0",
        ("'one'", "a number"),
    ),
    Mistake(
        "two OSD nodes",
        "control-plane/role-counts.yaml",
        "ComputeHCICount: 3",
        "ComputeHCICount: 2",
        "roles.storage_nodes",
        "control-plane",
        ("ComputeHCICount: 2", "at least 3"),
    ),
    Mistake(
        "inventory lacks a host",
        "dcn1/role-counts.yaml",
        "HCICount: 3",
        "HCICount: 4",
        "roles.other_inventory",
        "dcn1",
        ("3 hosts", "4, as DistributedComputeHCICount says", "dcn1/role-counts.yaml"),
        at="dcn1/inventory.yaml:2",
    ),
)


def spoil(folder: Path, mistake: Mistake) -> str:
    """Make the mistake, and return its place as `FILE:LINE`."""
    path = folder / mistake.file
    text = path.read_text()
    assert mistake.old in text, f"{mistake.file} has no {mistake.old!r}"
    start = text.index(mistake.old)
    path.write_text(text.replace(mistake.old, mistake.new, 1))
    if re.search(r":\d+$", mistake.at):
        return mistake.at
    text = path.read_text()
    if mistake.at:
        start = text.index(mistake.at)
    return f"{mistake.file}:{text.count(chr(10), 0, start) + 1}"

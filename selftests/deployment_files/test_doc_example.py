"""The guide's example files are recognized under any name, and pass with the appropriate advice."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.tripleo import checks, layout

_CAPS = """\
caps:
            mgr: "allow *"
            mon: "profile rbd"
            osd: "profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images"
"""
_CENTRAL_KEY = "AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q=="
_KEYS = {
    "control-plane": _CENTRAL_KEY,
    "dcn0": "AQBO/mteAAAAABAAc4mVMTpq7OFtrPlRFqN+FQ==",
    "dcn1": "AQACCGxeAAAAABAAHocX/cnygrVnLBrKiZHJfw==",
}
_CLUSTERS = {
    "central": ("3161a3b4-e5ff-42a0-9f53-860403b29a33", "172.16.11.84, 172.16.11.87, 172.16.11.92", "control-plane"),
    "dcn0": ("539e2b96-316e-4c23-b7df-035a3037ddd1", "172.16.11.61, 172.16.11.64, 172.16.11.66", "dcn0"),
    "dcn1": ("7504a91e-5a0f-4408-bb55-33c3ee2c67e9", "172.16.11.182, 172.16.11.185, 172.16.11.187", "dcn1"),
}


def _extra_keys(stack: str) -> str:
    return f"""\
parameter_defaults:
    CephExtraKeys:
        - name: "client.external"
          {_CAPS}
          key: "{_KEYS[stack]}"
          mode: "0600"
"""


def _external(*clusters: str) -> str:
    text = "parameter_defaults:\n  CephExternalMultiConfig:\n"
    for cluster in clusters:
        fsid, mon_ips, stack = _CLUSTERS[cluster]
        text += f"""\
    - cluster: "{cluster}"
      fsid: "{fsid}"
      external_cluster_mon_ips: "{mon_ips}"
      keys:
        - name: "client.external"
          {_CAPS}
          key: "{_KEYS[stack]}"
          mode: "0600"
      dashboard_enabled: false
      ceph_conf_overrides:
        client:
          keyring: /etc/ceph/{cluster}.client.external.keyring
"""
    return text


def _glance(own: str, *others: str) -> str:
    text = f"""\
parameter_defaults:
  GlanceShowMultipleLocations: true
  GlanceEnabledImportMethods: web-download,copy-image
  GlanceBackend: rbd
  GlanceStoreDescription: '{own} rbd glance store'
  GlanceMultistoreConfig:
"""
    for other in others:
        text += f"""\
    {other}:
      GlanceBackend: rbd
      GlanceStoreDescription: '{other} rbd glance store'
      CephClientUserName: 'external'
      CephClusterName: {other}
"""
    return text


def _all_yml(stack: str, cluster: str) -> str:
    caps = _CAPS.replace('"', "")
    return f"""\
cluster: {cluster}
fsid: {_CLUSTERS[cluster][0]}
openstack_keys:
-         {caps}
          key: AQDIl2teAAAAABAAtFuRHdcS8v3+kk9Y6RzehA==
          mode: '0600'
          name: client.openstack
-         {caps}
          key: {_KEYS[stack]}
          mode: '0600'
          name: client.external
"""


def _inventory(stack: str, cluster: str, role: str) -> str:
    text = f"{role}:\n  hosts:\n"
    for i, address in enumerate(_CLUSTERS[cluster][1].split(", ")):
        host = f"{stack}-{role.lower()}-{i}"
        text += f"""\
    {host}:
      ansible_host: 192.168.24.{16 + i}
      storage_hostname: {host}.storage.localdomain
      storage_ip: {address}
"""
    return text


def _az(stack: str) -> str:
    return textwrap.dedent(f"""\
        parameter_defaults:
          ManageNetworks: false
          NovaComputeAvailabilityZone: {stack}
          CinderStorageAvailabilityZone: {stack}
          CinderVolumeCluster: {stack}
        """)


_COUNTS = """\
parameter_defaults:
  ControllerCount: 0
  ComputeCount: 0
  DistributedComputeHCICount: 3
  DistributedComputeHCIScaleOutCount: 1
"""
FILES = {
    "control-plane/ceph_keys.yaml": _extra_keys("control-plane"),
    "control-plane/roles-counts.yaml": "parameter_defaults:\n  ControllerCount: 3\n  ComputeHCICount: 3\n",
    "control-plane/ceph.yaml": "parameter_defaults:\n  CephClusterName: central\n",
    "control-plane/glance_update.yaml": _glance("central", "dcn0", "dcn1") + "  CephClusterName: central\n",
    "control-plane/dcn_ceph_external.yaml": _external("dcn0", "dcn1"),
    "control-plane/ceph-ansible/group_vars/all.yml": _all_yml("control-plane", "central"),
    "control-plane/inventory.yaml": _inventory("control-plane", "central", "Controller"),
    "central_ceph_external.yaml": _external("central"),
} | {
    f"{stack}/{name}": content
    for stack in ("dcn0", "dcn1")
    for name, content in {
        "dcn_ceph_keys.yaml": _extra_keys(stack),
        "roles-counts.yaml": _COUNTS,
        "ceph.yaml": f"parameter_defaults:\n  CephClusterName: {stack}\n",
        "az.yaml": _az(stack),
        "glance.yaml": _glance(stack, "central"),
        "ceph-ansible/group_vars/all.yml": _all_yml(stack, stack),
        "inventory.yaml": _inventory(stack, stack, "DistributedComputeHCI"),
    }.items()
}
#: The same files in their usual places: the templates in a home directory, config-download's output in its own.
ELSEWHERE = {
    (f"var/lib/mistral/{name}" if "all.yml" in name or "inventory" in name else f"home/stack/{name}"): content
    for name, content in FILES.items()
}
#: The same, with all of a stack's parameters in files with meaningless names.
RENAMED = {
    name if "all.yml" in name or "inventory" in name else name.replace(Path(name).stem, f"file{i}"): content
    for i, (name, content) in enumerate(FILES.items())
}


@pytest.mark.parametrize("files", [FILES, ELSEWHERE, RENAMED], ids=["as in the guide", "elsewhere", "renamed"])
def test_doc_files_pass(files: dict[str, str], write_files: Callable[[dict[str, str]], Path]) -> None:
    """The guide's literal files have no finding, except for the advice on the store id default_backend at both ends."""
    read = layout.read(write_files(files))

    results = checks.results(read)

    assert (read.unreadable, read.doubtful) == ({}, {})
    assert [stack.name for stack in read.stacks] == ["control-plane", "dcn0", "dcn1"]
    advised = {key for key, found in results.items() if found}
    assert advised == {("advice.unnamed_stores", "dcn0"), ("advice.unnamed_stores", "dcn1")}


def test_doc_files_are_all_compared(write_files: Callable[[dict[str, str]], Path]) -> None:
    """With all of the guide's files, every check is made at every stack: none passes because a file is missing."""
    read = layout.read(write_files(FILES))

    made = set(checks.results(read))

    assert {(check.name, stack.name) for check in checks.ALL for stack in check.stacks(read)} - made == set()


def test_advice_explains_itself(write_files: Callable[[dict[str, str]], Path]) -> None:
    """The advice says which setting is missing and what happens without it."""
    results = checks.results(layout.read(write_files(FILES)))

    (finding,) = results["advice.unnamed_stores", "dcn0"]

    assert "GlanceBackendID: dcn0" in finding.expected
    assert "default_backend" in finding.seen

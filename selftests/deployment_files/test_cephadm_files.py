"""The files of newer releases: deployed_ceph.yaml, ceph_client.yml, ceph_spec.yaml, `overcloud export ceph`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.tripleo import checks, example, facts, layout, monitors

CENTRAL, DCN0 = example.sites(1)
_CAPS = {
    "mgr": "allow *",
    "mon": "profile rbd",
    "osd": "profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images",
}


def client(site: example.ExampleSite) -> dict[str, Any]:
    """Cephadm's ceph_client.yml: no modes, and each monitor with both protocols."""
    addresses = ",".join(f"v2:{ip}:3300/0,v1:{ip}:6789/0" for ip in site.monitors.values())
    return {
        "tripleo_ceph_client_fsid": site.fsid,
        "tripleo_ceph_client_cluster": site.cluster,
        "external_cluster_mon_ips": f"[{addresses}]",
        "keys": [{"name": "client.openstack", "key": site.openstack_key, "caps": _CAPS}],
    }


def exported(site: example.ExampleSite) -> dict[str, Any]:
    """An entry as `openstack overcloud export ceph` writes it without `-k`."""
    return {
        "cluster": site.cluster,
        "fsid": site.fsid,
        "external_cluster_mon_ips": client(site)["external_cluster_mon_ips"],
        "keys": client(site)["keys"],
        "dashboard_enabled": False,
        "ceph_conf_overrides": {"client": {"keyring": f"/etc/ceph/{site.cluster}.client.openstack.keyring"}},
    }


def parameters(**values: Any) -> str:
    return json.dumps({"parameter_defaults": values}, indent=1)


def glance(own: str, other: str) -> dict[str, Any]:
    return {
        "GlanceShowMultipleLocations": True,
        "GlanceEnabledImportMethods": ["web-download", "copy-image"],
        "GlanceBackendID": own,
        "GlanceMultistoreConfig": {other: {"GlanceBackend": "rbd", "CephClusterName": other}},
    }


@pytest.fixture
def cephadm_files() -> dict[str, str]:
    """Two stacks that were deployed by cephadm and share their openstack keys."""
    files = {}
    for site, other in ((CENTRAL, DCN0), (DCN0, CENTRAL)):
        files |= {
            f"{site.stack}/deployed_ceph.yaml": parameters(
                DeployedCeph=True, CephClusterFSID=site.fsid, CephClusterName=site.cluster
            ),
            f"{site.stack}/ceph_client.yml": json.dumps(client(site)),
            f"{site.stack}/glance.yaml": parameters(**glance(site.cluster, other.cluster)),
            f"{site.stack}/ceph-export-{other.stack}.yaml": parameters(CephExternalMultiConfig=[exported(other)]),
        }
    zones = {name: "dcn0" for name in ("NovaComputeAvailabilityZone", "CinderStorageAvailabilityZone")}
    files["dcn0/az.yaml"] = parameters(ManageNetworks=False, CinderVolumeCluster="dcn0", **zones)
    return files


def failed(folder: Path) -> dict[tuple[str, str], list[str]]:
    read = layout.read(folder)
    assert read.unreadable == {}
    return {key: list(map(str, found)) for key, found in checks.results(read).items() if found}


def test_cephadm_files_pass(cephadm_files: dict[str, str], write_files: Callable[[dict[str, str]], Path]) -> None:
    """The same facts in cephadm's files pass the same checks, and the comparisons are made."""
    folder = write_files(cephadm_files)

    assert failed(folder) == {}
    made = set(checks.results(layout.read(folder)))
    rows = ("keys.undecodable", "external.wrong_fsid", "external.wrong_monitors", "external.wrong_key")
    assert {(row, stack) for row in rows for stack in ("control-plane", "dcn0")} - made == set()


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        pytest.param(DCN0.fsid, CENTRAL.fsid, "external.wrong_fsid", id="fsid"),
        pytest.param("v2:198.18.1.12:", "v2:198.18.1.99:", "external.wrong_monitors", id="mon ip"),
        pytest.param(DCN0.openstack_key, CENTRAL.openstack_key, "external.wrong_key", id="key"),
        pytest.param("dcn0.client.openstack", "dcn0.client.external", "external.wrong_keyring", id="keyring"),
    ],
)
def test_old_export_is_noticed(
    old: str,
    new: str,
    check: str,
    cephadm_files: dict[str, str],
    write_files: Callable[[dict[str, str]], Path],
) -> None:
    """An outdated export, which differs from the cluster's ceph_client.yml, fails the check of what differs."""
    name = "control-plane/ceph-export-dcn0.yaml"
    cephadm_files[name] = cephadm_files[name].replace(old, new)

    assert list(failed(write_files(cephadm_files))) == [(check, "dcn0")]


def test_export_of_the_wrong_user_is_noticed(healthy: Path) -> None:
    """An export without `-k external` contains a key that the stores do not use, and fails."""
    entry = exported(CENTRAL) | {"external_cluster_mon_ips": ",".join(CENTRAL.monitors.values())}
    (healthy / "central_ceph_external.yaml").write_text(parameters(CephExternalMultiConfig=[entry]))

    found = failed(healthy)

    assert set(found) == {("multistore.wrong_user", "dcn0"), ("multistore.wrong_user", "dcn1")}
    assert "should be:    'openstack'" in found["multistore.wrong_user", "dcn0"][0]


def test_spec_says_which_hosts_run_monitors(healthy: Path) -> None:
    """Without the inventory's group, the hosts with the label `mon` in the cephadm spec are the monitors."""
    inventory = healthy / "dcn0/inventory.yaml"
    inventory.write_text(inventory.read_text().replace("ceph_mon:", "other:"))
    hosts = [
        f"---\nservice_type: host\naddr: 192.0.2.{i}\nhostname: dcn0-distributedcomputehci-{i}\nlabels: [{label}]\n"
        for i, label in enumerate(("mon", "osd", "mon"))
    ]
    (healthy / "dcn0/ceph_spec.yaml").write_text("".join([*hosts, "---\nservice_type: mon\nplacement: {}\n"]))

    hosts = monitors.hosts(layout.read(healthy).stack("dcn0"))

    assert [host.address("storage") for host in hosts] == ["198.18.1.11", "198.18.1.13"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1, 192.0.2.2", ["192.0.2.1", "192.0.2.2"]),
        ("192.0.2.1:6789;192.0.2.2:6789", ["192.0.2.1", "192.0.2.2"]),
        ("[v2:192.0.2.1:3300/0,v1:192.0.2.1:6789/0]", ["192.0.2.1"]),
        ("[v2:[2001:db8::1]:3300/0,v1:[2001:db8::1]:6789/0],[2001:DB8::2]:6789", ["2001:db8::1", "2001:db8::2"]),
        ("2001:db8:0::1 mon.example.com", ["2001:db8::1", "mon.example.com"]),
        ("", []),
    ],
)
def test_mon_host_texts(text: str, expected: list[str]) -> None:
    """Every spelling of monitor addresses that Ceph accepts is understood."""
    assert facts.addresses(text) == expected

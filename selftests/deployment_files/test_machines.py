"""The machines in an inventory, as config-download leaves it."""

from pathlib import Path

import yaml

from helpers.tripleo import example, layout
from helpers.tripleo.machines import Machine, machines

INVENTORY = {
    "Undercloud": {"hosts": {"undercloud": {"ansible_host": "localhost"}}},
    "DistributedComputeHCI": {
        "hosts": {"dcn0-hci-0": {"ansible_host": "198.51.100.20", "storage_ip": "198.51.100.20"}}
    },
    "DistributedComputeHCIScaleOut": {"hosts": {"dcn0-out-0": {"ctlplane_ip": "198.51.100.21"}}},
    "glance_api_edge": {"children": {"DistributedComputeHCI": {}}},
    "haproxy_edge": {"children": {"DistributedComputeHCIScaleOut": {}}},
    "nova_compute": {"children": {"DistributedComputeHCI": {}, "DistributedComputeHCIScaleOut": {}}},
    "ceph_mon": {"children": {"DistributedComputeHCI": {}}},
    "dcn0": {"children": {"allovercloud": {}}},
    "allovercloud": {"children": {"dcn0": {}, "DistributedComputeHCI": {}, "DistributedComputeHCIScaleOut": {}}},
}


def read(folder: Path) -> tuple[Machine, ...]:
    return machines(layout.read(folder).stack("dcn0"))


def test_machines_have_address_and_roles(tmp_path: Path) -> None:
    """The machines are those of role and service groups and of nested groups, without the undercloud."""
    (tmp_path / "dcn0").mkdir()
    (tmp_path / "dcn0/inventory.yaml").write_text(yaml.safe_dump(INVENTORY, sort_keys=False))

    found = read(tmp_path)

    assert [(machine.name, machine.address, machine.roles) for machine in found] == [
        ("dcn0-hci-0", "198.51.100.20", ("glance", "ceph-mon", "compute")),
        ("dcn0-out-0", "198.51.100.21", ("compute", "haproxy")),
    ]


def test_example_has_its_nodes(tmp_path: Path) -> None:
    """The nodes that the generator is given are in the inventory that it writes."""
    node = example.ExampleNode("dcn0-0", "DistributedComputeHCI", "198.51.100.7", "198.51.100.8", ("ceph_mon",))
    central, dcn0 = example.sites(1)
    with_nodes = example.ExampleSite(**{**vars(dcn0), "nodes": (node,), "store": "default_backend"})
    example.write(tmp_path, [central, with_nodes])

    (found,) = read(tmp_path)

    assert (found.name, found.address, found.roles) == ("dcn0-0", "198.51.100.7", ("ceph-mon",))
    assert "GlanceBackendID" not in (tmp_path / "dcn0/glance.yaml").read_text()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """Only the owner may read the files, most of which contain keys."""
    example.write(tmp_path, example.sites(1))

    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.y*ml")} == {0o600}

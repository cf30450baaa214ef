"""Mistakes of more than one value: an entry, a store or a file is missing or exists twice."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from helpers.tripleo import example

CENTRAL, DCN0, DCN1 = example.sites(2)


@dataclass(frozen=True)
class Part:
    """An edit of one file's parameters. `check` at `stack` must find it, with the text `says`."""

    name: str
    file: str
    edit: Callable[[dict[str, Any]], Any]
    check: str
    stack: str
    says: tuple[str, ...]
    deployed: bool = True


def take_out(folder: Path, part: Part) -> None:
    if not part.deployed:
        shutil.rmtree(folder)
        example.write(folder, example.sites(2), deployed=False)
    path = folder / part.file
    content = yaml.safe_load(path.read_text())
    part.edit(content.get("parameter_defaults", content))
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=200))


def _same_key(parameters: dict[str, Any]) -> None:
    parameters["CephExtraKeys"][0]["key"] = DCN0.external_key


PARTS = (
    Part(
        "no entry for a site",
        "control-plane/dcn_ceph_external.yaml",
        lambda parameters: parameters["CephExternalMultiConfig"].pop(1),
        "external.missing",
        "dcn1",
        ("control-plane/dcn_ceph_external.yaml:2", "entries for 'dcn0'", "cluster: dcn1", "dcn1/ceph.yaml:2"),
    ),
    Part(
        "no entry for central",
        "central_ceph_external.yaml",
        lambda parameters: parameters.pop("CephExternalMultiConfig"),
        "external.missing",
        "control-plane",
        ("entries for no cluster", "cluster: central", "dcn0, dcn1"),
    ),
    Part(
        "an entry twice",
        "control-plane/dcn_ceph_external.yaml",
        lambda parameters: parameters["CephExternalMultiConfig"].append(example.external(DCN0)),
        "external.repeated",
        "dcn0",
        ("control-plane/dcn_ceph_external.yaml:33", "a second entry", "control-plane/dcn_ceph_external.yaml:3 "),
    ),
    Part(
        "an entry of nobody",
        "control-plane/dcn_ceph_external.yaml",
        lambda parameters: parameters["CephExternalMultiConfig"].append(example.external(example.sites(9)[9])),
        "external.of_nobody",
        "control-plane",
        ("control-plane/dcn_ceph_external.yaml:33", "'dcn8'", "dcn0 (dcn0), dcn1 (dcn1)"),
    ),
    Part(
        "an entry of the own cluster",
        "dcn0/ceph.yaml",
        lambda parameters: parameters.update(CephExternalMultiConfig=[example.external(DCN0)]),
        "external.of_nobody",
        "dcn0",
        ("dcn0/ceph.yaml:4", "own cluster as an external one"),
    ),
    Part(
        "a cluster name that Heat refuses",
        "dcn0/ceph.yaml",
        lambda parameters: parameters.update(CephClusterName="dcn-0"),
        "external.cluster_names",
        "dcn0",
        ("'dcn-0'", "letters and digits"),
        deployed=False,
    ),
    Part(
        "a cluster name that no other file has",
        "dcn0/ceph.yaml",
        lambda parameters: parameters.update(CephClusterName="dcn00"),
        "external.cluster_names",
        "dcn0",
        ("dcn0/ceph.yaml:2", "'dcn00'", "'dcn0'", "dcn0/ceph-ansible/group_vars/all.yml:1"),
    ),
    Part(
        "no role counts",
        "dcn0/role-counts.yaml",
        lambda parameters: parameters.clear(),
        "roles.missing",
        "dcn0",
        ("dcn0/", "no role counts"),
        deployed=False,
    ),
    Part(
        "no store for a site",
        "control-plane/glance_update.yaml",
        lambda parameters: parameters["GlanceMultistoreConfig"].pop("dcn1"),
        "multistore.central_lists",
        "dcn1",
        ("control-plane/glance_update.yaml:7", "stores: dcn0", "CephClusterName: dcn1", "dcn1/ceph.yaml:2"),
    ),
    Part(
        "no store for central",
        "dcn0/glance.yaml",
        lambda parameters: parameters.pop("GlanceMultistoreConfig"),
        "multistore.lists_central",
        "dcn0",
        ("dcn0/", "no GlanceMultistoreConfig", "CephClusterName: central", "control-plane/ceph.yaml:2"),
    ),
    Part(
        "a store of nobody",
        "control-plane/glance_update.yaml",
        lambda parameters: parameters["GlanceMultistoreConfig"].update(
            dcn7={"GlanceBackend": "rbd", "CephClusterName": "dcn7"}
        ),
        "multistore.of_nobody",
        "control-plane",
        ("'dcn7'", "dcn0, dcn1"),
    ),
    Part(
        "one key for two sites",
        "dcn1/ceph_keys.yaml",
        _same_key,
        "keys.shared",
        "dcn1",
        ("a key of dcn1's own, not dcn0's", "dcn0/ceph_keys.yaml:8"),
        deployed=False,
    ),
    Part(
        "two nodes for three monitors",
        "dcn0/role-counts.yaml",
        lambda parameters: parameters.update(DistributedComputeHCICount=2),
        "roles.ceph_monitors",
        "dcn0",
        ("dcn0/role-counts.yaml:4", "DistributedComputeHCICount: 2", "at least 3"),
        deployed=False,
    ),
)

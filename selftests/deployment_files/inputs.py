"""Healthy files of real operators, as differences from the guide's. Nothing in them is a mistake."""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from helpers.tripleo import example
from selftests.deployment_files.mess import JUNK, STOCK

CENTRAL, DCN0, DCN1 = example.sites(2)
STACKS = {site.stack: site for site in (CENTRAL, DCN0, DCN1)}


@dataclass(frozen=True)
class Input:
    """One input: how it is made from healthy files.

    `unknown` are the checks that it makes impossible, each with its stacks. All other checks are made, and find
    nothing. `stacks` are the names of its stacks, central first.
    """

    name: str
    make: Callable[[Path], Any]
    deployed: bool = True
    unknown: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ("control-plane", "dcn0", "dcn1")


# --- edits


def write(folder: Path, name: str, content: Any) -> None:
    """Write a file: text as it is, anything else as YAML."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False, width=200))


def environment(folder: Path, name: str, **parameters: Any) -> None:
    write(folder, name, {"parameter_defaults": parameters})


def change(folder: Path, name: str, **parameters: Any) -> None:
    """Set parameters in a file. None removes one."""
    content = yaml.safe_load((folder / name).read_text())
    changed = {**content["parameter_defaults"], **parameters}
    environment(folder, name, **{key: value for key, value in changed.items() if value is not None})


def move(folder: Path, names: dict[str, str]) -> None:
    for old, new in names.items():
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / old, folder / new)


def substitute(folder: Path, old: str, new: str, names: Iterable[str] = ("**/*.y*ml",)) -> None:
    texts = {path: path.read_text() for name in names for path in folder.glob(name)}
    assert any(old in text for text in texts.values()), f"none of {', '.join(names)} has {old!r}"
    for path, text in texts.items():
        path.write_text(text.replace(old, new))


def _networks(folder: Path, name: str) -> None:
    """The monitors' network has another name."""
    substitute(folder, "storage_ip", f"{name}_ip", ["*/inventory.yaml"])
    substitute(folder, "storage_hostname", f"{name}_hostname", ["*/inventory.yaml"])


def _both_networks(folder: Path) -> None:
    """Hosts also have a network `storage`, which Ceph does not use."""
    _networks(folder, "ceph_public")
    for stack in STACKS:
        path = folder / stack / "inventory.yaml"
        lines = path.read_text().splitlines(keepends=True)
        added = [
            f"{line}      storage_ip: 203.0.113.{n}\n" if "ceph_public_ip" in line else line
            for n, line in enumerate(lines)
        ]
        path.write_text("".join(added))


# --- kinds


def _spec(folder: Path) -> None:
    hosts: list[Any] = [
        {"service_type": "host", "addr": "192.0.2.21", "hostname": host, "labels": ["mon"], "location": {"root": "x"}}
        for host in DCN0.monitors
    ]
    placed = [
        {"service_type": "mon", "placement": {"label": "mon"}},
        {"service_type": "osd", "placement": {"hosts": ["a"]}},
    ]
    write(folder, "dcn0/ceph_spec.yaml", f"{yaml.safe_dump_all([*hosts, *placed], explicit_start=True)}...\n---\n")


def _json_with_tabs(folder: Path) -> None:
    content = yaml.safe_load((folder / "dcn0/az.yaml").read_text())
    (folder / "dcn0/az.yaml").unlink()
    write(folder, "dcn0/az.json", json.dumps(content, indent="\t"))


def _rendered(folder: Path) -> None:
    for stack in STACKS:
        tree = f"overcloud-deploy/{stack}/tripleo-heat-templates"
        write(folder, f"{tree}/environments/dcn-storage.yaml", STOCK)
        write(folder, f"{tree}/roles/Controller.yaml", [{"name": "Controller", "ServicesDefault": ["X"]}])


def _overcloud(folder: Path) -> None:
    move(folder, {"control-plane": "overcloud"})
    environment(
        folder,
        "overcloud/site-name.yaml",
        NovaComputeAvailabilityZone="central",
        CinderStorageAvailabilityZone="central",
        NovaCrossAZAttach=False,
        ControllerExtraConfig={"nova::availability_zone::default_schedule_zone": "central"},
    )


def _by_service(folder: Path) -> None:
    """Each site's files by subject, one folder deeper."""
    for stack in STACKS:
        names = ("ceph.yaml", "ceph_keys.yaml", "az.yaml", "role-counts.yaml")
        there = [name for name in names if (folder / stack / name).exists()]
        move(folder, {f"{stack}/{name}": f"sites/{stack}/{Path(name).stem}/{name}" for name in there})
        move(folder, {f"{stack}/{path.name}": f"sites/{stack}/{path.name}" for path in (folder / stack).iterdir()})


def _flat(folder: Path) -> None:
    """All files in one folder, distinguished by their names."""
    for stack in STACKS:
        for path in sorted((folder / stack).glob("*.yaml")):
            move(folder, {f"{stack}/{path.name}": f"templates/{stack}-{path.name}"})
    for stack in STACKS:
        move(folder, {f"{stack}/ceph-ansible": f"config-download/{stack}/ceph-ansible"})


def _working_directories(folder: Path) -> None:
    """The director's working directories, beside templates in folders with other names."""
    for stack in STACKS:
        working = f"overcloud-deploy/{stack}/config-download/{stack}"
        move(folder, {f"{stack}/ceph-ansible": f"{working}/ceph-ansible"})
        move(folder, {f"{stack}/inventory.yaml": f"overcloud-deploy/{stack}/tripleo-ansible-inventory.yaml"})
        move(folder, {stack: f"{stack}-templates"})


def _regions(folder: Path) -> None:
    move(folder, {"dcn0": "emea/dcn0", "dcn1": "apac/dcn1"})


def _shared_folder(folder: Path) -> None:
    """A folder with the files that all DCN stacks are given, as in Red Hat's documentation."""
    move(folder, {"central_ceph_external.yaml": "dcn-common/central_ceph_external.yaml"})


def _one_roles_file(folder: Path) -> None:
    services = [f"OS::TripleO::Services::{name}" for name in ("CephMon", "CephOSD", "NovaCompute")]
    write(folder, "dcn_roles.yaml", [{"name": "EdgeHci", "ServicesDefault": services}])
    substitute(folder, "DistributedComputeHCI:", "EdgeHci:", ["dcn0/inventory.yaml"])
    environment(folder, "dcn0/role-counts.yaml", EdgeHciCount=3, ControllerCount=0)


def _nodes(folder: Path) -> None:
    """Roles and counts in the form of `openstack overcloud node provision`."""
    (folder / "dcn0/role-counts.yaml").unlink()
    networks = {"networks": [{"network": "ctlplane", "vif": True}, {"network": "storage", "subnet": "leaf1"}]}
    role = {"name": "DistributedComputeHCI", "count": 3, "hostname_format": "dcn0-hci-%index%", "defaults": networks}
    write(folder, "dcn0/baremetal_deployment.yaml", [role])


def _nodes_in_home(folder: Path) -> None:
    """The director's environments of provisioned nodes, beside the folders of all stacks."""
    for stack, counts in (
        ("control-plane", {"ControllerCount": 3, "ComputeHCICount": 3}),
        ("dcn0", {"DistributedComputeHCICount": 3}),
    ):
        (folder / stack / "role-counts.yaml").unlink()
        environment(folder, f"deployed-metal-{stack}.yaml", **counts, HostnameMap={})


def _openstack_user_before(folder: Path) -> None:
    """The sites share the key that the deployment creates."""
    for site in STACKS.values():
        (folder / site.stack / "ceph_keys.yaml").unlink()
    substitute(folder, "CephClientUserName: external", "CephClientUserName: openstack")


def _openstack_user_deployed(folder: Path) -> None:
    """The same after `openstack overcloud export ceph`. A store without a user has Heat's default."""
    substitute(folder, "      CephClientUserName: external\n", "", ["dcn*/glance.yaml"])
    for site in STACKS.values():
        (folder / site.stack / "ceph_keys.yaml").unlink()
        left = f"{site.stack}/ceph-ansible/group_vars/all.yml"
        content = yaml.safe_load((folder / left).read_text())
        write(folder, left, {**content, "openstack_keys": content["openstack_keys"][:1]})
        substitute(folder, site.external_key, site.openstack_key)
    substitute(folder, "client.external", "client.openstack")
    substitute(folder, "CephClientUserName: external", "CephClientUserName: openstack")


def _exported(folder: Path) -> None:
    """One file for all DCN clusters in the home directory, from `openstack overcloud export ceph --stack dcn0,dcn1`."""
    move(folder, {"control-plane/dcn_ceph_external.yaml": "ceph-export-2-stacks.yaml"})
    content = yaml.safe_load((folder / "ceph-export-2-stacks.yaml").read_text())
    for entry, site in zip(content["parameter_defaults"]["CephExternalMultiConfig"], (DCN0, DCN1), strict=True):
        pairs = ",".join(f"v2:{address}:3300/0,v1:{address}:6789/0" for address in site.monitors.values())
        entry["external_cluster_mon_ips"] = f"[{pairs}]"
    write(folder, "ceph-export-2-stacks.yaml", content)


def _cephadm(folder: Path) -> None:
    """A deployment of a later release: Ceph and nodes first, and the director's files in its working directories."""
    _openstack_user_deployed(folder)
    _exported(folder)
    for stack, site in STACKS.items():
        working, left = (
            f"overcloud-deploy/{stack}",
            yaml.safe_load((folder / f"{stack}/ceph-ansible/group_vars/all.yml").read_text()),
        )
        shutil.rmtree(folder / stack / "ceph-ansible")
        (folder / stack / "ceph.yaml").unlink()
        counts = yaml.safe_load((folder / stack / "role-counts.yaml").read_text())["parameter_defaults"]
        (folder / stack / "role-counts.yaml").unlink()
        environment(folder, f"{stack}/deployed_metal.yaml", **counts, HostnameMap={}, NodePortMap={})
        deployed = {"CephClusterFSID": site.fsid, "DeployedCeph": True, "CephClusterName": site.cluster}
        environment(folder, f"{stack}/deployed-ceph-{stack}.yaml", **deployed)
        move(folder, {f"{stack}/inventory.yaml": f"{working}/tripleo-ansible-inventory.yaml"})
        pairs = ",".join(f"v2:{address}:3300/0,v1:{address}:6789/0" for address in site.monitors.values())
        client = {"tripleo_ceph_client_fsid": site.fsid, "tripleo_ceph_client_cluster": site.cluster}
        keys = [{key: value for key, value in item.items() if key != "mode"} for item in left["openstack_keys"]]
        write(folder, f"{working}/ceph_client.yml", {**client, "external_cluster_mon_ips": f"[{pairs}]", "keys": keys})
        write(
            folder,
            f"{working}/config-download/{stack}/global_vars.yaml",
            {"service_net_map": {"ceph_mon_network": "storage"}},
        )
        write(
            folder,
            f"{working}/tripleo-{stack}-baremetal-deployment.yaml",
            [{"name": role[:-5], "count": count} for role, count in counts.items()],
        )
        # generated before Ceph was deployed, and unused since
        environment(
            folder, f"{working}/{stack}-passwords.yaml", CephClusterFSID=example.sites(9)[9].fsid, CephClientKey="x"
        )
        environment(folder, f"{working}/environment/tripleo-{stack}-environment.yaml", ManageNetworks=True)
    substitute(folder, "      mode: '0600'\n", "", ["*external.yaml", "ceph-export*.yaml"])
    change(folder, "dcn0/glance.yaml", GlanceShowMultipleLocations=False)


def _storage_nodes(folder: Path) -> None:
    """A site that is not hyper-converged."""
    environment(folder, "dcn0/role-counts.yaml", DistributedComputeCount=2, CephAllCount=3, ControllerCount=0)
    substitute(folder, "DistributedComputeHCI:", "CephAll:", ["dcn0/inventory.yaml"])


def _longer_keys(folder: Path) -> None:
    for site in STACKS.values():
        substitute(folder, site.external_key, example.cephx_key(f"{site.cluster} external", long=True))


def _hieradata(folder: Path, parameter: str, key: str, value: Any, mapping: str, name: str = "glance.yaml") -> None:
    change(folder, f"dcn0/{name}", **{parameter: None, mapping: {key: value}})


def _encrypted(folder: Path) -> None:
    write(folder, "dcn0/ceph_keys.yaml", "$ANSIBLE_VAULT;1.1;AES256\n6231336539666234306139\n")


def _script(folder: Path, *files: str) -> None:
    """The command of a stack in a script."""
    lines = [
        "time openstack overcloud deploy --templates ~/templates",
        "--stack $STACK",
        *(f"-e {file}" for file in files),
    ]
    command = " \\\n     ".join([*lines, "--libvirt-type qemu"])
    write(folder, "dcn0/deploy.sh", f"#!/bin/bash\nSTACK=dcn0\nsource ~/stackrc\n# as it was\n{command}\n")


def _overridden(folder: Path) -> None:
    """The site's own file overrides a common file, in the script's order."""
    environment(folder, "dcn0/defaults.yaml", GlanceEnabledImportMethods="web-download")
    _script(
        folder, "~/templates/environments/dcn-storage.yaml", "defaults.yaml", "~/dcn0/az.yaml", "$HOME/dcn0/glance.yaml"
    )


def _keys_in_home(folder: Path) -> None:
    move(folder, {"dcn0/ceph_keys.yaml": "extra_keys.yaml"})
    _script(folder, "../extra_keys.yaml", "az.yaml", "glance.yaml")


def _sealed_value(folder: Path) -> None:
    """A key as `ansible-vault encrypt_string` writes it."""
    path = folder / "dcn0/ceph_keys.yaml"
    value = "!vault |\n      $ANSIBLE_VAULT;1.1;AES256\n      6231336539666234306139"
    path.write_text(path.read_text().replace(DCN0.external_key, value))


def _unnamed_central(folder: Path) -> None:
    """Central's cluster has the templates' default name, which no file of central contains."""
    (folder / "control-plane/ceph.yaml").unlink()
    substitute(folder, "CephClusterName: central", "CephClusterName: ceph", ["dcn*/glance.yaml"])


def _as_text(folder: Path) -> None:
    """Heat accepts a mapping as JSON, too."""
    path = folder / "dcn0/glance.yaml"
    stores = yaml.safe_load(path.read_text())["parameter_defaults"]["GlanceMultistoreConfig"]
    change(folder, "dcn0/glance.yaml", GlanceMultistoreConfig=json.dumps(stores))


def _old_export(folder: Path) -> None:
    """An export from before the keys were changed, beside the current one."""
    text = (folder / "central_ceph_external.yaml").read_text()
    write(folder, "ceph-export-control-plane.yaml", text.replace(CENTRAL.external_key, example.cephx_key("once")))


METHODS = ["glance-direct", "web-download", "copy-image"]
_METHODS, _ZONE = "GlanceEnabledImportMethods", "CinderStorageAvailabilityZone"

#: K1: files that are no deployment files, or that cannot be read.
_K1 = (
    Input("vault beside", JUNK["encrypted file"]),
    Input("keys in a vault", _encrypted, unknown=("keys.missing dcn0", "keys.stale dcn0")),
    Input(
        "a key in a vault",
        _sealed_value,
        unknown=("keys.undecodable dcn0", "keys.stale dcn0", "external.wrong_key dcn0"),
    ),
    Input("AppleDouble file", lambda folder: JUNK["AppleDouble file"](folder / "dcn0")),
    Input("Emacs lock file", lambda folder: JUNK["Emacs lock"](folder / "dcn0")),
    Input("instackenv.json with tabs", JUNK["JSON with tabs"]),
    Input("environment in JSON with tabs", _json_with_tabs),
    Input("cephadm's spec with placement", _spec),
)
#: K2: the places of the stacks' files, and which stack is central.
_K2 = (
    Input("rendered templates", _rendered),
    Input(
        "clone of the templates", lambda folder: write(folder, "tripleo-heat-templates/environments/dcn.yaml", STOCK)
    ),
    Input("central called overcloud, with zones", _overcloud, stacks=("overcloud", "dcn0", "dcn1")),
    Input(
        "one folder too high",
        lambda folder: move(folder, {path.name: f"site-templates/{path.name}" for path in list(folder.iterdir())}),
    ),
    Input("a folder for each service", _by_service),
    Input("all in one folder", _flat),
    Input("the director's working directories", _working_directories),
    Input("regions", _regions),
    Input("what is common in a folder of its own", _shared_folder),
    Input("an old export", _old_export),
    Input("one roles file for all DCN stacks", _one_roles_file),
    Input("nodes instead of counts", _nodes, deployed=False),
    Input("environments of nodes in the home", _nodes_in_home),
)
#: K3: the monitors' network.
_K3 = (
    Input("a network of another name", lambda folder: _networks(folder, "storage_cloud_0")),
    Input(
        "a network for each site",
        lambda folder: [
            substitute(folder, "storage_", f"storage_leaf{n}_", [f"{stack}/inventory.yaml"])
            for n, stack in enumerate(STACKS)
        ],
    ),
    Input("no network but the control plane's", lambda folder: _networks(folder, "ctlplane")),
    Input(
        "ServiceNetMap",
        lambda folder: [
            _both_networks(folder),
            environment(folder, "network.yaml", ServiceNetMap={"CephMonNetwork": "ceph_public"}),
        ],
    ),
    Input(
        "global_vars.yaml",
        lambda folder: [
            _both_networks(folder),
            *[
                write(folder, f"{stack}/global_vars.yaml", {"service_net_map": {"ceph_mon_network": "ceph_public"}})
                for stack in STACKS
            ],
        ],
    ),
    Input(
        "network_data.yaml",
        lambda folder: [
            _both_networks(folder),
            write(
                folder,
                "network_data.yaml",
                [{"name": "CephPublic", "name_lower": "ceph_public", "service_net_map_replace": "storage"}],
            ),
        ],
    ),
    Input(
        "two networks, and nothing that tells",
        _both_networks,
        unknown=tuple(
            f"external.{check} {stack}" for check in ("wrong_monitors", "monitors_without_address") for stack in STACKS
        ),
    ),
    Input(
        "host names of monitors",
        lambda folder: [
            substitute(folder, address, f"{host}.storage.localdomain", ["**/*external.yaml"])
            for site in STACKS.values()
            for host, address in site.monitors.items()
        ],
    ),
)
#: K4: other spellings, and settings that another template may contain.
_K4 = (
    Input(
        "CinderRbdAvailabilityZone",
        lambda folder: change(folder, "dcn0/az.yaml", **{_ZONE: None}, CinderRbdAvailabilityZone="dcn0"),
    ),
    Input(
        "both Cinder zones",
        lambda folder: change(folder, "dcn0/az.yaml", **{_ZONE: "nova"}, CinderRbdAvailabilityZone="dcn0"),
    ),
    Input(
        "zone as hieradata",
        lambda folder: _hieradata(folder, _ZONE, "cinder::storage_availability_zone", "dcn0", "ExtraConfig", "az.yaml"),
    ),
    Input(
        "zone of a role",
        lambda folder: change(
            folder,
            "dcn0/az.yaml",
            NovaComputeAvailabilityZone=None,
            DistributedComputeHCIParameters={"NovaComputeAvailabilityZone": "dcn0"},
        ),
    ),
    Input(
        "zone as the stack's name",
        lambda folder: change(folder, "dcn0/az.yaml", NovaComputeAvailabilityZone=""),
        unknown=("zones.nova_zone dcn0",),
    ),
    Input(
        "volume cluster of a name of its own",
        lambda folder: change(folder, "dcn0/az.yaml", CinderVolumeCluster="dcn0-volumes"),
    ),
    Input(
        "methods as hieradata of a role",
        lambda folder: _hieradata(
            folder,
            _METHODS,
            "glance::api::enabled_import_methods",
            ",".join(METHODS),
            "DistributedComputeHCIExtraConfig",
        ),
    ),
    Input(
        "methods as hieradata",
        lambda folder: _hieradata(folder, _METHODS, "glance::api::enabled_import_methods", METHODS, "ExtraConfig"),
    ),
    Input(
        "methods as an option",
        lambda folder: _hieradata(
            folder,
            _METHODS,
            "glance::config::glance_api_config",
            {"DEFAULT/enabled_import_methods": {"value": str(METHODS)}},
            "ExtraConfig",
        ),
    ),
    Input(
        "methods of a role",
        lambda folder: _hieradata(folder, _METHODS, _METHODS, METHODS, "DistributedComputeHCIParameters"),
    ),
    Input(
        "locations as hieradata",
        lambda folder: _hieradata(
            folder, "GlanceShowMultipleLocations", "glance::api::show_multiple_locations", True, "ExtraConfig"
        ),
    ),
    Input(
        "hieradata of a role without nodes",
        lambda folder: change(folder, "dcn0/az.yaml", ControllerExtraConfig={"nova::cross_az_attach": True}),
    ),
    Input(
        "what dcn-storage.yaml sets",
        lambda folder: [
            change(folder, "dcn0/az.yaml", NovaComputeAvailabilityZone=None, ManageNetworks=None),
            change(folder, "dcn0/glance.yaml", GlanceEnabledImportMethods=None, GlanceShowMultipleLocations=None),
        ],
        unknown=(
            "multistore.import_methods dcn0",
            "multistore.multiple_locations dcn0",
            "zones.nova_zone dcn0",
            "zones.managed_networks dcn0",
        ),
    ),
    Input("a copy of dcn-storage.yaml", lambda folder: write(folder, "dcn0/dcn-storage.yaml", STOCK)),
    Input(
        "a common file of settings",
        lambda folder: [
            environment(
                folder, "common.yaml", NovaCrossAZAttach=False, GlanceEnabledImportMethods="web-download,copy-image"
            ),
            change(folder, "dcn0/glance.yaml", GlanceEnabledImportMethods=None),
        ],
        unknown=("multistore.import_methods dcn0",),
    ),
    Input(
        "two values, and nothing that tells the last",
        lambda folder: environment(
            folder, "dcn0/overrides.yaml", ManageNetworks=True, GlanceEnabledImportMethods="web-download"
        ),
        unknown=("zones.managed_networks dcn0", "multistore.import_methods dcn0"),
    ),
    Input("two values, and a script that tells the last", _overridden),
    Input("keys in the home, which a script names", _keys_in_home),
    Input("stores as JSON", _as_text),
    Input(
        "counts as parameters of the stack",
        lambda folder: substitute(folder, "parameter_defaults:", "parameters:", ["dcn0/role-counts.yaml"]),
    ),
    Input(
        "central's cluster without a name",
        _unnamed_central,
        deployed=False,
        unknown=(
            "external.cluster_names control-plane",
            "multistore.wrong_cluster dcn0",
            "multistore.wrong_cluster dcn1",
        ),
    ),
    Input(
        "no CephClusterName",
        lambda folder: [(folder / "dcn0/ceph.yaml").unlink()],
        deployed=False,
        unknown=("external.cluster_names dcn0",),
    ),
)
#: K7: later releases.
_K7 = (
    Input(
        "openstack's key, before deployment",
        _openstack_user_before,
        deployed=False,
        unknown=tuple(
            f"{check} {stack}"
            for stack in STACKS
            for check in ("keys.missing", "keys.undecodable", "keys.wrong_caps", "keys.wrong_mode", "keys.shared")
        ),
    ),
    Input("openstack's key", _openstack_user_deployed, unknown=tuple(f"keys.stale {stack}" for stack in STACKS)),
    Input(
        "a user of another name",
        lambda folder: [
            substitute(folder, "client.external", "client.edge"),
            substitute(folder, "CephClientUserName: external", "CephClientUserName: edge"),
        ],
    ),
    Input("an export of several stacks", _exported),
    Input(
        "cephadm",
        _cephadm,
        unknown=(*(f"keys.stale {stack}" for stack in STACKS), "multistore.multiple_locations dcn0"),
    ),
    Input("longer keys", _longer_keys),
    Input(
        "keyring in the client's own section",
        lambda folder: substitute(folder, "      client:\n", "      client.external:\n", ["**/*external.yaml"]),
    ),
    Input(
        "IPv6",
        lambda folder: [
            substitute(folder, f"198.18.{n}.", f"fd00:{n}::", ["**/inventory.yaml", "**/*external.yaml"])
            for n in range(3)
        ],
    ),
    Input("storage nodes at a site", _storage_nodes),
)
#: The inputs that only move files.
MOVED = tuple(
    given
    for given in _K2
    if given.name
    in {
        "central called overcloud, with zones",
        "one folder too high",
        "a folder for each service",
        "all in one folder",
        "the director's working directories",
        "regions",
        "what is common in a folder of its own",
    }
)
INPUTS = (*_K1, *_K2, *_K3, *_K4, *_K7)


@dataclass(frozen=True)
class Slip:
    """A mistake in one of the inputs, by its name. Only `check` at `stack` must find it, with the text `says`."""

    given: str
    make: Callable[[Path], Any]
    check: str
    stack: str
    says: tuple[str, ...]


SLIPS = (
    Slip(
        "central called overcloud, with zones",
        lambda folder: substitute(folder, "ControllerCount: 0", "ControllerCount: 1", ["dcn0/role-counts.yaml"]),
        "roles.controllers",
        "dcn0",
        ("dcn0/role-counts.yaml:2", "'1'", "0 at a DCN site"),
    ),
    Slip(
        "one folder too high",
        lambda folder: substitute(
            folder, "ManageNetworks: false", "ManageNetworks: true", ["site-templates/dcn1/az.yaml"]
        ),
        "zones.managed_networks",
        "dcn1",
        ("site-templates/dcn1/az.yaml:2",),
    ),
    Slip(
        "all in one folder",
        lambda folder: substitute(
            folder, "CinderVolumeCluster: dcn1", "CinderVolumeCluster: dcn0", ["templates/dcn1-az.yaml"]
        ),
        "zones.cinder_cluster",
        "dcn1",
        ("templates/dcn1-az.yaml:5", "'dcn0'"),
    ),
    Slip(
        "one roles file for all DCN stacks",
        lambda folder: substitute(folder, "Services::CephMon", "Services::CephMds", ["dcn_roles.yaml"]),
        "roles.ceph_monitors",
        "dcn0",
        ("no such role", "CephMon"),
    ),
    Slip(
        "nodes instead of counts",
        lambda folder: substitute(folder, "count: 3", "count: 2", ["dcn0/baremetal_deployment.yaml"]),
        "roles.ceph_monitors",
        "dcn0",
        ("dcn0/baremetal_deployment.yaml:2", "DistributedComputeHCI with count: 2", "at least 3"),
    ),
    Slip(
        "a network of another name",
        lambda folder: substitute(folder, "storage_cloud_0_ip: 198.18.1.13", "x: y", ["dcn0/inventory.yaml"]),
        "external.monitors_without_address",
        "dcn0",
        ("dcn0-distributedcomputehci-2", "no storage_cloud_0_ip"),
    ),
    Slip(
        "ServiceNetMap",
        lambda folder: substitute(folder, "198.18.1.11,", "203.0.113.5,", ["control-plane/dcn_ceph_external.yaml"]),
        "external.wrong_monitors",
        "dcn0",
        ("203.0.113.5 is no CephMon host of dcn0", "198.18.1.11 is missing"),
    ),
    Slip(
        "two values, and a script that tells the last",
        lambda folder: _script(folder, "~/dcn0/az.yaml", "glance.yaml", "defaults.yaml"),
        "multistore.import_methods",
        "dcn0",
        ("dcn0/defaults.yaml:2", "web-download,copy-image"),
    ),
    Slip(
        "CinderRbdAvailabilityZone",
        lambda folder: change(folder, "dcn0/az.yaml", CinderRbdAvailabilityZone="dcn1"),
        "zones.cinder_zone",
        "dcn0",
        ("CinderRbdAvailabilityZone", "'dcn1'", "dcn0's own zone, not dcn1's"),
    ),
    Slip(
        "zone of a role",
        lambda folder: substitute(
            folder, "NovaComputeAvailabilityZone: dcn0", "NovaComputeAvailabilityZone: dcn1", ["dcn0/az.yaml"]
        ),
        "zones.nova_zone",
        "dcn0",
        ("DistributedComputeHCIParameters.NovaComputeAvailabilityZone", "not dcn1's"),
    ),
    Slip(
        "methods as hieradata of a role",
        lambda folder: substitute(folder, ",copy-image", "", ["dcn0/glance.yaml"]),
        "multistore.import_methods",
        "dcn0",
        ("glance::api::enabled_import_methods", "glance-direct, web-download", "web-download,copy-image"),
    ),
    Slip(
        "methods as an option",
        lambda folder: substitute(folder, "''copy-image''", "''glance-download''", ["dcn0/glance.yaml"]),
        "multistore.import_methods",
        "dcn0",
        ("DEFAULT/enabled_import_methods.value", "glance-download"),
    ),
    Slip(
        "locations as hieradata",
        lambda folder: substitute(folder, "locations: true", "locations: false", ["dcn0/glance.yaml"]),
        "multistore.multiple_locations",
        "dcn0",
        ("glance::api::show_multiple_locations", "false"),
    ),
    Slip(
        "a copy of dcn-storage.yaml",
        lambda folder: substitute(
            folder, "ComputeAvailabilityZone: dcn0", "ComputeAvailabilityZone: dcn1", ["dcn0/az.yaml"]
        ),
        "zones.nova_zone",
        "dcn0",
        ("'dcn1'",),
    ),
    Slip(
        "a copy of dcn-storage.yaml",
        lambda folder: change(folder, "dcn0/az.yaml", ManageNetworks=True),
        "zones.managed_networks",
        "dcn0",
        ("dcn0/az.yaml:2",),
    ),
    Slip(
        "openstack's key",
        lambda folder: substitute(
            folder, DCN1.openstack_key, CENTRAL.openstack_key, ["control-plane/dcn_ceph_external.yaml"]
        ),
        "external.wrong_key",
        "dcn1",
        ("dcn1's key of client.openstack",),
    ),
    Slip(
        "a user of another name",
        lambda folder: substitute(folder, "CephClientUserName: edge", "CephClientUserName: egde", ["dcn0/glance.yaml"]),
        "multistore.wrong_user",
        "dcn0",
        ("'egde'", "'edge'"),
    ),
    Slip(
        "longer keys",
        lambda folder: substitute(
            folder,
            example.cephx_key("dcn0 external", long=True),
            example.cephx_key("dcn0 external", long=True)[:30] + "==",
            ["dcn0/ceph_keys.yaml"],
        ),
        "keys.undecodable",
        "dcn0",
        ("secret bytes and declares 32", "type 2, 32"),
    ),
    Slip(
        "cephadm",
        lambda folder: substitute(folder, "v2:198.18.2.12:", "v2:198.18.1.12:", ["ceph-export-2-stacks.yaml"]),
        "external.wrong_monitors",
        "dcn1",
        ("198.18.1.12 is dcn0's",),
    ),
)

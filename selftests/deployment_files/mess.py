"""What an operator's home directory contains besides the deployment files. None of it is a mistake."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

from helpers.tripleo import example

Put = Callable[[Path], None]

#: A file of tripleo-heat-templates that is the same for every site, and that an operator may copy.
STOCK = """\
parameter_defaults:
  CinderStorageAvailabilityZone: dcn
  CinderVolumeCluster: dcn
  GlanceEnabledImportMethods: web-download,copy-image
  ManageNetworks: False
  NovaComputeAvailabilityZone: ''
  NovaCrossAZAttach: False
resource_registry:
  OS::TripleO::Services::NovaAZConfig: ../deployment/nova/nova-az-config.yaml
"""
_VAULT = "$ANSIBLE_VAULT;1.1;AES256\n62313365396662343061393464336163383764373764613633653634306231386433626436623361\n"
_JINJA = "parameter_defaults:\n{% for role in roles %}\n  {{role.name}}Count: {{ role.count }}\n{% endfor %}\n"
_CHART = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n  {{- if .Values.x }}\n  a: [\n"
_TASKS = "- hosts: all\n  tasks:\n  - shell: echo {{ x }}\n    when: y == 'z' and\n    - a: b\n  bad indent: [\n"


def _text(name: str, content: str | bytes) -> Put:
    def put(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return put


def _link(name: str, target: str) -> Put:
    def put(folder: Path) -> None:
        (folder / name).symlink_to(target)

    return put


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "events.yaml")


def _socket(folder: Path) -> None:
    before = Path.cwd()
    os.chdir(folder)  # the path of a socket may only have about a hundred bytes
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("agent.yaml")
    finally:
        os.chdir(before)


def _sparse(folder: Path) -> None:
    with (folder / "introspection.json").open("wb") as stream:
        stream.write(b'{"parameter_defaults": ')
        os.truncate(stream.fileno(), 9 * 1024**2)


def _odd_name(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9-\x1b[31m.yaml")).write_text("parameter_defaults: {X: [1}\n")


#: Things that no check reads, wherever they are, by their test ids.
JUNK: dict[str, Put] = {
    "AppleDouble file": _text("._az.yaml", b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        \x00\x02\x00\xff\xfe"),
    "Emacs lock": _link(".#az.yaml", "someone@host.4711:1764000000"),
    "Emacs autosave": _text("#az.yaml#", "parameter_defaults: ["),
    "Vim swap file": _text(".az.yaml.swp", b"b0VIM 8.2\x00\xff\xfe"),
    "backup of an editor": _text("az.yaml~", "parameter_defaults: ["),
    "patch's original": _text("az.yaml.orig", "parameter_defaults: {ManageNetworks: true}"),
    "copy put aside": _text("az-old.yaml", "parameter_defaults: {ManageNetworks: true, CinderVolumeCluster: dcn}"),
    "broken copy put aside": _text("az.bak.yaml", "parameter_defaults:\n  CinderVolumeCluster: ["),
    "dangling link": _link("latest.yaml", "nowhere/at/all.yaml"),
    "link to itself": _link("again.yaml", "again.yaml"),
    "link to the folder": _link("here", "."),
    "link to the root": _link("root", "/"),
    "pipe": _pipe,
    "socket": _socket,
    "large file": _sparse,
    "name that is not UTF-8": _odd_name,
    "folder called like a file": _text("az.json/notes.txt", "nothing"),
    "encrypted file": _text("vault.yml", _VAULT),
    "JSON with tabs": _text("instackenv.json", '{\n\t"nodes": [\n\t\t{"name": "edge-node-0", "count": 1}\n\t]\n}\n'),
    "JSON of many": _text("package-lock.json", json.dumps({"name": "web", "packages": {"": {"count": 3}}})),
    "rc file": _text("overcloudrc", "export OS_PASSWORD=secret\n"),
    "log": _text("overcloud_install.log", "parameter_defaults: [\n" * 50),
    "tarball": _text("dcn0-install.tar.bzip2", b"BZh91AY&SY\x00\xff"),
    "image called YAML": _text("guest.yaml", b"QFI\xfb\x00\x00\x00\x03" + b"\x00" * 500),
    "UTF-16": _text("notes.yml", "deployment: é".encode("utf-16")),
    "chart": _text("chart/templates/service.yaml", _CHART),
    "template of an environment": _text("overcloud.j2.yml", _JINJA),
    "rendered by somebody": _text("counts.yaml", _JINJA),
    "broken playbook": _text("playbook.yml", _TASKS),
    "manifests": _text("manifests.yaml", "kind: A\nmetadata: {name: X}\n---\nkind: B\ncount: 2\n"),
    "tags": _text("ci.yml", "job:\n  script: !reference [.setup, script]\n  a: !!python/name:os.system ''\n"),
    "keys twice": _text("compose.yaml", "services:\n  a: {image: x}\n  a: {image: y}\n"),
    "single text": _text("README.yaml", "parameter_defaults are explained in the guide\n"),
    "inventory of other machines": _text("hosts.yaml", "all:\n  hosts:\n    web1: {ansible_host: 192.0.2.200}\n"),
    "git": _text(".git/config.yaml", "parameter_defaults: ["),
    "cache": _text(".cache/az.yaml", "parameter_defaults: ["),
    "modules": _text("node_modules/x/az.yaml", "parameter_defaults: ["),
    "virtual environment": lambda folder: [
        put(folder) for put in (_text("env/pyvenv.cfg", ""), _text("env/lib/az.yaml", "parameter_defaults: ["))
    ],
    "Python's files": _text("lib/python3/site-packages/ceph/ceph.yaml", "parameter_defaults: ["),
}


def _templates(folder: Path) -> None:
    """A tree of tripleo-heat-templates, rendered by the director or cloned."""
    for name, content in {
        "overcloud-resource-registry-puppet.j2.yaml": "resource_registry:\n{% for x in y %}\n",
        "environments/dcn-storage.yaml": STOCK,
        "environments/ceph-ansible/ceph-ansible.yaml": "parameter_defaults: {GlanceBackend: rbd, ControllerCount: 3}\n",
        "network/config.j2.yaml": "{% macro x() %}\nparameter_defaults: [",
        "roles/Controller.yaml": "- name: Controller\n  ServicesDefault:\n  - OS::TripleO::Services::CephMon\n",
        "roles_data.yaml": "- name: Undercloud\n  ServicesDefault: [OS::TripleO::Services::CephMon]\n",
        "plan-environment.yaml": "parameter_defaults: {CephClusterName: ceph}\n",
    }.items():
        _text(name, content)(folder)


def _another_set(folder: Path) -> None:
    example.write(folder, [example.sites(1)[0], example.sites(7)[7]])


_SAMPLE = """\
parameter_defaults:
  CephExtraKeys:
  - {name: client.glance, key: AQBRgQ9eAAAAABAAv84zEilJYZPNuJ0Iwn9Ndg==}
  CephExternalMultiConfig:
  - {cluster: ceph2, fsid: af25554b-42f6-4d2b-9b9b-d08a1132d3e8, external_cluster_mon_ips: '172.18.0.5,172.18.0.6'}
  GlanceMultistoreConfig:
    ceph2: {GlanceBackend: rbd, CephClusterName: ceph2}
"""
_UNDERCLOUD = """\
Undercloud:
  hosts:
    undercloud: {ansible_host: localhost, ctlplane_ip: 192.0.2.1}
allovercloud:
  children: {Undercloud: {}}
"""
#: Things that are only in a home directory.
HOME: dict[str, Put] = {
    "clone of the templates": lambda home: _templates(home / "tripleo-heat-templates"),
    "copy of the templates": lambda home: _templates(home / "tht-for-tests"),
    "the undercloud's": _text(
        "undercloud-ansible-xyz/global_vars.yaml", "service_net_map: {ceph_mon_network: ctlplane}\n"
    ),
    "the undercloud's inventory": _text("undercloud-ansible-xyz/inventory.yaml", _UNDERCLOUD),
    "rendered templates": lambda home: [
        _templates(home / "overcloud-deploy" / stack / "tripleo-heat-templates")
        for stack in ("control-plane", "dcn0", "dcn1")
    ],
    "what the director saves": lambda home: [
        _text(f"overcloud-deploy/{stack}/{name}", f"parameter_defaults: {{{content}}}\n")(home)
        for stack in ("control-plane", "dcn0", "dcn1")
        for name, content in {
            f"{stack}-passwords.yaml": "CephClusterFSID: 00000000-0000-4000-8000-000000000000, CephClientKey: x",
            f"environment/tripleo-{stack}-environment.yaml": "ManageNetworks: true, NovaCrossAZAttach: true",
            f"{stack}-export.yaml": "GlanceBackend: swift, NovaCrossAZAttach: true",
        }.items()
    ],
    "another overcloud": _text(
        "standalone/overrides.yaml", "parameter_defaults: {ControllerCount: 1, ComputeCount: 1, CephStorageCount: 1}\n"
    ),
    "what is left of a stack that is gone": _text(
        "overcloud-deploy/gone/inventory.yaml",
        "Controller: {hosts: {gone-controller-0: {ansible_host: 192.0.2.11, storage_ip: 198.18.9.11}}}\n"
        "ceph_mon: {children: {Controller: {}}}\n",
    ),
    "files of another Ceph": _text("projects/rook/ceph.yaml", "parameter_defaults:\n  CephClusterName: [\n"),
    "a broken file of somebody's": _text("projects/az.yaml", "parameter_defaults: {ManageNetworks: [true"),
    "what a document shows": _text("notes/sample.yaml", _SAMPLE),
    "a script that deploys another": _text("deploy.sh", "openstack overcloud deploy --stack x -e dcn0/az.yaml\n"),
    "the undercloud's roles": _text("roles_undercloud.yaml", "- name: Undercloud\n  ServicesDefault: [X]\n"),
    "a clone of examples": lambda home: _another_set(home / "git/dcn-examples"),
    "a copy of everything": lambda home: _another_set(home / "backup-20240131"),
    "images for containers": _text(
        "containers-prepare-parameter.yaml",
        "parameter_defaults:\n  ContainerImagePrepare:\n  - set: {neutron_driver: ovn}\n",
    ),
    "networks": _text("network_data.yaml", "- name: Storage\n  name_lower: storage\n  vip: true\n"),
}


def strew(folder: Path, *, home: bool = True) -> None:
    """Put all of it into a folder and into the folder of one stack."""
    for put in JUNK.values():
        put(folder)
        put(folder / "dcn0")
    for put in HOME.values() if home else ():
        put(folder)

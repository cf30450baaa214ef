"""Mistakes in custom resources, each in files with a Secret for each site (`rhoso.in_a_folder`)."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from helpers.tripleo.example import cephx_key
from selftests.declared.edits import Mistake, in_secret, in_text, replacing
from selftests.declared.rhoso import ZONES, ceph_secret, glance_config, secrets, write

AZ0, AZ1, AZ2 = ZONES
PLANE, SECRETS = "control-plane.yaml", "ceph-secrets.yaml"
_APIS, _BACKUPS, _VOLUMES, _SHARES = "glanceAPIs:", "cinderBackups:", "cinderVolumes:", "manilaShares:"
STRAY = cephx_key("of nobody")
Make = Callable[[Path], object]
_OTHER_FSID = "0c10d6b5-a455-4c4d-bd53-8f2b9357c3c7"


def _text(file: str, old: str, new: str, after: str = "") -> Make:
    return lambda folder: in_text(folder, file, old, new, after)


def _service(group: str, zone: str, old: str, new: str) -> Make:
    """In a service of the control plane: after the line of its name."""

    def make(folder: Path) -> None:
        path = folder / PLANE
        text = path.read_text()
        found = re.compile(rf"\n +{zone}:\n").search(text, text.index(group))
        assert found is not None
        in_text(folder, PLANE, old, new, after=text[: found.end()])

    return make


def _api(zone: str, old: str, new: str) -> Make:
    return _service(_APIS, zone, old, new)


def _secret(zone: str, member: str, old: str, new: str) -> Make:
    name = "ceph-conf-files" if zone == "az0" else f"ceph-conf-files-{zone}"
    return lambda folder: in_secret(folder, SECRETS, name, member, replacing(old, new))


def _whole(zone: str, member: str, new: str) -> Make:
    name = "ceph-conf-files" if zone == "az0" else f"ceph-conf-files-{zone}"
    return lambda folder: in_secret(folder, SECRETS, name, member, lambda _: new)


def _lists_another(folder: Path) -> None:
    """With its section, and az2's files in the site's Secret."""
    path = folder / PLANE
    plane = yaml.safe_load(path.read_text())
    api = plane["spec"]["glance"]["template"]["glanceAPIs"]["az1"]
    api["customServiceConfig"] = glance_config(ZONES, AZ1)
    write(folder, PLANE, plane)
    central, _, second = secrets(one=False)
    write(folder, SECRETS, central, ceph_secret("ceph-conf-files-az1", ZONES), second)


def _edited(edit: Callable[[Any], object]) -> Make:
    """The control plane is read, changed and written again."""

    def make(folder: Path) -> None:
        plane = yaml.safe_load((folder / PLANE).read_text())
        edit(plane)
        write(folder, PLANE, plane)

    return make


_KEYRING = "{}.client.openstack.keyring"
MISTAKES = (
    # E1
    Mistake(
        "key cut short",
        _secret("az1", _KEYRING.format("az1"), AZ1.key, AZ1.key[:20] + "=="),
        "keys.undecodable",
        "az1",
        (SECRETS, "ceph-conf-files", "az1.client.openstack.keyring", "declares 16"),
    ),
    Mistake(
        "another site's key in one copy",
        _secret("az1", _KEYRING.format("az1"), AZ1.key, AZ0.key),
        "keys.disagreeing",
        "az1",
        ("az0 has the other", "az1's key of client.openstack"),
    ),
    Mistake(
        "an old key in one copy",
        _secret("az0", _KEYRING.format("az2"), AZ2.key, STRAY),
        "keys.disagreeing",
        "az2",
        ("az2's key of client.openstack",),
    ),
    Mistake(
        "one key for two sites",
        lambda folder: [_secret(zone, _KEYRING.format("az2"), AZ2.key, AZ1.key)(folder) for zone in ("az0", "az2")],
        "keys.shared",
        "az2",
        ("a key of az2's own, not az1's",),
    ),
    Mistake(
        "the key of another user",
        _secret("az1", _KEYRING.format("az1"), "client.openstack", "client.admin"),
        "keys.missing",
        "az1",
        ("the key of client.admin", "the key of client.openstack"),
    ),
    Mistake(
        "a user without a key",
        _service(_VOLUMES, "az1", "rbd_user = openstack", "rbd_user = cinder"),
        "keys.missing",
        "az1",
        (PLANE, "rbd_user", "client.cinder", "az1.client.cinder.keyring"),
    ),
    Mistake(
        "a user that may not use a pool",
        _secret("az1", _KEYRING.format("az1"), ", profile rbd pool=volumes", ""),
        "keys.wrong_caps",
        "az1",
        ("ceph-conf-files-az1", "[client.openstack] caps osd", "profile rbd pool=volumes in it"),
    ),
    # E2
    Mistake(
        "FSID of another cluster",
        _secret("az1", "az1.conf", AZ1.fsid, AZ0.fsid),
        "confs.wrong_fsid",
        "az1",
        (SECRETS, "az1.conf", AZ0.fsid, AZ1.fsid, "az0 has the other"),
    ),
    Mistake(
        "FSID of nobody",
        _secret("az0", "az2.conf", AZ2.fsid, _OTHER_FSID),
        "confs.wrong_fsid",
        "az2",
        (_OTHER_FSID, AZ2.fsid),
    ),
    Mistake(
        "another cluster's conf",
        _whole("az2", "az2.conf", AZ1.conf),
        "confs.wrong_fsid",
        "az2",
        (AZ1.fsid, AZ2.fsid, "az1 has the other"),
    ),
    Mistake(
        "no FSID",
        _secret("az2", "az2.conf", "fsid =", "# fsid ="),
        "confs.wrong_fsid",
        "az2",
        ("no fsid",),
    ),
    Mistake(
        "monitor of nobody",
        _secret("az1", "az1.conf", "198.18.1.12", "198.18.1.99"),
        "confs.wrong_monitors",
        "az1",
        ("198.18.1.99", "198.18.1.12"),
    ),
    Mistake(
        "monitors of another cluster",
        _secret("az2", "az2.conf", "198.18.2.", "198.18.1."),
        "confs.wrong_monitors",
        "az2",
        ("198.18.1.11", "198.18.2.11", "az2's monitors"),
    ),
    Mistake(
        "keyring of another cluster",
        _secret("az1", "az1.conf", "[global]", "[global]\nkeyring = /etc/ceph/az0.client.openstack.keyring"),
        "confs.wrong_keyring",
        "az1",
        ("az0.client.openstack.keyring", "/etc/ceph/az1.client.openstack.keyring"),
    ),
    Mistake(
        "a conf that is not there",
        _service(_BACKUPS, "az1", "/etc/ceph/az1.conf", "/etc/ceph/az1-cluster.conf"),
        "confs.missing",
        "az1",
        (PLANE, "backup_ceph_conf", "az1-cluster.conf", "az1.conf"),
    ),
    Mistake(
        "a node set that mounts another site's Secret",
        _text("az1/nodeset.yaml", "ceph-conf-files-az1", "ceph-conf-files-az2"),
        "confs.missing",
        "az1",
        ("images_rbd_ceph_conf", "one of the confs in ceph-conf-files-az2"),
    ),
    Mistake(
        "a backup service that no Secret is mounted for",
        _edited(
            lambda plane: plane["spec"]["cinder"]["template"]["cinderBackups"].update(
                nightly=plane["spec"]["cinder"]["template"]["cinderBackups"].pop("az1")
            )
        ),
        "confs.missing",
        "az1",
        ("cinderBackups.nightly", "az1.conf in /etc/ceph of nightly, which has no conf"),
    ),
    # E3
    Mistake(
        "central lacks a store",
        _api("az0", "az0:rbd,az1:rbd,az2:rbd", "az0:rbd,az1:rbd"),
        "stores.central_lists",
        "az2",
        (PLANE, "glanceAPIs.az0.customServiceConfig [DEFAULT] enabled_backends", "az2:rbd"),
    ),
    Mistake(
        "a site lacks central's store",
        _api("az1", "enabled_backends = az0:rbd,az1:rbd", "enabled_backends = az1:rbd"),
        "stores.lists_central",
        "az1",
        ("glanceAPIs.az1", "stores: az1", "az0:rbd"),
    ),
    Mistake(
        "a store without its section",
        _api("az1", "[az0]", "[azO]"),
        "stores.without_section",
        "az1",
        ("a store az0 that names no conf", "rbd_store_ceph_conf in [az0]"),
    ),
    Mistake(
        "one section names another's conf",
        _api("az2", "/etc/ceph/az0.conf", "/etc/ceph/az2.conf"),
        "stores.wrong_conf",
        "az2",
        ("glanceAPIs.az2", "[az0] rbd_store_ceph_conf", "/etc/ceph/az0.conf, the conf of az0"),
    ),
    Mistake(
        "central's section names another's conf",
        _api("az0", "/etc/ceph/az1.conf", "/etc/ceph/az2.conf"),
        "stores.wrong_conf",
        "az0",
        ("glanceAPIs.az0", "[az1] rbd_store_ceph_conf", "/etc/ceph/az1.conf"),
    ),
    Mistake(
        "a site's default is central",
        _api("az1", "default_backend = az1", "default_backend = az0"),
        "stores.wrong_default",
        "az1",
        ("default_backend", "'az0'", "az1, az1's own store"),
    ),
    Mistake(
        "central's default is a site",
        _api("az0", "default_backend = az0", "default_backend = az1"),
        "stores.wrong_default",
        "az0",
        ("'az1'", "az0, az0's own store"),
    ),
    Mistake(
        "a default that is no store",
        _api("az2", "default_backend = az2", "default_backend = az22"),
        "stores.wrong_default",
        "az2",
        ("which is no store",),
    ),
    Mistake(
        "no copy-image",
        _api("az1", "web-download,copy-image,glance-direct", "web-download,glance-direct"),
        "stores.import_methods",
        "az1",
        ("glanceAPIs.az1", "enabled_import_methods", "web-download,copy-image"),
    ),
    Mistake(
        "the default's import methods",
        _api("az2", "enabled_import_methods = [web-download,copy-image,glance-direct]", "# as it is"),
        "stores.import_methods",
        "az2",
        ("glanceAPIs.az2", "the default has no copy-image"),
    ),
    Mistake(
        "no conversion",
        _api(
            "az0",
            "[glance_store]",
            "[image_import_opts]\n            image_import_plugins = ['inject_metadata']\n            [glance_store]",
        ),
        "stores.image_conversion",
        "az0",
        ("image_import_plugins", "image_conversion"),
    ),
    Mistake(
        "a store that is misspelt",
        _api("az0", "az1:rbd,az2:rbd", "az1:rbd,az-2:rbd"),
        "stores.without_section",
        "az0",
        ("a store az-2 that names no conf",),
    ),
    Mistake(
        "a site lists another site",
        _lists_another,
        "stores.lists_central",
        "az1",
        ("a store az2, on the cluster of az2", "stores of az1 and central only"),
    ),
    Mistake(
        "an API without a configuration",
        _edited(lambda plane: plane["spec"]["glance"]["template"]["glanceAPIs"]["az1"].pop("customServiceConfig")),
        "stores.lists_central",
        "az1",
        ("glanceAPIs.az1", "stores: none"),
    ),
    Mistake(
        "users are given an edge API",
        _text(PLANE, "keystoneEndpoint: az0", "keystoneEndpoint: az1"),
        "stores.wrong_endpoint",
        "az0",
        ("keystoneEndpoint", "'az1'", "'az0', the central API"),
    ),
    Mistake(
        "central's API is of type edge",
        _text(PLANE, "type: split", "type: edge"),
        "stores.wrong_endpoint",
        "az0",
        ("glanceAPIs.az0.type", "split or single"),
    ),
    # E4
    Mistake(
        "a backend without its section",
        _service(_VOLUMES, "az1", "[ceph]", "[cephs]"),
        "services.wrong_conf",
        "az1",
        ("cinderVolumes.az1", "volume backend ceph of az1, which has no section"),
    ),
    Mistake(
        "another zone's conf in Cinder",
        _service(_VOLUMES, "az1", "rbd_ceph_conf = /etc/ceph/az1.conf", "rbd_ceph_conf = /etc/ceph/az2.conf"),
        "services.wrong_conf",
        "az1",
        ("cinderVolumes.az1.customServiceConfig [ceph] rbd_ceph_conf", "the conf of az2"),
    ),
    Mistake(
        "another zone's conf in a backup service",
        _service(_BACKUPS, "az2", "/etc/ceph/az2.conf", "/etc/ceph/az0.conf"),
        "services.wrong_conf",
        "az2",
        ("cinderBackups.az2", "backup_ceph_conf", "the conf of az0"),
    ),
    Mistake(
        "another zone's conf in a share service",
        _service(_SHARES, "az2", "/etc/ceph/az2.conf", "/etc/ceph/az1.conf"),
        "services.wrong_conf",
        "az2",
        ("manilaShares.az2", "cephfs_conf_path", "the conf of az1"),
    ),
    Mistake(
        "another zone's conf in Nova",
        _text("az1/nodeset.yaml", "/etc/ceph/az1.conf", "/etc/ceph/az0.conf"),
        "services.wrong_conf",
        "az1",
        ("az1/nodeset.yaml", "03-ceph-nova.conf [libvirt] images_rbd_ceph_conf", "the conf of az0"),
    ),
    Mistake(
        "another cluster's name",
        _service(_VOLUMES, "az2", "rbd_cluster_name = az2", "rbd_cluster_name = az1"),
        "services.wrong_cluster_name",
        "az2",
        ("rbd_cluster_name", "'az1'", "'az2'"),
    ),
    Mistake(
        "another site's zone",
        _service(_VOLUMES, "az1", "backend_availability_zone = az1", "backend_availability_zone = az2"),
        "services.wrong_zone",
        "az1",
        ("cinderVolumes.az1", "backend_availability_zone", "the zone of az2", "az1"),
    ),
    Mistake(
        "a misspelt zone",
        _service(_VOLUMES, "az2", "backend_availability_zone = az2", "backend_availability_zone = zone2"),
        "services.wrong_zone",
        "az2",
        ("'zone2'", "'az2'"),
    ),
    Mistake(
        "no zone",
        _service(_VOLUMES, "az2", "backend_availability_zone", "# backend_availability_zone"),
        "services.wrong_zone",
        "az2",
        ("the zone of az0", "backend_availability_zone: 'az2'"),
    ),
    Mistake(
        "another cluster's secret in Cinder",
        _service(_VOLUMES, "az1", AZ1.fsid, AZ0.fsid),
        "services.wrong_secret",
        "az1",
        ("rbd_secret_uuid", AZ0.fsid, AZ1.fsid),
    ),
    Mistake(
        "a secret of nobody in Nova",
        _text("az2/nodeset.yaml", AZ2.fsid, _OTHER_FSID),
        "services.wrong_secret",
        "az2",
        ("az2/nodeset.yaml", "rbd_secret_uuid", _OTHER_FSID, AZ2.fsid),
    ),
    Mistake(
        "another zone's Glance in Nova",
        _text("az1/nodeset.yaml", "glance-az1-internal", "glance-az0-internal"),
        "services.wrong_glance",
        "az1",
        ("endpoint_override", "that of az0", "the Glance of az1"),
    ),
    Mistake(
        "another zone's Glance by its address",
        _text("az1/nodeset.yaml", "glance-az1-internal.openstack.svc", "198.18.200.82"),
        "services.wrong_glance",
        "az1",
        ("endpoint_override", "that of az2"),
    ),
    Mistake(
        "no Glance in Nova",
        _text("az2/nodeset.yaml", "endpoint_override", "# endpoint_override"),
        "services.wrong_glance",
        "az2",
        ("az2/nodeset.yaml", "service catalog"),
    ),
    Mistake(
        "another zone's Glance in Cinder",
        _service(_VOLUMES, "az2", "glance-az2-internal", "glance-az0-internal"),
        "services.wrong_glance",
        "az2",
        ("glance_api_servers", "that of az0"),
    ),
    Mistake(
        "another store in Nova",
        _text("az1/nodeset.yaml", "images_rbd_glance_store_name=az1", "images_rbd_glance_store_name=az0"),
        "services.wrong_store",
        "az1",
        ("images_rbd_glance_store_name", "'az0'", "'az1'"),
    ),
    Mistake(
        "cross_az_attach on a site's computes",
        _text("az1/nodeset.yaml", "cross_az_attach = False", "cross_az_attach = True"),
        "services.cross_az_attach",
        "az1",
        ("az1/nodeset.yaml", "[cinder] cross_az_attach", "'True'"),
    ),
    Mistake(
        "no cross_az_attach on a site's computes",
        _text("az2/nodeset.yaml", "cross_az_attach = False", "debug = False"),
        "services.cross_az_attach",
        "az2",
        ("az2/nodeset.yaml", "no cross_az_attach"),
    ),
    Mistake(
        "cross_az_attach in the control plane",
        _text(PLANE, "cross_az_attach=False", "cross_az_attach=True"),
        "services.cross_az_attach",
        "az0",
        (PLANE, "nova.template.customServiceConfig [cinder] cross_az_attach"),
    ),
)

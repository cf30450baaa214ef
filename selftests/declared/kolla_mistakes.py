"""Mistakes in kolla-ansible's files: in globals.yml and config/ (`kolla.custom`), and in rendered trees."""

from collections.abc import Callable
from pathlib import Path

from helpers.tripleo.example import cephx_key
from selftests.declared.edits import Mistake, in_text
from selftests.declared.kolla import REGIONS, SECRET

CEPH, LYON, NICE = REGIONS
STRAY = cephx_key("of nobody")
_OTHER_FSID = "0c10d6b5-a455-4c4d-bd53-8f2b9357c3c7"
_OTHER_SECRET = "7f0c1c94-9df5-4b9c-8a5c-3f1f2f7a2b11"
_GLANCE, _CINDER, _NOVA = "config/glance", "config/cinder", "config/nova"
_LYON_HOST, _NICE_HOST = "lyon-compute-1", "nice-compute-2"


def _text(file: str, old: str, new: str, after: str = "") -> Callable[[Path], object]:
    return lambda folder: in_text(folder, file, old, new, after)


CUSTOM = (
    # E1
    Mistake(
        "key cut short",
        _text(f"{_GLANCE}/lyon.client.glance.keyring", LYON.key("glance"), LYON.key("glance")[:20] + "=="),
        "keys.undecodable",
        "lyon",
        (f"{_GLANCE}/lyon.client.glance.keyring:2", "declares 16"),
    ),
    Mistake(
        "another cluster's key on one host",
        _text(f"{_NOVA}/{_LYON_HOST}/lyon.client.cinder.keyring", LYON.key("cinder"), NICE.key("cinder")),
        "keys.disagreeing",
        "lyon",
        (f"{_NOVA}/{_LYON_HOST}/lyon.client.cinder.keyring:2", "nice has the other"),
    ),
    Mistake(
        "one key for two clusters",
        _text(f"{_GLANCE}/nice.client.glance.keyring", NICE.key("glance"), LYON.key("glance")),
        "keys.shared",
        "nice",
        ("nice.client.glance.keyring", "a key of nice's own, not lyon's"),
    ),
    Mistake(
        "no keyring",
        lambda folder: (folder / f"{_CINDER}/cinder-volume/nice.client.cinder.keyring").unlink(),
        "keys.missing",
        "nice",
        ("globals.yml", "client.cinder", "a keyring nice.client.cinder.keyring"),
    ),
    Mistake(
        "the key of another user",
        _text(f"{_GLANCE}/lyon.client.glance.keyring", "[client.glance]", "[client.cinder]"),
        "keys.missing",
        "lyon",
        ("the key of client.cinder", "the key of client.glance"),
    ),
    Mistake(
        "a user that may not use its pool",
        _text(
            f"{_GLANCE}/lyon.client.glance.keyring",
            "[client.glance]\n",
            '[client.glance]\n\tcaps osd = "profile rbd pool=volumes, profile rbd pool=vms"\n',
        ),
        "keys.wrong_caps",
        "lyon",
        ("lyon.client.glance.keyring:2 [client.glance] caps osd", "pool=images"),
    ),
    # E2
    Mistake(
        "FSID of another cluster",
        _text(f"{_CINDER}/lyon.conf", LYON.fsid, CEPH.fsid),
        "confs.wrong_fsid",
        "lyon",
        (f"{_CINDER}/lyon.conf:2 [global] fsid", LYON.fsid, "ceph-rbd has the other"),
    ),
    Mistake(
        "FSID of nobody",
        _text(f"{_NOVA}/{_NICE_HOST}/nice.conf", NICE.fsid, _OTHER_FSID),
        "confs.wrong_fsid",
        "nice",
        (_OTHER_FSID, NICE.fsid),
    ),
    Mistake(
        "monitors of another cluster",
        _text(f"{_GLANCE}/nice.conf", "198.18.12.21, 198.18.12.22, 198.18.12.23", "198.18.11.21"),
        "confs.wrong_monitors",
        "nice",
        (f"{_GLANCE}/nice.conf:5 [global] mon_host", "198.18.11.21", "nice's monitors"),
    ),
    Mistake(
        "a monitor of nobody",
        _text(f"{_CINDER}/ceph.conf", "198.18.10.22", "198.18.10.99"),
        "confs.wrong_monitors",
        "ceph-rbd",
        ("198.18.10.99", "198.18.10.22"),
    ),
    Mistake(
        "keyring of another cluster",
        _text(f"{_GLANCE}/lyon.conf", "lyon.client.glance", "nice.client.glance"),
        "confs.wrong_keyring",
        "lyon",
        (f"{_GLANCE}/lyon.conf:3", "/etc/ceph/lyon.client.glance.keyring"),
    ),
    Mistake(
        "no conf",
        lambda folder: (folder / f"{_GLANCE}/nice.conf").unlink(),
        "confs.missing",
        "nice",
        ("globals.yml", "/etc/ceph/nice.conf", "ceph.conf, lyon.conf"),
    ),
    # E3
    Mistake(
        "no store for a site",
        _text("config/glance.conf", "[DEFAULT]\n", "[DEFAULT]\nenabled_backends = ceph-rbd:rbd,lyon-rbd:rbd\n"),
        "stores.central_lists",
        "nice",
        ("config/glance.conf:2 [DEFAULT] enabled_backends", "a store on nice's cluster too"),
    ),
    Mistake(
        "a store on another's cluster",
        _text("globals.yml", "cluster: nice", "cluster: lyon"),
        "stores.wrong_conf",
        "ceph-rbd",
        ("globals.yml", "glance_ceph_backends[2].cluster"),
    ),
    Mistake(
        "a default that is no store",
        _text("config/glance.conf", "[DEFAULT]", '[glance_store]\ndefault_backend = "ceph"\n[DEFAULT]'),
        "stores.wrong_default",
        "ceph-rbd",
        ("config/glance.conf:2 [glance_store] default_backend", "which is no store"),
    ),
    Mistake(
        "no copy-image",
        _text("config/glance.conf", "[DEFAULT]\n", "[DEFAULT]\nenabled_import_methods = web-download,glance-direct\n"),
        "stores.import_methods",
        "ceph-rbd",
        ("config/glance.conf:2 [DEFAULT] enabled_import_methods", "copy-image"),
    ),
    # E4
    Mistake(
        "another site's zone",
        _text("globals.yml", "availability_zone: az-nice", "availability_zone: az-lyon"),
        "services.wrong_zone",
        "nice",
        ("globals.yml", "cinder_ceph_backends[2].availability_zone", "the zone of lyon"),
    ),
    Mistake(
        "a misspelt zone",
        _text("globals.yml", "availability_zone: az-nice", "availability_zone: az-nize"),
        "services.wrong_zone",
        "nice",
        ("'az-nize'",),
    ),
    Mistake(
        "no zone",
        _text("globals.yml", "  availability_zone: az-lyon\n", ""),
        "services.wrong_zone",
        "lyon",
        ("no zone, so 'nova'", "the zone of ceph-rbd"),
    ),
    Mistake(
        "another cluster in Cinder",
        _text("globals.yml", "cluster: lyon", "cluster: nice", after="cinder_ceph_backends"),
        "services.wrong_conf",
        "lyon",
        ("globals.yml", "cinder_ceph_backends[1].cluster", "the conf of nice"),
    ),
    Mistake(
        "another secret in Cinder",
        lambda folder: (folder / "config/cinder.conf").write_text(f"[nice-rbd]\nrbd_secret_uuid = {_OTHER_SECRET}\n"),
        "services.wrong_secret",
        "nice",
        ("config/cinder.conf:2 [nice-rbd] rbd_secret_uuid", _OTHER_SECRET),
    ),
    Mistake(
        "cross_az_attach",
        _text("config/nova.conf", "cross_az_attach = false", "cross_az_attach = true"),
        "services.cross_az_attach",
        "ceph-rbd",
        ("config/nova.conf:4 [cinder] cross_az_attach",),
    ),
    Mistake(
        "no cross_az_attach",
        _text("config/nova.conf", "cross_az_attach = false", "debug = false"),
        "services.cross_az_attach",
        "lyon",
        ("config/nova.conf:3 [cinder]", "no cross_az_attach"),
    ),
    Mistake(
        "cross_az_attach on one host",
        lambda folder: (folder / f"{_NOVA}/{_NICE_HOST}/nova.conf").write_text("[cinder]\ncross_az_attach = True\n"),
        "services.cross_az_attach",
        "nice",
        (f"{_NOVA}/{_NICE_HOST}/nova.conf:2",),
    ),
)

_API, _VOLUME = "control02/etc/kolla/glance-api", "control01/etc/kolla/cinder-volume"
_COMPUTE = "{}/etc/kolla/nova-compute"
RENDERED = (
    Mistake(
        "old key on a controller",
        _text(f"{_API}/ceph/nice.client.glance.keyring", NICE.key("glance"), STRAY),
        "keys.disagreeing",
        "nice",
        (f"{_API}/ceph/nice.client.glance.keyring:2",),
    ),
    Mistake(
        "another's conf on a compute node",
        _text(f"{_COMPUTE.format(_LYON_HOST)}/lyon.conf", LYON.fsid, NICE.fsid),
        "confs.wrong_fsid",
        "lyon",
        ("nice has the other",),
    ),
    Mistake(
        "another's monitors in Cinder",
        _text(f"{_VOLUME}/ceph/lyon.conf", "198.18.11.21", "198.18.10.21"),
        "confs.wrong_monitors",
        "lyon",
        ("198.18.10.21",),
    ),
    Mistake(
        "no keyring on a compute node",
        lambda folder: (folder / f"{_COMPUTE.format(_NICE_HOST)}/nice.client.cinder.keyring").unlink(),
        "keys.missing",
        "nice",
        ("[libvirt] rbd_user", "a keyring nice.client.cinder.keyring"),
    ),
    Mistake(
        "no conf on a compute node",
        lambda folder: (folder / f"{_COMPUTE.format(_NICE_HOST)}/nice.conf").unlink(),
        "confs.missing",
        "nice",
        ("images_rbd_ceph_conf", "which has no conf"),
    ),
    Mistake(
        "no store for a site",
        _text(f"{_API}/glance-api.conf", ", nice-rbd:rbd", ""),
        "stores.central_lists",
        "nice",
        (f"{_API}/glance-api.conf:3 [DEFAULT] enabled_backends", "nice-rbd:rbd"),
    ),
    Mistake(
        "a section without its store's name",
        _text(f"{_API}/glance-api.conf", "[lyon-rbd]", "[lyon]"),
        "stores.without_section",
        "ceph-rbd",
        ("a store lyon-rbd that names no conf",),
    ),
    Mistake(
        "a section with another's conf",
        _text(f"{_API}/glance-api.conf", "/etc/ceph/nice.conf", "/etc/ceph/lyon.conf"),
        "stores.wrong_conf",
        "ceph-rbd",
        ("[nice-rbd] rbd_store_ceph_conf", "/etc/ceph/nice.conf"),
    ),
    Mistake(
        "a default at a site",
        _text(f"{_API}/glance-api.conf", 'default_backend = "ceph-rbd"', 'default_backend = "nice-rbd"'),
        "stores.wrong_default",
        "ceph-rbd",
        ("'nice-rbd'", "ceph-rbd's own store"),
    ),
    Mistake(
        "no copy-image",
        _text(f"{_API}/glance-api.conf", "[DEFAULT]\n", "[DEFAULT]\nenabled_import_methods = web-download\n"),
        "stores.import_methods",
        "ceph-rbd",
        ("web-download,copy-image",),
    ),
    Mistake(
        "another's conf in Cinder",
        _text(f"{_VOLUME}/cinder.conf", "/etc/ceph/nice.conf", "/etc/ceph/lyon.conf"),
        "services.wrong_conf",
        "nice",
        ("[nice-rbd] rbd_ceph_conf", "the conf of lyon"),
    ),
    Mistake(
        "a backend that is misspelt",
        _text(f"{_VOLUME}/cinder.conf", "lyon-rbd,nice-rbd", "lyon-rbd,nize-rbd"),
        "services.wrong_conf",
        "ceph-rbd",
        ("volume backend nize-rbd, which has no section",),
    ),
    Mistake(
        "another's name in Cinder",
        _text(f"{_VOLUME}/cinder.conf", "rbd_cluster_name = nice", "rbd_cluster_name = lyon"),
        "services.wrong_cluster_name",
        "nice",
        ("'lyon'", "'nice'"),
    ),
    Mistake(
        "another's zone in Cinder",
        _text(f"{_VOLUME}/cinder.conf", "backend_availability_zone = az-lyon", "backend_availability_zone = az-nice"),
        "services.wrong_zone",
        "lyon",
        ("[lyon-rbd] backend_availability_zone", "the zone of nice"),
    ),
    Mistake(
        "a secret that libvirt lacks",
        _text(f"{_COMPUTE.format(_LYON_HOST)}/nova.conf", SECRET, _OTHER_SECRET),
        "services.wrong_secret",
        "lyon",
        ("[libvirt] rbd_secret_uuid", _OTHER_SECRET),
    ),
    Mistake(
        "a secret with another cluster's key",
        _text(f"{_NICE_HOST}/etc/kolla/nova-libvirt/secrets/{SECRET}.base64", NICE.key("cinder"), LYON.key("cinder")),
        "services.wrong_secret",
        "nice",
        (f"{SECRET}.base64:1", "a key of nice's cluster"),
    ),
    Mistake(
        "another site's store in Nova",
        _text(
            f"{_COMPUTE.format(_LYON_HOST)}/nova.conf", "glance_store_name = lyon-rbd", "glance_store_name = nice-rbd"
        ),
        "services.wrong_store",
        "lyon",
        ("images_rbd_glance_store_name", "'nice-rbd'", "'lyon-rbd'"),
    ),
    Mistake(
        "cross_az_attach on a compute node",
        _text(f"{_COMPUTE.format(_NICE_HOST)}/nova.conf", "cross_az_attach = False", "cross_az_attach = True"),
        "services.cross_az_attach",
        "nice",
        ("[cinder] cross_az_attach",),
    ),
    Mistake(
        "no cross_az_attach on a compute node",
        _text(f"{_COMPUTE.format(_NICE_HOST)}/nova.conf", "cross_az_attach = False\n", ""),
        "services.cross_az_attach",
        "nice",
        ("no cross_az_attach",),
    ),
)

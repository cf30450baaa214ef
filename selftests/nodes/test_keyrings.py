"""Who may read keys on a node: which keyrings services need, and which files hold a key that everybody may read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from helpers.nodes.config_files import parse_ceph_conf, parse_oslo
from helpers.nodes.keyrings import (
    Client,
    access_of,
    clients_of_cinder,
    clients_of_glance,
    clients_of_nova,
    find_keys,
    is_readable,
    keyrings_of,
)
from helpers.nodes.node import CommandFailed
from selftests.nodes.test_processes import Here

KEY = "AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q=="
EXTERNAL = Client("/etc/ceph/dcn0.conf", "external")
OTHERS_TOO = 0o644

GLANCE = """
[DEFAULT]
enabled_backends = central:rbd, http:http, dcn0:rbd
[central]
rbd_store_ceph_conf = /etc/ceph/central.conf
rbd_store_user = openstack
[dcn0]
rbd_store_ceph_conf = /etc/ceph/dcn0.conf
rbd_store_user = external
"""
NOVA = "[libvirt]\nimages_type = {}\nimages_rbd_ceph_conf = /etc/ceph/dcn0.conf\nrbd_user = openstack\n"
CINDER = (
    "[DEFAULT]\nenabled_backends = a,b\n[a]\nvolume_driver = cinder.volume.drivers.rbd.RBDDriver\n[b]\nrbd_user = x\n"
)


def test_services_say_which_clusters_they_use():
    """As whom, and by which configuration; what a service leaves out is its default."""
    assert clients_of_glance(parse_oslo(GLANCE)) == (Client("/etc/ceph/central.conf", "openstack"), EXTERNAL)
    assert clients_of_glance(parse_oslo("[glance_store]\nstores = file,rbd\n")) == (
        Client("/etc/ceph/ceph.conf", "admin"),
    )
    assert clients_of_nova(parse_oslo(NOVA.format("rbd"))) == (Client("/etc/ceph/dcn0.conf", "openstack"),)
    assert clients_of_nova(parse_oslo(NOVA.format("qcow2"))) == ()
    assert clients_of_cinder(parse_oslo(CINDER)) == (Client("/etc/ceph/ceph.conf", "admin"),)


@pytest.mark.parametrize(
    ("conf", "paths"),
    [
        ("[client]\nkeyring = /etc/ceph/dcn0.client.external.keyring\n", ("/etc/ceph/dcn0.client.external.keyring",)),
        ("[client.external]\nkeyring = /a\n[client]\nkeyring = /b\n", ("/a",)),
        (
            "[client]\nkeyring = /k/$cluster.$name.keyring, /k/${id}\n",
            ("/k/dcn0.client.external.keyring", "/k/external"),
        ),
        ("[client.external]\nkeyfile = /k/secret\n", ("/k/secret",)),
        (f"[client.external]\nkey = {KEY}\n", ()),
        (
            "[global]\nfsid = a\n",
            (
                "/etc/ceph/dcn0.client.external.keyring",
                "/etc/ceph/dcn0.keyring",
                "/etc/ceph/keyring",
                "/etc/ceph/keyring.bin",
            ),
        ),
    ],
)
def test_a_conf_says_where_the_key_is(conf: str, paths: tuple[str, ...]):
    assert keyrings_of(EXTERNAL, parse_ceph_conf(conf)) == paths


def put(folder: Path, name: str, text: str, mode: int) -> str:
    file = folder / name
    file.write_text(text)
    file.chmod(mode)
    return str(file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that everybody may enter."""
    made = tmp_path / "ceph"
    made.mkdir(mode=0o755)
    return made


@pytest.mark.parametrize(
    ("name", "text", "mode", "seen"),
    [
        ("dcn0.client.admin.keyring", f"[client.admin]\n\tkey = {KEY}\n", 0o644, True),
        ("dcn0.client.admin.keyring", f"[client.admin]\n\tkey = {KEY}\n", 0o602, True),
        ("dcn0.client.admin.keyring", f"[client.admin]\n\tkey = {KEY}\n", 0o600, False),
        ("dcn0.client.admin.keyring", f"[client.admin]\n\tkey = {KEY}\n", 0o640, False),
        ("keyring.rpmsave", f"key={KEY}\n", 0o644, True),
        ("secret.txt", KEY, 0o644, True),
        ("dcn0.conf", f"[client.external]\n  key = {KEY}\n", 0o644, True),
        ("dcn0.conf", "[client]\nkeyring = /etc/ceph/dcn0.client.external.keyring\n", 0o644, False),
        ("rbdmap", "# RbdDevice Parameters\n#poolname/imagename id=client,keyring=/etc/ceph/k\n", 0o644, False),
    ],
)
def test_a_key_is_found_by_what_a_file_holds(folder: Path, name: str, text: str, mode: int, seen: bool):
    path = put(folder, name, text, mode)
    found = find_keys(Here(), [str(folder), str(folder / "nowhere")]).exposed

    assert [one.path for one in found] == ([path] if seen else [])
    assert all(one.access.endswith(f" {mode:o}") for one in found)
    assert all(KEY not in one.reproduce for one in found)


def test_a_folder_that_others_may_not_enter_hides_its_keys(folder: Path):
    put(folder, "dcn0.client.admin.keyring", f"[client.admin]\n\tkey = {KEY}\n", OTHERS_TOO)
    folder.chmod(0o750)

    found = find_keys(Here(), [str(folder)])

    assert [found.exposed, *found.keyrings] == [(), str(folder / "dcn0.client.admin.keyring")]


def test_what_cannot_be_looked_into_is_said(folder: Path):
    class Forbidden(Here):
        def run(self, *argv: str, deadline: float | None = None):  # type: ignore[no-untyped-def]
            return super().run("sh", "-c", "echo \"find: '/etc/ceph': Permission denied\" >&2; exit 1")

    with pytest.raises(CommandFailed, match="Permission denied"):
        find_keys(Forbidden(), [str(folder)])


def test_access_is_shown_without_content(folder: Path):
    path = put(folder, "k", KEY, 0o640)
    shown = access_of(Here(), path)

    assert (shown.access, shown.reproduce) == (f"{Path(path).owner()} 640", f"stat -L -c '%U %a %n' {path}")
    assert access_of(Here(), f"{path}.not").access == "No such file or directory"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as somebody else")
def test_the_kernel_says_who_may_read():
    """Also where a folder on the way is closed."""
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    with tempfile.TemporaryDirectory() as made:  # pytest's own folders are closed to others
        folder = Path(made)
        folder.chmod(0o755)
        path = put(folder, "k", KEY, OTHERS_TOO)

        assert is_readable(Here(), path, nobody)
        folder.chmod(0o700)
        assert not is_readable(Here(), path, nobody)
        assert not is_readable(Here(), f"{path}.not", ())

"""Configuration files, read as their services read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.nodes.config_files import (
    BadConfigFile,
    MonAddress,
    parse_ceph_conf,
    parse_keyring,
    parse_mon_host,
    parse_oslo,
)
from helpers.redact import Secret

DATA = Path(__file__).parents[1] / "data"
CEPHX = "AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q=="


def test_a_glance_apis_configuration() -> None:
    config = parse_oslo((DATA / "glance-api.conf").read_text())
    assert config.get_dict("DEFAULT", "enabled_backends") == {"dcn0": "rbd", "http": "http", "central": "rbd"}
    assert config.get_list("DEFAULT", "enabled_import_methods") == ("glance-direct", "web-download", "copy-image")
    assert config.get_list("image_import_opts", "image_import_plugins") == ("image_conversion",)
    assert config.get_bool("DEFAULT", "show_multiple_locations", False) is True
    assert config.get("central", "rbd_store_ceph_conf") == "/etc/ceph/central.conf"
    assert "not-a-password" not in repr(config)


def test_later_values_and_files_go_before_earlier_ones() -> None:
    config = parse_oslo(
        "[cinder]\ncross_az_attach = true\ncross_az_attach=True\n[a]\nmulti = 1\nmulti = 2\n",
        "[cinder]\ncross_az_attach: false\n[a]\nmulti = 3\n",
    )
    assert config.get_bool("cinder", "cross_az_attach", True) is False
    assert config.get_all("a", "multi") == ("1", "2", "3")
    assert config.get_bool("nova", "cross_az_attach", True) is True, "absent is the default"


def test_the_ways_to_write_a_value() -> None:
    config = parse_oslo(
        "# a comment\n; another\n[DEFAULT]\na = 'quoted # sign'\nb=x = y\nc = $my_ip %(b)s\nd = one\n  two\n\ne =\n"
        "[Mixed]\nA = 1\n[DEFAULT]\nf = 2\n"
    )
    assert config.get("DEFAULT", "a") == "quoted # sign"
    assert config.get("DEFAULT", "b") == "x = y"
    assert config.get("DEFAULT", "c") == "$my_ip %(b)s"
    assert config.get("DEFAULT", "d") == "one\ntwo"
    assert config.get("DEFAULT", "e") == ""
    assert config.get("mixed", "A") == config.get("MIXED", "A") == "1"
    assert config.get("DEFAULT", "f") == "2"
    assert config.get("mixed", "f") is None, "[DEFAULT] is a section like any other"
    assert config.get_list("DEFAULT", "nothing") == ()


@pytest.mark.parametrize("word", ["true", "True", "1", "on", "YES"])
def test_what_is_true(word: str) -> None:
    assert parse_oslo(f"[a]\nb = {word}").get_bool("a", "b", False) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1\n", "line 1: an option before the first section: a = 1"),
        ("[a]\n\nb\n", "line 3: neither a section nor option = value: b"),
        ("[a\n", "line 1: not a section: [a"),
        ("  a = 1\n", "line 1: a continued line, and nothing before it: a = 1"),
        ("password = hunter2\n", "line 1: an option before the first section: password = ***"),
    ],
)
def test_a_file_that_its_service_refuses(text: str, expected: str) -> None:
    with pytest.raises(BadConfigFile) as caught:
        parse_oslo(text)
    assert str(caught.value) == expected


def test_values_of_another_kind() -> None:
    config = parse_oslo("[a]\nb = maybe\nc = x,y\n")
    with pytest.raises(BadConfigFile, match=r"\[a\] b = maybe is neither true nor false"):
        config.get_bool("a", "b", False)
    with pytest.raises(BadConfigFile, match=r"\[a\] c: x is not key:value"):
        config.get_dict("a", "c")


def test_a_ceph_conf() -> None:
    conf = parse_ceph_conf((DATA / "dcn0.conf").read_text())
    assert conf.fsid == "5bb3a1f0-9a4e-4c9c-8b1c-0d6a7f6f4d21"
    assert conf.mon_hosts == {"192.0.2.20"}
    assert conf.get("mgr_initial_modules", "mgr") == ""


def test_the_docs_client_section_and_ceph_ansibles_spelling() -> None:
    conf = parse_ceph_conf(
        "[client]\nkeyring = /etc/ceph/central.client.external.keyring\n[client.libvirt]\nadmin socket = /a\n"
        "# Please do not change this file directly\n[global]\nmon_host = 172.16.11.84,172.16.11.87 ; three\n"
        "Mon  Initial-Members = \\\n  a,\\\n  b\nfsid = 'x' # comment\n"
    )
    assert conf.keyrings("central", "client.external") == ("/etc/ceph/central.client.external.keyring",)
    assert conf.keyrings("central", "client.libvirt") == ("/etc/ceph/central.client.external.keyring",)
    assert conf.get("admin_socket", "client.libvirt") == "/a"
    assert conf.mon_hosts == {"172.16.11.84", "172.16.11.87"}
    assert conf.get("mon initial members") == "a,   b"
    assert conf.fsid == "x"


@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ("[client]\nkeyring = /a\n[client.external]\nkeyring = /b\n", ("/b",)),
        ("[client.external]\nkeyring = /b\n[client]\nkeyring = /a\n[global]\nkeyring = /c\n", ("/b",)),
        ("[global]\nkeyring = /c\n[client]\nkeyring = /a\n[client.glance]\nkeyring = /g\n", ("/a",)),
        ("[global]\nkeyring = /c\n", ("/c",)),
        ("[client]\nkeyring = '/etc/ceph/$cluster.$name.keyring'\n", ("/etc/ceph/dcn0.client.external.keyring",)),
        ("[client]\nkeyring = /etc/${cluster}/$type.$id, /x /z\n", ("/etc/dcn0/client.external", "/x", "/z")),
        ("[client]\nKeyring=/keys/$host/$identity\n", ("/keys/$host/$identity",)),
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
    ids=["own", "own first", "not another's", "global", "metavariables", "braces", "unknown", "default"],
)
def test_where_a_client_looks_for_its_key(conf: str, expected: tuple[str, ...]) -> None:
    """[client.NAME] goes before [client] before [global], and librados' default where none of them says."""
    assert parse_ceph_conf(conf).keyrings("dcn0", "client.external") == expected


def test_monitors_in_sections_of_their_own() -> None:
    conf = parse_ceph_conf("[mon.a]\nhost = a\nmon addr = 192.0.2.1:6789\n[mon.b]\npublic addr = 192.0.2.2\n")
    assert conf.mon_hosts == {"192.0.2.1", "192.0.2.2"}
    assert parse_ceph_conf("").mon_hosts == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", [MonAddress("192.0.2.1")]),
        ("192.0.2.1,192.0.2.2", [MonAddress("192.0.2.1"), MonAddress("192.0.2.2")]),
        ("192.0.2.1, 192.0.2.2", [MonAddress("192.0.2.1"), MonAddress("192.0.2.2")]),
        ("192.0.2.1 192.0.2.2;a.example.com", [MonAddress(h) for h in ("192.0.2.1", "192.0.2.2", "a.example.com")]),
        ("192.0.2.1:6789", [MonAddress("192.0.2.1", 6789)]),
        ("v2:192.0.2.1:3300/0", [MonAddress("192.0.2.1", 3300, "v2")]),
        (
            "[v2:192.0.2.1:3300,v1:192.0.2.1:6789],[v2:192.0.2.2:3300/0,v1:192.0.2.2:6789/0]",
            [MonAddress(f"192.0.2.{n}", port, kind) for n in (1, 2) for port, kind in ((3300, "v2"), (6789, "v1"))],
        ),
        (
            "[v2:192.0.2.1:3300/0,v1:192.0.2.1:6789/0] [v2:192.0.2.2:3300/0]",
            [
                MonAddress("192.0.2.1", 3300, "v2"),
                MonAddress("192.0.2.1", 6789, "v1"),
                MonAddress("192.0.2.2", 3300, "v2"),
            ],
        ),
        ("[2001:db8::1]:6789", [MonAddress("2001:db8::1", 6789)]),
        ("[2001:DB8:0::1],2001:db8::2", [MonAddress("2001:db8::1"), MonAddress("2001:db8::2")]),
        (
            "[v2:[2001:db8::1]:3300/0,v1:[2001:db8::1]:6789/0]",
            [MonAddress("2001:db8::1", 3300, "v2"), MonAddress("2001:db8::1", 6789, "v1")],
        ),
        ("", []),
        ("'192.0.2.1', \"192.0.2.2\"", [MonAddress("192.0.2.1"), MonAddress("192.0.2.2")]),
        ("192.0.2.1,:/0", [MonAddress("192.0.2.1")]),
        ("[v2:192.0.2.1:3300/0,v1::/0] - :0/0", [MonAddress("192.0.2.1", 3300, "v2")]),
        (
            "[v2:mon-0.example.com:3300,v1:mon-0.example.com:6789]",
            [MonAddress("mon-0.example.com", 3300, "v2"), MonAddress("mon-0.example.com", 6789, "v1")],
        ),
    ],
)
def test_mon_host_in_all_its_shapes(text: str, expected: list[MonAddress]) -> None:
    assert list(parse_mon_host(text)) == expected


@pytest.mark.parametrize("text", ["192.0.2.999", "192.0.2.1:port", "[zz::1]:1", "a b@c"])
def test_a_mon_host_that_is_none(text: str) -> None:
    with pytest.raises(BadConfigFile, match="is not an address"):
        parse_mon_host(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[global]\nfsid\n", "line 2: neither a section nor key = value: fsid"),
        ("fsid = a\n", "line 1: a key before the first section: fsid = a"),
        ("[global\n", "line 1: not a section: [global"),
    ],
)
def test_what_is_no_ceph_conf(text: str, expected: str) -> None:
    with pytest.raises(BadConfigFile) as caught:
        parse_ceph_conf(text)
    assert str(caught.value) == expected


def test_a_keyring() -> None:
    keyring = parse_keyring((DATA / "central.client.external.keyring").read_text())
    entry = keyring.entry("client.external")
    assert entry.key == Secret(CEPHX)
    assert entry.caps == {
        "mgr": "allow *",
        "mon": "profile rbd",
        "osd": "profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images",
    }
    assert CEPHX not in repr(keyring)
    with pytest.raises(LookupError, match=r"no client\.admin in the keyring; users there: client\.external"):
        keyring.entry("client.admin")
    assert parse_keyring("").entries == {}


def test_a_keyring_without_a_key_and_one_that_is_none() -> None:
    with pytest.raises(BadConfigFile, match=r"\[client\.external\] has no key"):
        parse_keyring("[client.external]\n")
    with pytest.raises(BadConfigFile) as caught:
        parse_keyring(f"key = {CEPHX}\n")
    assert CEPHX not in str(caught.value)

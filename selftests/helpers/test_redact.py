"""What is redacted in a text, and what never is."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import struct
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import helpers.redact
from helpers.redact import Secret, fingerprint, hide_in_logs, redact, register

KEY = "AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q=="
FSID = "5bb3a1f0-9a4e-4c9c-8b1c-0d6a7f6f4d21"
TOKEN = "gAAAAABmZ0x9" + "aZ09-_" * 20 + "=="


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helpers.redact, "_registered", ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a {KEY} b", "a *** b"),
        (f"x{KEY}y", "x***y"),
        (f"https://a/?key={KEY.replace('=', '%3D')}", "https://a/?key=***"),
        ("[client.external]\n\tkey = short\n\tcaps mon = a", "[client.external]\n\tkey = ***\n\tcaps mon = a"),
        ("'[client.external]\\n\\tkey = short\\n'", "'[client.external]\\n\\tkey = ***\\n'"),
        ('{"entity": "client.external", "key": "abc\\"d"}', '{"entity": "client.external", "key": "***"}'),
        ("{'key': 'abc'}", "{'key': '***'}"),
        ("password=hunter2&user=a", "password=***&user=a"),
        ("admin_password = hunter2", "admin_password = ***"),
        ("OS_PASSWORD=hunter2 openstack", "OS_PASSWORD=*** openstack"),
        ('{"auth": {"password": "hun\\"ter2", "name": "a"}}', '{"auth": {"password": "***", "name": "a"}}'),
        ("Password: 'hunter 2', x", "Password: '***', x"),
        ("password =\nuser = a", "password =\nuser = a"),
        ("metadata_proxy_shared_secret=abc", "metadata_proxy_shared_secret=***"),
        ("openstack --os-password hunter2 image list", "openstack --os-password *** image list"),
        ("openstack --os-token=abc image list", "openstack --os-token=*** image list"),
        ("http://me:hunter2@192.0.2.1:5000/v3", "http://me:***@192.0.2.1:5000/v3"),
        ("rabbit://os:a@h1:5672,os:b@h2:5672/?ssl=0", "rabbit://os:***@h1:5672,os:***@h2:5672/?ssl=0"),
        ("http://me:a,b@h http://me:a@b@h", "http://me:***@h http://me:***@***@h"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"),
        ("mysql+pymysql://nova:p%40ss@h/nova", "mysql+pymysql://nova:***@h/nova"),
        (f'-H "X-Auth-Token: {TOKEN}"', '-H "X-Auth-Token: ***"'),
        ("{'X-Subject-Token': 'abcdef'}", "{'X-Subject-Token': '***'}"),
        ("x-auth-token: {SHA256}abcdef", "x-auth-token: ***}abcdef"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        (f"token {TOKEN}!", "token ***!"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\ndef\n-----END OPENSSH PRIVATE KEY-----\nrest",
            "-----BEGIN OPENSSH PRIVATE KEY-----***-----END OPENSSH PRIVATE KEY-----\nrest",
        ),
    ],
)
def test_a_secret_is_hidden_by_its_shape(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        FSID,
        FSID.upper(),
        f"rbd://{FSID}/images/8083c7e7-32d8-4f7a-b1da-0ed7884f1076/snap",
        f"rbd_secret_uuid = {FSID}",
        f"secret: {FSID}",
        f'"key": "{FSID}"',
        f"key = {hashlib.sha512(b'a').hexdigest()}",
        hashlib.sha512(b"b").hexdigest(),
        "sha512sum: AQ" + "a" * 126,
        "http://192.0.2.10:9292/v2/images?owner=a@b",
        "heat-admin@192.0.2.10",
        "keyring = /etc/ceph/central.client.external.keyring",
        "keystone, monkey = banana",
        "allow *, profile rbd pool=vms, profile rbd pool=images",
        "os_hash_algo=sha512 checksum=d41d8cd98f00b204e9800998ecf8427e",
        "image_token_count: 5",
        "ssh -F ssh_config dcn0-hci-0 'sudo podman exec ceph-mon-dcn0-hci-0 rbd -p images ls -l'",
    ],
)
def test_evidence_stays_readable(text: str) -> None:
    assert redact(text) == text


@settings(max_examples=40, deadline=None)
@given(secret=st.binary(min_size=16, max_size=16), before=st.text(max_size=20), after=st.text(max_size=20))
@example(secret=b"\xff" * 16, before="AQ", after="==")
def test_no_cephx_key_gets_through(secret: bytes, before: str, after: str) -> None:
    key = base64.b64encode(struct.pack("<HIIH", 1, 1584132000, 0, 16) + secret).decode()
    assert key.startswith("AQ")
    assert key not in redact(f"{before} {key} {after}")
    assert key not in redact(json.dumps({"key": key, "caps": before}))
    assert urllib.parse.quote(key, safe="") not in redact(f"http://192.0.2.1/?key={urllib.parse.quote(key, safe='')}")


@settings(max_examples=40, deadline=None)
@given(st.uuids(), st.binary())
def test_ids_and_checksums_come_through(some_id: uuid.UUID, content: bytes) -> None:
    text = f"{some_id} {hashlib.sha512(content).hexdigest()} rbd://{some_id}/images/{some_id}/snap"
    assert redact(text) == text


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
@example("password=***")
@example("key = ***")
@example("http://a:***@b")
def test_twice_is_the_same_as_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


def test_a_long_text_takes_no_time() -> None:
    # no pattern may take excessive time on a near match
    for text in ("a:b" * 30_000, "AQ" * 30_000, "password" * 10_000, "http://" * 10_000, '"key' * 20_000):
        redact(text)


def test_a_registered_value_is_hidden_in_every_spelling() -> None:
    register('pa"ss wörd/1')
    for text in ('a pa"ss wörd/1 b', json.dumps('pa"ss wörd/1'), "http://x/?p=pa%22ss%20w%C3%B6rd%2F1"):
        assert "rd/1" not in redact(text)
        assert "rd%2F1" not in redact(text)


def test_a_short_registered_value_is_hidden_as_a_word_only() -> None:
    register("os")
    register("  ")
    assert redact("host os hosts -u os") == "host *** hosts -u ***"


def test_of_two_registered_values_the_longer_goes_first() -> None:
    register("secretsecret")
    register("secretsecretsecret")
    assert redact("secretsecretsecret") == "***"


def test_a_fingerprint_tells_keys_apart_and_nothing_else() -> None:
    assert fingerprint(KEY) == fingerprint(KEY) == "sha256:" + hashlib.sha256(KEY.encode()).hexdigest()[:12]
    assert fingerprint(KEY) != fingerprint(KEY + "a")
    assert redact(fingerprint(KEY)) == fingerprint(KEY)


def test_a_secret_compares_by_value_and_prints_its_fingerprint() -> None:
    one, same, other = Secret("value one two"), Secret("value one two"), Secret("another value")
    assert one == same
    assert one != other
    assert one != "value one two"
    assert len({one, same, other}) == 2
    assert f"{one} {one!r}" == f"<secret {one.fingerprint}> <secret {one.fingerprint}>"
    assert redact("has value one two in it") == "has *** in it"


@pytest.fixture
def hiding() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(logging.LogRecord)
    hide_in_logs()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.usefixtures("hiding")
def test_no_handler_gets_a_secret(tmp_path: Path) -> None:
    """Whatever its level, arguments and traceback, and whatever handler a library has added itself."""
    register("a-token-of-no-shape")
    handler = logging.FileHandler(tmp_path / "log")
    library = logging.getLogger("a.library")
    library.addHandler(handler)
    library.setLevel(logging.DEBUG)
    try:
        library.debug("RESP BODY: %s", {"X-Auth-Token": "a-token-of-no-shape"})
        library.warning("key = AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q==")
        library.info("%d of no number", "a-token-of-no-shape")
        try:
            raise ValueError("a-token-of-no-shape")
        except ValueError:
            library.exception("it failed")
    finally:
        library.removeHandler(handler)
        handler.close()

    written = (tmp_path / "log").read_text()
    assert "it failed" in written
    assert "%d of no number ('***',)" in written
    assert "ValueError: ***" in written
    assert "a-token-of-no-shape" not in written
    assert "AQD29" not in written

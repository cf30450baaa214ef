"""The loader reads what people write, knows the place of each value, and turns everything else into a finding."""

import os
from pathlib import Path

import pytest

from helpers.tripleo import loader
from helpers.tripleo.loader import Loaded, load

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


def loaded(folder: Path, content: str | bytes) -> Loaded:
    path = folder / "some.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(path, "some.yaml")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("a: [1, 2\nb: 3\n", "not YAML", id="not YAML"),
        pytest.param("a:\n\t- b\n", "not YAML", id="tab"),
        pytest.param(b"\x00\x01\x02", "not YAML", id="control characters"),
        pytest.param(b"QFI\xfb\x00\x00\x00\x03", "binary data at byte 3", id="binary"),
        pytest.param("a: é".encode("utf-16"), "binary data", id="UTF-16"),
        pytest.param(BOMB, "anchors expanded", id="anchors that explode"),
        pytest.param("a: &a\n  b: *a\n", "nested more than", id="anchor of itself"),
        pytest.param("[" * 2_000, "nested more than", id="deep"),
        pytest.param("a: *nowhere\n", "not YAML", id="unknown anchor"),
        pytest.param("key: AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q==: x\n", "not YAML", id="error beside a key"),
    ],
)
def test_unreadable_content_is_a_finding(content: str | bytes, says: str, tmp_path: Path) -> None:
    """An unreadable file is one finding, which names the file and quotes no key."""
    found = loaded(tmp_path, content)

    (finding,) = found.unreadable
    assert finding.place.file == "some.yaml"
    assert says in finding.seen
    assert "AQD29" not in str(finding)
    assert found.documents == ()


def test_large_file_is_not_read(tmp_path: Path) -> None:
    """A file of 50 MB is a finding that names its size."""
    path = tmp_path / "image.yaml"
    with path.open("wb") as stream:
        os.truncate(stream.fileno(), 50 * 1024**2)

    (finding,) = load(path, "image.yaml").unreadable

    assert (finding.place.file, finding.seen) == ("image.yaml", "52428800 bytes")


def test_missing_file_is_a_finding(tmp_path: Path) -> None:
    """A broken link is a finding."""
    (tmp_path / "a.yaml").symlink_to(tmp_path / "gone.yaml")

    (finding,) = load(tmp_path / "a.yaml", "a.yaml").unreadable

    assert "cannot be read" in finding.seen


def test_values_know_their_place(tmp_path: Path) -> None:
    """Each value has the line and path of its key, even in nested lists."""
    (document,) = loaded(tmp_path, "# comment\na:\n  - b: 1\n    c:\n      d: >\n        text\n").documents

    assert str(document.get("a").items[0].get("c", "d").place) == "some.yaml:5 a[0].c.d"


def test_scalars_stay_as_written(tmp_path: Path) -> None:
    """An octal mode, a date and a number keep their spelling."""
    (document,) = loaded(tmp_path, "mode: 0600\ndate: 2021-99-99\nbig: 1e400\nhex: 0x1F\n").documents

    assert [document.get(key).text for key in ("mode", "date", "big", "hex")] == ["0600", "2021-99-99", "1e400", "0x1F"]


def test_unknown_tags_are_passed_over(tmp_path: Path) -> None:
    """The tags of Heat, Ansible and Python are ignored: their values are plain, and nothing is run."""
    text = "a: !override [1]\nb: !vault |\n  123\nc: !!python/object/apply:os.system ['true']\nd: !!int x\n"

    found = loaded(tmp_path, text)

    assert found.unreadable == ()
    assert found.documents[0].get("a").items[0].text == "1"


def test_duplicate_key_is_doubtful(tmp_path: Path) -> None:
    """The second of two equal keys is a finding that names the first, and the file is still read."""
    found = loaded(tmp_path, "a:\n  b: 1\n  c: 2\n  b: 3\n")

    assert [(str(f.place), str(f.other)) for f in found.doubtful] == [("some.yaml:4 a.b", "some.yaml:2 a.b")]
    assert found.documents[0].get("a", "b").text == "3"


def test_merge_keys_are_applied(tmp_path: Path) -> None:
    """`<<` adds another mapping's values, without overriding those that are written."""
    text = "base: &base {a: 1, b: 2}\nsite: {<<: *base, b: 3}\nboth: {<<: [*base, {c: 4}]}\n"

    (document,) = loaded(tmp_path, text).documents

    assert {key: node.text for key, node in document.get("site").entries.items()} == {"a": "1", "b": "3"}
    assert document.get("both", "c").text == "4"


def test_several_documents_are_all_read(tmp_path: Path) -> None:
    """All documents of a file are read, such as one for each host in a cephadm spec."""
    assert len(loaded(tmp_path, "---\na: 1\n---\nb: 2\n...\n").documents) == 2


def test_empty_file_has_nothing(tmp_path: Path) -> None:
    """An empty file is no mistake in itself."""
    assert loaded(tmp_path, "") == Loaded("some.yaml")


def test_events_without_libyaml_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PyYAML without libyaml gives the same tree."""
    text = "a: &a [1, {b: c}]\nd: *a\n"
    fast = loaded(tmp_path, text).documents[0]

    monkeypatch.setattr(loader, "_PARSER", None)

    slow = loaded(tmp_path, text).documents[0]
    assert str(slow.get("d").items[1].get("b").place) == str(fast.get("d").items[1].get("b").place)


@pytest.mark.parametrize("name", ["key", "CephClientKey", "RabbitPassword", "secret"])
def test_secret_is_shown_by_its_fingerprint(name: str, tmp_path: Path) -> None:
    """A value under the name of a secret is never shown, even if it is no key."""
    (document,) = loaded(tmp_path, f"{name}: hunter2\n").documents

    shown = document.get(name).shown

    assert "hunter2" not in shown
    assert shown.startswith("sha256:")

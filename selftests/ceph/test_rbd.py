"""The output of `rbd`, parsed. Recordings are in `selftests/data`."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.ceph.rbd import (
    BadRbdOutput,
    NotInPool,
    Parent,
    PoolListing,
    RbdRow,
    TrashEntry,
    parse_du,
    parse_ls,
    parse_trash,
)

DATA = Path(__file__).parents[1] / "data"
IMAGE = "8083c7e7-32d8-4f7a-b1da-0ed7884f1076"


def listing(*rows: RbdRow) -> PoolListing:
    return PoolListing("dcn0", "images", rows, "ssh dcn0 'rbd ls -l'")


def row(name: str, snapshot: str | None = None, parent: Parent | None = None) -> RbdRow:
    return RbdRow(name, snapshot, 1, parent, protected=False, lock=None)


def test_an_image_and_its_protected_snapshot() -> None:
    image, snapshot = parse_ls((DATA / "rbd_ls.json").read_text())
    assert image == RbdRow(IMAGE, None, 25165824, None, protected=False, lock=None)
    assert snapshot == RbdRow(IMAGE, "snap", 25165824, None, protected=True, lock=None)
    assert (str(image), str(snapshot)) == (IMAGE, f"{IMAGE}@snap")


def test_a_clone_has_its_parent_and_lock() -> None:
    disk, volume = parse_ls((DATA / "rbd_ls_vms.json").read_text())
    assert str(disk.parent) == f"images/{IMAGE}@snap"
    assert (disk.lock, volume.lock, volume.parent) == ("exclusive", "shared", None)


@pytest.mark.parametrize(("printed", "expected"), [('"true"', True), ('"false"', False), ("true", True)])
def test_protected_is_a_word_or_a_boolean(printed: str, expected: bool) -> None:
    (found,) = parse_ls(f'[{{"image": "a", "snapshot": "s", "size": 1, "protected": {printed}}}]')
    assert found.protected is expected


def test_an_empty_pool_has_no_rows() -> None:
    assert parse_ls("[]\n") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "rbd ls -l printed no JSON: ''"),
        ("NAME SIZE\na 1", "rbd ls -l printed no JSON: 'NAME SIZE"),
        ('{"a": 1}', 'rbd ls -l printed no list of entries: {"a": 1}'),
        ('["a"]', 'rbd ls -l printed no list of entries: ["a"]'),
        ('[{"image": "a"}]', 'rbd ls -l: a row without \'size\': {"image": "a"}'),
    ],
)
def test_what_is_no_listing(text: str, expected: str) -> None:
    with pytest.raises(BadRbdOutput) as caught:
        parse_ls(text)
    assert str(caught.value).startswith(expected)


def test_the_trash_and_the_usage() -> None:
    trash = parse_trash((DATA / "rbd_trash_ls.json").read_text())
    assert trash == (TrashEntry("3751570c63b4", IMAGE),)
    usage = parse_du((DATA / "rbd_du.json").read_text(), "by hand")
    assert (usage.used, usage.command) == (16777216, "by hand")
    with pytest.raises(BadRbdOutput, match="an entry without 'name'"):
        parse_trash('[{"id": "a"}]')
    with pytest.raises(BadRbdOutput, match=r"no 'images' in \{\}"):
        parse_du("{}")


def test_a_look_up_finds_the_row() -> None:
    found = listing(row("a"), row("a", "snap"), row("b", parent=Parent("images", "a", "snap")))
    assert found.image("a").snapshot is None
    assert found.snapshot("a", "snap").snapshot == "snap"
    assert found.snapshots("b") == ()
    assert [str(child) for child in found.children("images/a@snap")] == ["b"]
    assert found.names == {"a", "b"}


def test_a_failed_look_up_says_what_was_there() -> None:
    found = listing(row("a"), row("a", "snap"), row("b"))
    with pytest.raises(NotInPool) as caught:
        found.image("c")
    assert str(caught.value) == "no c in dcn0/images; images there: a, b; ssh dcn0 'rbd ls -l'"
    with pytest.raises(NotInPool, match="no b@snap in dcn0/images; snapshots there: a@snap; "):
        found.snapshot("b", "snap")
    with pytest.raises(NotInPool, match="no a@x in dcn0/images; snapshots there: a@snap; "):
        found.snapshot("a", "x")
    with pytest.raises(NotInPool, match="images there: none; "):
        listing().image("a")
    with pytest.raises(NotInPool, match=r"image-0, image-1, .*image-19 and 30 more; "):
        listing(*(row(f"image-{number}") for number in range(50))).image("a")

"""Disks and qcow2 files: what is written is read back."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.world import qcow2
from simulator.world.content import BLOCK, Content
from simulator.world.guest import boot_log, booted, boots, guest_disk, guest_file

WRITES = st.lists(st.tuples(st.integers(0, 3 * BLOCK), st.binary(min_size=1, max_size=300)), max_size=8)


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 3 * BLOCK), writes=WRITES)
def test_a_disk_holds_what_was_written(size: int, writes: list[tuple[int, bytes]]):
    plain = bytearray(size)
    disk = Content(size, {})
    for offset, data in writes:
        disk = disk.with_bytes(offset, data)
        data = data[: max(0, size - offset)]
        plain[offset : offset + len(data)] = data

    assert b"".join(disk.chunks()) == bytes(plain)
    assert disk.read(0, size) == bytes(plain)
    assert disk.digest("sha512") == hashlib.sha512(plain).hexdigest()
    assert Content.of(bytes(plain)).digest("md5") == disk.digest("md5")


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 3 * BLOCK), new=st.integers(0, 3 * BLOCK), data=st.binary(min_size=1, max_size=100))
def test_a_resized_disk_is_cut_or_ends_in_zeros(size: int, new: int, data: bytes):
    disk = Content(size, {}).with_bytes(size // 2, data)

    resized = disk.resized(new).resized(size)

    assert resized.read(0, size) == disk.read(0, min(new, size)).ljust(size, b"\0")


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 40), writes=WRITES)
def test_qcow2_holds_the_disk(size: int, writes: list[tuple[int, bytes]]):
    disk = Content(size * BLOCK, {})
    for offset, data in writes:
        disk = disk.with_bytes(offset, data)

    assert qcow2.to_raw(qcow2.from_raw(disk)).digest("sha512") == disk.digest("sha512")


def test_compressed_clusters_are_read():
    disk = Content(2 * BLOCK, {}).with_bytes(0, b"compressible " * 2000)
    file = bytearray(qcow2.from_raw(disk))
    packer = zlib.compressobj(9, zlib.DEFLATED, -12)
    packed = packer.compress(disk.blocks[0]) + packer.flush()
    place = len(file)
    file += packed.ljust(-(-len(packed) // 512) * 512, b"\0")
    sectors = -(-len(packed) // 512) - 1
    struct.pack_into(">Q", file, 4 * BLOCK, (1 << 62) | (sectors << 54) | place)

    assert qcow2.to_raw(bytes(file)).digest("sha512") == disk.digest("sha512")


@pytest.mark.parametrize(
    "file",
    [b"", b"QFI\xfb", b"raw bytes" * 100, guest_file(1)[:70000], b"QFI\xfb" + b"\xff" * 200],
    ids=["empty", "magic-only", "raw", "cut", "nonsense"],
)
def test_what_is_no_qcow2_is_refused(file: bytes):
    with pytest.raises(qcow2.NotQcow2):
        qcow2.to_raw(file)


def test_a_backing_file_is_refused():
    file = bytearray(guest_file(1))
    struct.pack_into(">Q", file, 8, 104)
    with pytest.raises(qcow2.NotQcow2, match="disallowed"):
        qcow2.to_raw(bytes(file))


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
def test_qemu_reads_the_guest_file_alike(tmp_path: Path):
    (tmp_path / "guest.qcow2").write_bytes(guest_file(8))
    command = ["qemu-img", "convert", "-O", "raw", "guest.qcow2", "guest.raw"]
    subprocess.run(command, cwd=tmp_path, check=True)  # noqa: S603
    assert (tmp_path / "guest.raw").read_bytes() == guest_disk(8).read(0, 8 << 20)


def test_each_boot_leaves_a_line_on_the_disk():
    disk = guest_disk(8)
    assert boots(disk)
    assert boot_log(disk) == []
    assert boot_log(booted(booted(disk, "one"), "two")) == ["one", "two"]

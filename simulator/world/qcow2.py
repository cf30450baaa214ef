"""Read and write qcow2 files in pure Python, as far as the conversion of imports needs it.

Source: QEMU's docs/interop/qcow2.txt.
"""

from __future__ import annotations

import struct
import zlib

from simulator.world.content import BLOCK, Content

_MAGIC = b"QFI\xfb"
_COPIED = 1 << 63
_COMPRESSED = 1 << 62
_OFFSET = 0x00FFFFFFFFFFFE00
_CLUSTER_BITS = 16  # a cluster is a block of Content
_EXTERNAL_DATA_FILE = 1 << 2


class NotQcow2(Exception):
    """The bytes are not a qcow2 file that may be converted; the message says why."""


def is_qcow2(data: bytes) -> bool:
    return data[:4] == _MAGIC


def to_raw(data: bytes) -> Content:
    """Return the disk in a qcow2 file (versions 2 and 3, also with compressed clusters). Raises NotQcow2."""
    if len(data) < 72 or not is_qcow2(data):
        raise NotQcow2("Image format detection failed")
    version, backing, _, bits, size, _, l1_size, l1_offset = struct.unpack(">IQIIQIIQ", data[4:48])
    if version not in (2, 3) or not 9 <= bits <= 21:
        raise NotQcow2("Image format detection failed")
    if backing or (version == 3 and struct.unpack(">Q", data[72:80])[0] & _EXTERNAL_DATA_FILE):
        raise NotQcow2("Image has disallowed configuration")
    cluster = 1 << bits
    raw = Content(size, {})
    try:
        for table, l1 in enumerate(struct.unpack_from(f">{l1_size}Q", data, l1_offset)):
            if not l1 & _OFFSET:
                continue
            for index, entry in enumerate(struct.unpack_from(f">{cluster // 8}Q", data, l1 & _OFFSET)):
                guest = (table * (cluster // 8) + index) * cluster
                piece = _cluster(data, entry, bits)
                if piece and any(piece):
                    raw = raw.with_bytes(guest, piece)
    except (struct.error, zlib.error) as error:
        raise NotQcow2("Image format detection failed") from error
    return raw


def _cluster(data: bytes, entry: int, bits: int) -> bytes:
    cluster = 1 << bits
    if entry & _COMPRESSED:
        width = 62 - (bits - 8)
        start = entry & ((1 << width) - 1)
        sectors = ((entry & (_COMPRESSED - 1)) >> width) + 1
        packed = data[start : start - start % 512 + sectors * 512]
        return zlib.decompressobj(-12).decompress(packed, cluster)
    offset = entry & _OFFSET
    if entry & 1 or not offset:
        return b""
    return data[offset : offset + cluster].ljust(cluster, b"\0")


def from_raw(raw: Content) -> bytes:
    """Return a small disk as a qcow2 file, version 3: header, refcounts, one L1 table, its L2 tables, and the data."""
    per_table = BLOCK // 8
    tables = -(-raw.size // (BLOCK * per_table))
    first_l2 = 4  # clusters: header, refcount table, refcount block, L1
    first_data = first_l2 + tables
    used = first_data + len(raw.blocks)
    if used > BLOCK // 2:
        raise ValueError(f"a disk with {len(raw.blocks)} written blocks needs more than one refcount block")
    header = _MAGIC + struct.pack(
        ">IQIIQIIQQIIQQQQII",
        *(3, 0, 0, _CLUSTER_BITS, raw.size, 0, tables, 3 * BLOCK, BLOCK, 1, 0, 0),
        *(0, 0, 0, 4, 104),
    )
    l2 = [[0] * per_table for _ in range(tables)]
    for position, index in enumerate(sorted(raw.blocks)):
        l2[index // per_table][index % per_table] = ((first_data + position) * BLOCK) | _COPIED
    parts = [
        header,
        struct.pack(">Q", 2 * BLOCK),
        struct.pack(">H", 1) * used,
        b"".join(struct.pack(">Q", ((first_l2 + table) * BLOCK) | _COPIED) for table in range(tables)),
        *(struct.pack(f">{per_table}Q", *table) for table in l2),
        *(raw.blocks[index] for index in sorted(raw.blocks)),
    ]
    return b"".join(part.ljust(BLOCK, b"\0") for part in parts)

"""The sparse bytes of a disk: a gibibyte of zeros takes no memory and no time until it is hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

BLOCK = 64 * 1024
_ZEROS = bytes(1024 * 1024)


class Content:
    """An immutable disk of `size` bytes. `blocks` maps a block's index to its bytes; a missing block is zeros."""

    def __init__(self, size: int, blocks: dict[int, bytes]) -> None:
        self.size = size
        self.blocks = blocks
        self._digests: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Content {self.size} bytes, {len(self.blocks)} blocks written>"

    @classmethod
    def of(cls, data: bytes) -> Content:
        blocks = {}
        for index in range(0, -(-len(data) // BLOCK)):
            block = data[index * BLOCK : (index + 1) * BLOCK]
            if any(block):
                blocks[index] = block.ljust(BLOCK, b"\0")
        return cls(len(data), blocks)

    def resized(self, size: int) -> Content:
        """Return the same disk, extended with zeros or cut."""
        if size == self.size:
            return self
        blocks = {index: block for index, block in self.blocks.items() if index * BLOCK < size}
        last, used = divmod(size, BLOCK)
        if last in blocks:
            blocks[last] = blocks[last][:used].ljust(BLOCK, b"\0")
        return Content(size, blocks)

    def with_bytes(self, offset: int, data: bytes) -> Content:
        """Return the disk after `data` was written at `offset`. Data beyond the end of the disk is not written."""
        data = data[: max(0, self.size - offset)]
        blocks = dict(self.blocks)
        while data:
            index, start = divmod(offset, BLOCK)
            part = data[: BLOCK - start]
            old = blocks.get(index, bytes(BLOCK))
            blocks[index] = old[:start] + part + old[start + len(part) :]
            offset, data = offset + len(part), data[len(part) :]
        return Content(self.size, blocks)

    def read(self, offset: int, length: int) -> bytes:
        end = min(self.size, offset + length)
        first, last = offset // BLOCK, -(-end // BLOCK)
        joined = b"".join(self.blocks.get(index, bytes(BLOCK)) for index in range(first, last))
        return joined[offset - first * BLOCK : end - first * BLOCK]

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes in order, with long runs of zeros in large chunks."""
        position = 0
        for index in sorted(self.blocks):
            yield from _zeros(index * BLOCK - position)
            yield self.blocks[index][: self.size - index * BLOCK]
            position = min(self.size, (index + 1) * BLOCK)
        yield from _zeros(self.size - position)

    def digest(self, algorithm: str) -> str:
        """Return the hexadecimal digest, which is calculated only once."""
        if algorithm not in self._digests:
            state = hashlib.new(algorithm, usedforsecurity=False)
            for chunk in self.chunks():
                state.update(chunk)
            self._digests[algorithm] = state.hexdigest()
        return self._digests[algorithm]

    @property
    def used(self) -> int:
        """The number of bytes that a thinly provisioned copy takes."""
        return min(self.size, len(self.blocks) * BLOCK)


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield _ZEROS[: min(count, len(_ZEROS))]
        count -= len(_ZEROS)

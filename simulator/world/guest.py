"""The guest image that the simulated deployment offers, and the changes that a guest makes to its disk when it boots.

The real lab's guest is a Linux that writes its server's ID to its disk at each boot and prints the IDs that it found
there. A simulated guest does the same with the bytes of its disk.
"""

from __future__ import annotations

import random
from functools import cache

from simulator.world.content import BLOCK, Content
from simulator.world.qcow2 import from_raw

BOOTED, MARKER = "DCN-VERIFY booted:", "DCN-VERIFY marker:"
FILE_NAME = "guest.qcow2"
DOC_URI = "http://download.cirros-cloud.net/0.4.0/cirros-0.4.0-x86_64-disk.img"
_SIGNATURE = b"\x55\xaa"
LOG_OFFSET = 2 * BLOCK
_LOG_LENGTH = BLOCK


@cache
def guest_disk(mebibytes: int) -> Content:
    """Return a disk with a boot sector, a few blocks of incompressible data, and zeros between them."""
    source = random.Random(mebibytes)  # noqa: S311 (must give the same bytes every time)
    disk = Content(mebibytes * 1024 * 1024, {}).with_bytes(510, _SIGNATURE)
    disk = disk.with_bytes(BLOCK, source.randbytes(BLOCK // 2))
    return disk.with_bytes(disk.size - BLOCK, source.randbytes(BLOCK))


@cache
def guest_file(mebibytes: int) -> bytes:
    """Return the guest disk as the qcow2 file that clients download."""
    return from_raw(guest_disk(mebibytes))


def boots(disk: Content) -> bool:
    return disk.read(510, 2) == _SIGNATURE


def boot_log(disk: Content) -> list[str]:
    """Return the IDs that earlier boots left on the disk, oldest first."""
    return disk.read(LOG_OFFSET, _LOG_LENGTH).rstrip(b"\0").decode("utf-8", "replace").splitlines()


def booted(disk: Content, server: str) -> Content:
    """Return the disk after another boot by this server."""
    lines = [*boot_log(disk), server]
    return disk.with_bytes(LOG_OFFSET, ("\n".join(lines) + "\n").encode()[-_LOG_LENGTH:])

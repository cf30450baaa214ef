"""Build the small image that the lab's guests boot, for any deployment: `dcn-verify image PATH`."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from helpers.environment.values import GUEST_BOOTED, GUEST_MARKER
from lab import guest_image, packages
from lab.command import CLEAN_ENVIRONMENT, CommandError, Shell

_BUSYBOX = Path("/bin/busybox")
#: program → Debian's package of it
_TOOLS = {
    "cpio": "cpio",
    "gzip": "gzip",
    "mkfs.fat": "dosfstools",
    "mcopy": "mtools",
    "syslinux": "syslinux",
    "qemu-img": "qemu-utils",
}
#: for the guest's kernel, unless the lab has unpacked it already
_FOR_THE_KERNEL = {"apt-get": "apt", "dpkg-deb": "dpkg"}
_DESCRIPTION = """\
Build a small image (24 MiB) that boots at every site: Linux and busybox. On its console, a guest says that it has
booted, and names the servers that have booted from its disk before (C9, D6). PATH.raw is a raw disk, and every other
PATH a qcow2 image. The section for the environment file is printed.
"""
_EPILOG = """\
examples:
  dcn-verify image guest.qcow2
  dcn-verify image guest.raw
It needs Debian's apt, dpkg, busybox-static, cpio, dosfstools, mtools, syslinux and qemu-utils. The kernel is Debian's.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when the image is there, 4 with one line when it cannot be built here."""
    parser = argparse.ArgumentParser(
        prog="dcn-verify image",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", type=Path, metavar="PATH", help="where the image is written")
    image: Path = parser.parse_args(arguments).path.absolute()
    problem = _problem(image)
    if not problem:
        try:
            _build(image)
        except (CommandError, OSError) as error:
            problem = " ".join(str(error).split())
    if problem:
        sys.stderr.write(f"image: {problem}\n")
        return 4
    sys.stdout.write(section(image))
    return 0


def section(image: Path) -> str:
    """The section of the environment file for the image."""
    found = {
        "file": str(image),
        "disk_format": "raw" if image.suffix == guest_image.RAW else "qcow2",
        "console": {"booted": GUEST_BOOTED, "marker": GUEST_MARKER},
    }
    written: str = yaml.safe_dump({"image": found}, sort_keys=False, width=10_000)
    return written


def _problem(image: Path) -> str:
    """Why the image cannot be built here; empty if nothing is known to be missing."""
    if image.exists():
        return f"{image} exists; name a new file"
    if not image.parent.is_dir():
        return f"{image.parent} is no folder; create it first"
    missing = list(_missing())
    install = shlex.join(["apt-get", "install", *dict.fromkeys(package for _, package in missing)])
    return f"{', '.join(name for name, _ in missing)} missing here: {install}" if missing else ""


def _missing() -> Iterator[tuple[str, str]]:
    """The programs that this machine lacks, each with its package."""
    if not _BUSYBOX.exists() or b"ld-linux" in _BUSYBOX.read_bytes()[:4096]:
        yield f"a static {_BUSYBOX}", "busybox-static"
    needed = _TOOLS if packages.GUEST_KERNEL.exists() else {**_TOOLS, **_FOR_THE_KERNEL}
    for name, package in needed.items():
        if not shutil.which(name, path=CLEAN_ENVIRONMENT["PATH"]):
            yield name, package


def _build(image: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".dcn-verify-image-", dir=image.parent) as folder:
        work, kernel = Path(folder, "work"), packages.GUEST_KERNEL
        log = Path(folder, "log")
        if not kernel.exists():
            kernel = Path(folder, "kernel")
            packages.unpack_kernel(Shell(log), kernel)
        guest_image.make(image, kernel, work, log)

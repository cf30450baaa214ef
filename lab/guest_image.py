"""The image that guests boot: Debian's kernel and busybox on a small disk, created without mounting anything.

A guest prints `DCN-VERIFY booted: ID` on its console. If a server was booted from this disk before, it also prints
`DCN-VERIFY marker: ID ID …` with the IDs of all these servers, in order. ID is the server's ID (the machine's UUID).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab import packages, supervise, web
from lab.command import Shell
from lab.plan import GUEST_IMAGE_PORT, Plan
from lab.state import State, write
from lab.supervise import Service

_INIT = Path(__file__).parent / "inside" / "guest-init.sh"
RAW = ".raw"
_MIB = 1024 * 1024
_FILE_SYSTEM = 20 * _MIB
_DISK = 24 * _MIB
_SECTOR = 512
#: the area that a guest writes to: first byte and number of bytes
WRITTEN = (_FILE_SYSTEM, _DISK - _FILE_SYSTEM)
_SYSLINUX = """\
SERIAL 0 115200
DEFAULT guest
LABEL guest
  KERNEL vmlinuz
  INITRD initrd.gz
  APPEND console=ttyS0,115200 quiet loglevel=3 panic=5 random.trust_cpu=on tsc=unstable
"""


def build(state: State, log: Path) -> None:
    """Create the lab's qcow2 file if it does not exist."""
    if state.guest_image.exists():
        return
    work = state.guest_image.parent / "work"
    shutil.rmtree(work, ignore_errors=True)
    make(state.guest_image, packages.GUEST_KERNEL, work, log)
    shutil.rmtree(work)


def make(image: Path, kernel: Path, work: Path, log: Path) -> None:
    """Create the image; `.raw` is a raw disk, and everything else qcow2.

    :param kernel: the folder with the kernel and its modules
    :param work: a folder on the file system of the image, for what lies between
    """
    # This runs at a low priority, because the services of the lab are needed first.
    shell = Shell(log, ("nice", "-n", "15"))
    root = work / "root"
    (root / "modules").mkdir(parents=True)
    for module in packages.GUEST_MODULES:
        shutil.copy(kernel / f"{module}.ko", root / "modules")
    for folder in ("bin", "dev", "proc", "sys"):
        (root / folder).mkdir()
    shutil.copy("/bin/busybox", root / "bin" / "busybox")
    init = _INIT.read_text(encoding="utf-8")
    init = init.replace("@FIRST@", str(_FILE_SYSTEM // _SECTOR)).replace("@MODULES@", " ".join(packages.GUEST_MODULES))
    write(root / "init", init, 0o755)
    write(work / "syslinux.cfg", _SYSLINUX, 0o644)
    in_root = Shell(log, ("nice", "-n", "15", "env", f"--chdir={root}"))
    in_root.run("sh", "-c", "find . | cpio --quiet -o -H newc -R 0:0 | gzip >../initrd.gz")
    disk = work / "disk.raw"
    shell.run("mkfs.fat", "-F", "16", "-s", "4", "-C", disk, str(_FILE_SYSTEM // 1024))
    files = (kernel / "vmlinuz", work / "initrd.gz", work / "syslinux.cfg")
    shell.run("mcopy", "-i", disk, *files, "::", env={"MTOOLS_SKIP_CHECK": "1"})
    shell.run("syslinux", "--install", disk)
    os.truncate(disk, _DISK)
    if image.suffix == RAW:
        disk.replace(image)
        return
    made = work / "guest.qcow2"
    shell.run("qemu-img", "convert", "-c", "-O", "qcow2", disk, made)
    made.replace(image)


def serve(plan: Plan, state: State, log: Path) -> None:
    """Start the web server at central from which Glance imports the image."""
    host = plan.controller
    served = state.host(host) / "var" / "www" / "guest.qcow2"
    served.parent.mkdir(parents=True, exist_ok=True)
    if not served.exists():
        os.link(state.guest_image, served)
        served.chmod(0o644)
    command = f"/usr/bin/python3 -m http.server {GUEST_IMAGE_PORT} --bind {host.address} --directory /var/www"
    supervise.start_and_wait(plan, host, state, Service("guest-image", command, "www-data"), lambda: answers(plan))


def answers(plan: Plan) -> bool:
    return web.answers(plan.guest_image_url, "HEAD")

"""Choose KVM for the guests if this machine supports it, and emulation otherwise, by running the guest once.

It is not enough that /dev/kvm can be opened, because a virtual machine may offer it without being able to run guests.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from helpers.environment.values import GUEST_BOOTED
from lab.command import CLEAN_ENVIRONMENT, Shell
from lab.state import State, write

# libvirt's CPU mode for each kind of virtualization.
CPU_MODES = {"kvm": "host-passthrough", "qemu": "none"}
_DEVICE = Path("/dev/kvm")
# With KVM, the guest boots in about a second.
_SECONDS = 20.0
# After this message, qemu waits for an investigation and does not end.
_BROKEN = "KVM internal error"

Boots = Callable[[Path, Shell], bool]


def decided(state: State) -> str:
    """Return the lab's value of nova.conf's `virt_type`, or emulation if there has been no decision yet."""
    file = _file(state)
    return file.read_text(encoding="utf-8").strip() if file.exists() else "qemu"


def decide(state: State, log: Path, device: Path = _DEVICE, boots: Boots | None = None) -> None:
    """Decide once per lab, because running guests keep their kind of virtualization."""
    if _file(state).exists():
        return
    shell = Shell(log)
    usable = os.access(device, os.R_OK | os.W_OK)
    kind = "kvm" if usable and (boots or _boots)(state.guest_image, shell) else "qemu"
    why = "" if usable else f" ({device} is not there, or not for this user)"
    shell.note(f"guests run by {kind}{why}")
    write(_file(state), kind + "\n", 0o644)


def _file(state: State) -> Path:
    return state.folder / "virt-type"


def _boots(image: Path, shell: Shell) -> bool:
    """Return whether the guest boots with KVM. The image itself is not changed."""
    return says(
        (
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none"),
            *("-machine", "pc,accel=kvm", "-cpu", "host", "-m", "128"),
            *("-drive", f"file={image},if=virtio,format=qcow2,snapshot=on", "-serial", "stdio"),
        ),
        shell,
    )


def says(command: Sequence[str], shell: Shell, seconds: float = _SECONDS) -> bool:
    """Return whether the program reports that the guest is up before it ends, breaks or reaches the time limit."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=CLEAN_ENVIRONMENT,
        text=True,
        errors="replace",
    ) as process:
        deadline = threading.Timer(seconds, process.kill)
        deadline.start()
        try:
            return _up(process, shell)
        finally:
            deadline.cancel()
            process.kill()


def _up(process: subprocess.Popen[str], shell: Shell) -> bool:
    for line in process.stdout or ():
        shell.note(line)
        if GUEST_BOOTED in line:
            return True
        if _BROKEN in line:
            return False
    return False

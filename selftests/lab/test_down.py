"""A real lab of two sites is started and stopped, and nothing remains. Needs root on Debian 12."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.lab

NAME = "t2"
ROOT = Path(__file__).parents[2]
# Folders in which a service outside its host would leave files.
WATCHED = ("/etc", "/run", "/run/netns", "/usr/sbin", "/var/cache", "/var/lib", "/var/log", "/sys/fs/cgroup")


@dataclass(frozen=True)
class Machine:
    """What a lab could leave behind, as names that can be compared."""

    interfaces: frozenset[str]
    mounts: frozenset[str]
    namespaces: frozenset[str]
    files: frozenset[str]

    def more_than(self, earlier: "Machine") -> set[str]:
        return set().union(*(getattr(self, name) - getattr(earlier, name) for name in vars(self)))


def look() -> Machine:
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return Machine(
        interfaces=frozenset(path.name for path in Path("/sys/class/net").iterdir()),
        mounts=frozenset(line.split()[4] for line in mounts),
        namespaces=frozenset(inode for _, inode in network_namespaces()),
        files=frozenset(str(path) for folder in WATCHED if Path(folder).is_dir() for path in Path(folder).iterdir()),
    )


def network_namespaces() -> Iterator[tuple[int, str]]:
    """Each process with its network namespace."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), os.readlink(entry / "ns" / "net")
            except OSError:
                continue


def lab(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dcn_verify", "lab", arguments[0], "--state", str(state), *arguments[1:]]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)  # noqa: S603


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--services", "images"), id="images"),
        pytest.param(("--scale-out", "dcn0", "--dcn-without-storage", "1"), id="all services"),
    ],
)
def test_down_leaves_nothing_behind(options: tuple[str, ...], tmp_path: Path) -> None:
    """After `down`, no process, namespace, mount, interface or file of the lab remains, however the lab was used."""
    state = tmp_path / "state"
    before = look()
    try:
        up = lab(state, "up", "--name", NAME, "--dcn", "1", *options)
        assert up.returncode == 0, up.stdout + up.stderr
        during = look()
        status = lab(state, "status")
        assert status.returncode == 0, status.stdout
    finally:
        down = lab(state, "down")
    after = look()

    assert down.returncode == 0, down.stdout + down.stderr
    assert f"br-{NAME}" in during.interfaces
    of_lab = during.more_than(before)
    assert of_lab & (after.interfaces | after.mounts | after.namespaces | after.files) == set()
    assert [pid for pid, namespace in network_namespaces() if namespace in during.namespaces - before.namespaces] == []
    assert not state.exists()

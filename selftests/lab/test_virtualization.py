"""Whether guests run with KVM or with emulation."""

import os
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from lab import compute, virtualization
from lab.command import Shell
from lab.plan import make_plan
from lab.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "lab")


@pytest.fixture
def device(tmp_path: Path) -> Path:
    path = tmp_path / "kvm"
    path.touch()
    return path


def boots(_: Path, __: Shell) -> bool:
    return True


def breaks(_: Path, __: Shell) -> bool:
    return False


def must_not_be_asked(_: Path, __: Shell) -> bool:
    raise AssertionError("the guest was run")


def test_kvm_is_used_where_the_guest_boots_with_it(state: State, device: Path) -> None:
    virtualization.decide(state, state.log("v"), device, boots)

    assert virtualization.decided(state) == "kvm"


def test_a_device_in_which_no_guest_boots_is_not_used(state: State, device: Path) -> None:
    virtualization.decide(state, state.log("v"), device, breaks)

    assert virtualization.decided(state) == "qemu"


@pytest.mark.parametrize("there", [False, True])
def test_without_a_usable_device_nothing_is_tried(
    there: bool, state: State, device: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not there:
        device.unlink()
    # root may do everything, so the test cannot rely on the file's mode
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    virtualization.decide(state, state.log("v"), device, must_not_be_asked)

    assert virtualization.decided(state) == "qemu"
    assert str(device) in state.log("v").read_text()


def test_what_is_decided_stays(state: State, device: Path) -> None:
    """The decision is kept: after a restart with the other kind, the compute nodes would not know their guests."""
    virtualization.decide(state, state.log("v"), device, boots)
    virtualization.decide(state, state.log("v"), device, must_not_be_asked)

    assert virtualization.decided(State(state.folder)) == "kvm"


@pytest.mark.parametrize(("kind", "cpu"), [("kvm", "host-passthrough"), ("qemu", "none")])
def test_nova_is_told(kind: str, cpu: str, state: State, device: Path) -> None:
    virtualization.decide(state, state.log("v"), device, boots if kind == "kvm" else breaks)
    plan = make_plan("lab", "192.0.2.0/24", state.folder, 1)
    conf = ConfigParser(interpolation=None)
    conf.read_string(compute.configuration(plan, plan.central, plan.controller, state))

    assert (conf["libvirt"]["virt_type"], conf["libvirt"]["cpu_mode"]) == (kind, cpu)


@pytest.mark.parametrize(
    ("program", "seconds", "up"),
    [
        ("print('DCN-VERIFY booted: 1', flush=True); import time; time.sleep(300)", 60, True),
        ("print('KVM internal error. Suberror: 1', flush=True); import time; time.sleep(300)", 60, False),
        ("raise SystemExit('failed to set MSR')", 60, False),
        ("import time; time.sleep(300)", 0.3, False),
    ],
    ids=["boots", "breaks and waits", "ends", "says nothing"],
)
def test_the_guest_is_believed_when_it_says_that_it_is_up(
    program: str, seconds: float, up: bool, tmp_path: Path
) -> None:
    assert virtualization.says((sys.executable, "-c", program), Shell(tmp_path / "log"), seconds) is up

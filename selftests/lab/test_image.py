"""`dcn-verify image`: a disk that boots, or one line that says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.environment import load_environment
from lab import image, packages
from lab.command import Shell
from lab.virtualization import says

NEEDED = [name for name, _ in image._missing()]


@pytest.mark.skipif(bool(NEEDED) or not packages.GUEST_KERNEL.exists(), reason=f"not here: kernel, {NEEDED}")
@pytest.mark.parametrize(("name", "disk_format"), [("guest.qcow2", "qcow2"), ("guest.raw", "raw")])
def test_the_image_boots(name: str, disk_format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / name

    code = image.main([str(path)])

    section = capsys.readouterr().out
    assert (code, [one.name for one in tmp_path.iterdir()]) == (0, [name])
    drive = f"file={path},if=virtio,format={disk_format},snapshot=on"
    command = ("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-m", "128")
    assert says((*command, "-drive", drive, "-serial", "stdio"), Shell(tmp_path / "log"), 120)
    declared = Path("environments/lab.example.yaml").read_text(encoding="utf-8").split("sites:")[1]
    environment = tmp_path / "environment.yaml"
    environment.write_text(f"cloud: dcn-lab\n{section}sites:{declared}")
    found = load_environment(environment).image
    assert (found.local, found.disk_format, found.console is not None) == (path, disk_format, True)


@pytest.mark.parametrize(
    ("path", "problem"),
    [("there.qcow2", "there.qcow2 exists; name a new file"), ("no/guest.raw", "/no is no folder; create it first")],
)
def test_a_path_that_does_not_serve_is_one_line(
    path: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "there.qcow2").touch()

    code = image.main([str(tmp_path / path)])

    said = capsys.readouterr().err
    assert (code, said.count("\n"), said.startswith("image: "), problem in said) == (4, 1, True, True), said


def test_what_is_missing_is_one_line_with_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    dynamic = tmp_path / "busybox"
    dynamic.write_bytes(b"\x7fELF /lib64/ld-linux-x86-64.so.2")
    monkeypatch.setattr(image, "_BUSYBOX", dynamic)
    monkeypatch.setattr(packages, "GUEST_KERNEL", tmp_path / "no-kernel")
    monkeypatch.setattr(image.shutil, "which", lambda name, path: None if name in {"mcopy", "apt-get"} else name)

    code = image.main([str(tmp_path / "guest.raw")])

    said = f"image: a static {dynamic}, mcopy, apt-get missing here: apt-get install busybox-static mtools apt\n"
    assert (code, capsys.readouterr().err) == (4, said)
    assert not (tmp_path / "guest.raw").exists()


def test_a_tool_that_fails_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(image, "_missing", lambda: iter(()))
    monkeypatch.setattr(packages, "GUEST_KERNEL", tmp_path)

    code = image.main([str(tmp_path / "guest.raw")])

    said = capsys.readouterr().err
    assert (code, said.count("\n"), said.startswith("image: ")) == (4, 1, True), said
    assert [one.name for one in tmp_path.iterdir()] == []

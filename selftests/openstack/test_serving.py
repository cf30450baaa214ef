"""A file of this machine is served at one address, as long as it is needed, and nothing else is."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.stages.served import served_to_glance
from helpers.actions.serving import as_raw, served
from helpers.environment import ImageSource
from helpers.nodes.node import Unreachable
from helpers.outcomes import NotOffered, Unknown

TOWARDS = "http://127.0.0.1:9292"


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    file = tmp_path / "guest.raw"
    file.write_bytes(b"content")
    return ImageSource(file=file, disk_format="raw")


def got(uri: str, method: str = "GET") -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(uri, method=method)) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def test_only_the_file_is_served_and_only_in_the_context(source: ImageSource):
    with served(source, TOWARDS) as uri:
        where, path = uri.rsplit("/", 2)[0], uri.rsplit("/", 2)[1]
        assert len(path) >= 16
        assert (got(uri), got(uri, "HEAD")) == ((200, b"content"), (200, b""))
        assert [got(f"{where}{other}")[0] for other in ("/", f"/{path}/", "/guest.raw", f"/{path}/../guest.raw")] == [
            404
        ] * 4
    with pytest.raises(urllib.error.URLError):
        got(uri)


def test_a_port_in_use_is_told(source: ImageSource):
    with served(source, TOWARDS) as uri:
        port = int(uri.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="in use"), served(source.model_copy(update={"port": port}), TOWARDS):
            pass


class FakeNode:
    name = "controller-0"

    def __init__(self, status: int, out: str, err: str = "", raises: Exception | None = None) -> None:
        self._answer, self._raises = SimpleNamespace(exit_status=status, stdout=out, stderr=err), raises

    def run(self, *argv: str) -> Any:
        if self._raises:
            raise self._raises
        return self._answer


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (FakeNode(28, "000", "curl: (28) Connection timed out\n"), "curl: (28) Connection timed out"),
        (FakeNode(127, "", "curl: command not found\n"), "curl: command not found"),
        (FakeNode(7, "000"), "curl ends with exit status 7"),
        (FakeNode(0, "403"), "HTTP 403"),
        (FakeNode(0, "", raises=Unreachable("controller-0", "192.0.2.10", "no route")), "no route"),
    ],
)
def test_a_node_that_does_not_reach_this_machine_is_the_reason(source: ImageSource, node: FakeNode, problem: str):
    central = SimpleNamespace(glance=TOWARDS, nodes_with=lambda role: [SimpleNamespace(name="controller-0")])
    images: Any = SimpleNamespace(environment=SimpleNamespace(image=source, central=central))
    nodes: Any = {"controller-0": node}

    with pytest.raises(NotOffered) as caught, served_to_glance(images, nodes):
        pass

    assert "image.file is not downloaded by Glance: controller-0 does not reach this machine: " in str(caught.value)
    assert problem in str(caught.value)


def test_what_cannot_be_converted_is_unknown(source: ImageSource, monkeypatch: pytest.MonkeyPatch):
    qcow2 = source.model_copy(update={"disk_format": "qcow2"})
    with as_raw(source) as raw:
        assert raw == source.file

    monkeypatch.setenv("PATH", "/nowhere")
    with (
        pytest.raises(Unknown, match="only a raw image can be uploaded: qemu-img is not installed here"),
        as_raw(qcow2),
    ):
        pass


def test_a_warning_of_qemu_img_is_no_failure(source: ImageSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tool = tmp_path / "bin" / "qemu-img"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\necho "warning: this is slow" >&2\nexec /bin/cp "$6" "$7"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))
    qcow2 = source.model_copy(update={"disk_format": "qcow2"})

    with as_raw(qcow2) as raw:
        assert raw.read_bytes() == source.local.read_bytes()

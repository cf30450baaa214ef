"""`image.file`: Glance downloads it from this machine where it can; otherwise B1 is skipped with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

B1_TO_B5 = ("-m", "B1 or B3 or B5 or B10")


@pytest.fixture
def deployment(start: Callable[..., Any], tmp_path: Path) -> Iterator[Any]:
    with start(tmp_path / "sim", "--dcn", "2", "--image-file") as found:
        yield found


def written(deployment: Any) -> Path:
    """The environment file, as it was changed here."""
    path: Path = deployment.folder / "environment.yaml"
    path.write_text(yaml.safe_dump(deployment.environment))
    return path


def test_glance_downloads_it(deployment: Any, suite: Callable[..., Any]):
    ended = suite(written(deployment), *B1_TO_B5)

    assert ended.exit_code == 0, ended.printed
    assert set(ended.outcomes("B1").values()) == {"passed"}
    assert deployment.listed() == set()


def test_where_glance_does_not_accept_the_port_only_b1_is_skipped(deployment: Any, suite: Callable[..., Any]):
    deployment.environment["image"]["port"] += 4000
    ended = suite(written(deployment), *B1_TO_B5)

    assert ended.exit_code == 0, ended.printed
    assert set(ended.outcomes("B1").values()) == {"skipped"}
    for claim in ("B3", "B5", "B10"):
        assert set(ended.outcomes(claim).values()) == {"passed"}, claim
    assert "image.file is not downloaded by Glance: central's Glance downloads nothing from port" in ended.printed
    assert deployment.listed() == set()


def test_without_a_node_of_glance_nobody_can_be_asked(deployment: Any, suite: Callable[..., Any]):
    for node in deployment.environment["sites"]["central"]["nodes"].values():
        node["roles"].remove("glance")
    ended = suite(written(deployment), "-m", "B1")

    assert set(ended.outcomes("B1").values()) == {"skipped"}, ended.printed
    assert "no node of the central site has the role glance" in ended.printed


def test_servers_boot_from_it(deployment: Any, suite: Callable[..., Any]):
    ended = suite(written(deployment), "-m", "C1 or C9")

    assert ended.exit_code == 0, ended.printed
    assert set(ended.outcomes("C1").values()) == {"passed"}

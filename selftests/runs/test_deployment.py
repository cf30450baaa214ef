"""Logins to a deployment: every error of a library becomes one line about its node or cloud."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.environment import Environment, load_environment
from helpers.nodes.node import Node
from helpers.openstack.clouds_yaml import BadCloud
from helpers.runs import deployment
from helpers.runs.deployment import NotReady, connect

WHOLE = Path(__file__).parents[1] / "inputs" / "environment.yaml"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    for name in ("clouds.yaml", "ssh_config", "known_hosts"):
        (tmp_path / name).touch()
    (tmp_path / "files").mkdir()
    (tmp_path / "environment.yaml").write_text(WHOLE.read_text())
    return load_environment(tmp_path / "environment.yaml")


def test_each_login_that_fails_is_one_line(environment: Environment, monkeypatch: pytest.MonkeyPatch):
    def nobody(environment: Environment) -> Any:
        raise BadCloud("clouds.yaml: not YAML")

    def raising(node: Node) -> None:
        if node.name != "dcn1-0":
            raise IndexError("list index\nout of range")

    monkeypatch.setattr(deployment, "Cloud", nobody)
    monkeypatch.setattr(Node, "connect", raising)

    with pytest.raises(NotReady) as refused:
        connect(environment)

    assert str(refused.value).splitlines() == [
        "clouds.yaml: not YAML",
        "controller-0 (192.0.2.10): IndexError: list index out of range",
        "dcn0-0 (192.0.2.20): IndexError: list index out of range",
    ]

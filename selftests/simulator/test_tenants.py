"""The login of an ordinary tenant: it must work, and must not be an administrator's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from helpers.runs.resources import Servers, Volumes


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "dcn-sim",
            "cloud 'dcn-sim': user admin has the role admin in project admin, and shows nothing of what tenants",
        ),
        ("nobody", "nobody"),
    ],
)
def test_who_is_no_ordinary_tenant_is_refused(simulator: Any, suite: Callable[..., Any], entry: str, said: str):
    path = simulator.folder / f"tenant-{entry}.yaml"
    path.write_text(yaml.safe_dump(simulator.environment | {"tenant": entry}))

    ended = suite(path, "-m", "C10")

    assert ended.exit_code == 4
    assert said in ended.printed.replace("\n", " ")


def test_without_a_tenant_it_is_skipped(simulator: Any, suite: Callable[..., Any]):
    ended = suite(simulator.folder / "environment.yaml", "-m", "C10")

    assert ended.exit_code == 0, ended.printed
    assert set(ended.outcomes("C10").values()) == {"skipped"}
    assert "names no tenant" in ended.printed


class Project:
    """What one project's lists show: Nova's and Cinder's alike."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def named(self, prefix: str) -> list[tuple[str, str]]:
        return [(f"id of {name}", name) for name in self.names if name.startswith(prefix)]

    def volumes(self) -> list[Any]:
        return [type("Volume", (), {"id": f"id of {name}", "name": name}) for name in self.names]


@pytest.mark.parametrize("kind", [Servers, Volumes])
def test_what_a_tenant_has_made_is_found_by_its_name(kind: Any):
    both = [("id of run.a", "run.a"), ("id of run.b", "run.b")]

    assert kind(Project("run.a", "x"), Project("run.b")).named("run.") == both
    assert kind(Project("run.a")).named("run.") == both[:1]

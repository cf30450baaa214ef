"""A cloud without flavors and networks: the run creates them, and nothing of them is left, whatever ended it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from selftests.simulator.conftest import clean_leftovers


@pytest.fixture
def empty(start: Callable[..., Any], tmp_path: Path) -> Iterator[Any]:
    with start(tmp_path / "sim", "--dcn", "1", "--nothing-prepared") as found:
        yield found


def there(found: Any) -> tuple[set[str], set[str]]:
    """What kinds of flavors and networks the cloud has."""
    cloud = found.connection()
    flavors = {one.name.split(".")[-1] for one in cloud.compute.flavors(is_public="None")}
    return flavors, {one.name.split(".")[-1] for one in cloud.network.networks()}


def test_a_run_that_boots_creates_and_removes_them(empty: Any, suite: Callable[..., Any], tmp_path: Path):
    file = empty.folder / "environment.yaml"
    assert (empty.environment["flavor"], empty.environment["network"]) == ("auto", "auto")

    kept = suite(file, "-m", "C1", "--keep-resources")
    while_running = there(empty)
    servers = [server.to_dict() for server in empty.connection().compute.servers()]
    cleaned = clean_leftovers(tmp_path / "reports", file)

    assert kept.exit_code == 0, kept.printed
    assert while_running == ({"flavor-1g-128m"}, {"network"})
    assert {len(server["addresses"]) for server in servers} == {1}
    assert (cleaned.exit_code, there(empty)) == (0, (set(), set())), cleaned.printed


def test_a_run_that_boots_nothing_creates_neither(empty: Any, suite: Callable[..., Any]):
    ended = suite(empty.folder / "environment.yaml", "-m", "B1", "--keep-resources")

    assert (ended.exit_code, there(empty)) == (0, (set(), set())), ended.printed


def test_without_tenant_networks_servers_have_none(
    start: Callable[..., Any], suite: Callable[..., Any], tmp_path: Path
):
    with start(tmp_path / "sim", "--dcn", "1", "--nothing-prepared", "--without-tenant-networks") as found:
        ended = suite(found.folder / "environment.yaml", "-m", "C1", "--keep-resources")
        left = there(found)

    assert (ended.exit_code, left) == (0, ({"flavor-1g-128m"}, set())), ended.printed

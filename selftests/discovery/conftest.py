"""A simulated deployment for tests that do not change it, and a copy of its files to modify."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from selftests.discovery.meaning import choices
from selftests.simulator.conftest import Running, running


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Three sites, of which dcn1 has no storage."""
    with running(tmp_path_factory.mktemp("deployment"), "--without-storage", "dcn1") as found:
        yield found


@pytest.fixture
def files(deployment: Running, tmp_path: Path) -> Path:
    """A copy of the deployment files."""
    return Path(shutil.copytree(deployment.folder / "deployment-files", tmp_path / "files"))


@pytest.fixture
def options(deployment: Running) -> list[str]:
    """The options of the command line, except for those that name the sites."""
    return choices(deployment.environment, deployment.folder)

"""A consistent set of files, and a copy of it to modify."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.tripleo import checks, example, layout
from helpers.tripleo.findings import Finding

Judge = Callable[[], dict[tuple[str, str], list[Finding]]]


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of central and two DCN sites after their deployment. Not to be changed."""
    folder = tmp_path_factory.mktemp("original")
    example.write(folder, example.sites(2))
    return folder


@pytest.fixture
def healthy(original: Path, tmp_path: Path) -> Path:
    """A copy of them, to be modified."""
    return Path(shutil.copytree(original, tmp_path / "files"))


@pytest.fixture
def judge(healthy: Path) -> Judge:
    """The findings of each check in the folder. Checks without findings are left out."""

    def judge() -> dict[tuple[str, str], list[Finding]]:
        return {key: found for key, found in checks.results(layout.read(healthy)).items() if found}

    return judge


@pytest.fixture
def write_files(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Writes files by their names into a folder of their own."""

    def write(files: dict[str, str]) -> Path:
        for name, content in files.items():
            path = tmp_path / "written" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path / "written"

    return write

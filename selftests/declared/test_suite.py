"""The acceptance suite with custom resources, as an operator runs it: its failures, messages and exit codes."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.declared import checks
from helpers.tripleo import example
from selftests.declared import kolla, rhoso
from selftests.declared.edits import in_text

pytest_plugins = ["selftests.in_process"]

Run = Callable[..., subprocess.CompletedProcess[str]]
MODULE = "tests/deployment_files/test_declared.py"


@pytest.fixture
def run(run_here: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the suite's tests of files, without a cloud."""
    monkeypatch.delenv("DCN_ENVIRONMENT", raising=False)

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run_here("tests/deployment_files", f"--deployment-files={folder}", *arguments)

    return run


@pytest.mark.parametrize("make", [rhoso.in_a_folder, kolla.both], ids=["resources", "kolla"])
def test_healthy_files_pass(make: Callable[[Path], None], run: Run, tmp_path: Path) -> None:
    """Nothing fails or is blocked, and no test of TripleO's files is collected."""
    make(tmp_path)

    done = run(tmp_path, "-v")

    assert done.returncode == 0, done.stdout
    assert [word for word in (" failed", " blocked") if word in done.stdout.splitlines()[-1]] == []
    assert "test_consistency.py" not in done.stdout
    assert f"{MODULE}::test_declared_files_agree[keys_decode-" in done.stdout


def test_mistake_is_explained_to_the_operator(run: Run, tmp_path: Path) -> None:
    """The failing test is named after check and site, and says file, line, key and what should be there."""
    rhoso.in_a_folder(tmp_path)
    in_text(tmp_path, "az1/nodeset.yaml", "cross_az_attach = False", "cross_az_attach = True")

    done = run(tmp_path, "-v", "-m", "E4")

    assert done.returncode == 1
    failed = [line.split()[0] for line in done.stdout.splitlines() if " FAILED " in line]
    assert failed == [f"{MODULE}::test_declared_files_agree[cross_az_attach_is_false-az1]"]
    for said in ("E4 E7", "cross_az_attach is false on this site's compute nodes", "az1/nodeset.yaml:", "'True'"):
        assert said in done.stdout


def test_broken_file_is_one_failure(run: Run, tmp_path: Path) -> None:
    """A configuration that its reader would refuse fails once, and blocks the rest."""
    rhoso.in_a_folder(tmp_path)
    in_text(tmp_path, "az1/nodeset.yaml", "[libvirt]", "libvirt]")

    done = run(tmp_path, "-v")

    assert done.returncode == 1
    failed = [line.split()[0] for line in done.stdout.splitlines() if " FAILED " in line]
    assert [name.partition("[")[0] for name in failed] == [f"{MODULE}::test_declared_files_are_readable"]
    assert " PASSED " not in done.stdout


def test_files_of_two_worlds_are_both_judged(run: Run, tmp_path: Path) -> None:
    """Before an adoption, a folder may have the stacks' templates and the resources that take their place."""
    example.write(tmp_path / "stacks", example.sites(1))
    rhoso.in_a_folder(tmp_path / "resources")

    done = run(tmp_path, "--collect-only", "-q")

    assert f"{MODULE}::test_declared_files_agree[{checks.ALL[0]}-az1]" in done.stdout
    assert "test_consistency.py::test_files_agree[external_key_decodes-dcn0]" in done.stdout

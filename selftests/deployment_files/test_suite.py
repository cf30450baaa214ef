"""The acceptance suite as an operator runs it: its failures, messages and exit codes."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from helpers.tripleo import checks, example, layout
from selftests.deployment_files.mess import strew

pytest_plugins = ["selftests.in_process"]

PLUGINS = (
    "fixtures.plugin.claims",
    "fixtures.plugin.outcomes",
    "fixtures.plugin.skips",
    "fixtures.plugin.declared",
    "fixtures.plugin.deployment_files",
)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(run_here: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the suite with these arguments, with only its own plugins and conftest."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        plugins = [option for plugin in PLUGINS for option in ("-p", plugin)]
        # comparisons with a deployment have selftests in selftests/discovery
        files = ["tests/deployment_files", "--ignore=tests/deployment_files/test_environment_file.py"]
        return run_here("--noconftest", *plugins, *files, *map(str, arguments))

    return run


def test_mistake_is_explained_to_the_operator(run: Run, healthy: Path) -> None:
    """The failing test is named after check and site, says everything once and shows no key, and the rest passes."""
    external = healthy / "control-plane/dcn_ceph_external.yaml"
    key = example.sites(2)[2].external_key
    external.write_text(external.read_text().replace(key, example.cephx_key("another")))

    done = run("--deployment-files", healthy, "-v", "-m", "E2")

    assert done.returncode == 1
    assert "test_files_agree[external_key_is_the_clusters-dcn1] FAILED" in done.stdout
    assert "1 failed, 44 passed" in done.stdout
    statement = "The entry's key is the one that this cluster was given for that user."
    for said in (
        statement,
        "dcn_ceph_external.yaml:27",
        "stands there: sha256:",
        "dcn1/ceph_keys.yaml:8",
        "dcn1's key",
    ):
        assert said in done.stdout
    assert not [secret for secret in (key, example.cephx_key("another")) if secret in done.stdout + done.stderr]


def test_every_check_is_a_test_of_the_suite(run: Run, healthy: Path) -> None:
    """Each check is a test at each of its stacks, can be selected by its name and its claims, and states its claim."""
    files = layout.read(healthy)

    listed = run("--deployment-files", healthy, "--collect-only", "-q").stdout
    of_e4 = run("--deployment-files", healthy, "--collect-only", "-q", "-m", "E4", "-k", "nova_zone").stdout

    wanted = {f"[{check}-{stack}]" for check in checks.ALL for stack in check.stacks(files)}
    assert wanted - {f"[{line.rpartition('[')[2]}" for line in listed.splitlines()} == set()
    agree = "tests/deployment_files/test_consistency.py::test_files_agree"
    assert of_e4.split()[:2] == [f"{agree}[nova_zone_is_the_sites-{stack}]" for stack in ("dcn0", "dcn1")]


def test_doc_settings_pass_with_advice(run: Run, healthy: Path) -> None:
    """Without GlanceBackendID, the suite passes, and a warning explains what that means for snapshots."""
    glance = healthy / "dcn0/glance.yaml"
    glance.write_text(glance.read_text().replace("GlanceBackendID", "GlangeBackendID"))

    done = run("--deployment-files", healthy, "-k", "dcn0")

    assert done.returncode == 0, done.stdout
    assert "2 warnings" in done.stdout
    assert "should be:    GlanceBackendID: dcn0" in done.stdout
    assert "the parameter GlangeBackendID, which no template has" in done.stdout


def test_home_passes_with_a_warning(run: Run, healthy: Path) -> None:
    """In a home directory, nothing fails, is blocked or skipped, and one warning names what was passed over."""
    strew(healthy)

    done = run("--deployment-files", healthy)

    assert done.returncode == 0, done.stdout
    assert " passed, 1 warning in " in done.stdout
    assert [word for word in (" skipped", " blocked", " failed") if word in done.stdout.splitlines()[-1]] == []
    assert "git/dcn-examples/\n    stands there: a second set of files, of control-plane, dcn6" in done.stdout


def test_broken_file_is_one_failure(run: Run, healthy: Path) -> None:
    """A file that is not YAML fails once, and blocks the checks that need it at its site only."""
    (healthy / "dcn1/az.yaml").write_text("parameter_defaults: {ManageNetworks: [false")

    done = run("--deployment-files", healthy, "-v")

    assert done.returncode == 1
    failed = [line.split()[0] for line in done.stdout.splitlines() if " FAILED " in line]
    assert failed == ["tests/deployment_files/test_readable.py::test_files_are_readable[dcn1]"]
    blocked = [line for line in done.stdout.splitlines() if " BLOCKED " in line]
    assert blocked
    assert [line for line in blocked if "-dcn1]" not in line] == []
    assert "test_files_agree[nova_zone_is_the_sites-dcn0] PASSED" in done.stdout


def test_without_files_all_is_skipped(run: Run) -> None:
    """Without the option, each test is skipped, with one reason that is printed once."""
    done = run("-rs")

    assert done.returncode == 0
    number = re.search(r"= (\d+) skipped in", done.stdout)
    reason = "no deployment files given: --deployment-files DIR, or deployment_files in the environment file"
    assert number is not None
    assert [line for line in done.stdout.splitlines() if "SKIPPED" in line] == [f"SKIPPED [{number[1]}] {reason}"]


def test_a_site_without_storage_is_skipped_in_one_line(run: Run, healthy: Path) -> None:
    """Many checks with the same reason for a skip are one line with their number."""
    (healthy / "dcn2").mkdir()
    (healthy / "dcn2" / "role-counts.yaml").write_text("parameter_defaults: {DistributedComputeCount: 1}\n")

    done = run("--deployment-files", healthy, "-ra", "-q")

    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert len([line for line in skipped if line.endswith("dcn2 has no storage")]) == 1
    assert re.fullmatch(r"SKIPPED \[\d\d\] dcn2 has no storage", skipped[0])


def test_wrong_folder_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    """A folder without deployment files ends the run with one line and exit code 4."""
    done = run("--deployment-files", tmp_path)

    assert done.returncode == 4
    assert done.stderr.strip().startswith(f"ERROR: --deployment-files: {tmp_path} holds no stack's files")
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_environment_file_may_name_the_folder(run_here: Run, healthy: Path, tmp_path: Path) -> None:
    """Without the option, the folder in the environment file is read."""
    file = tmp_path / "environment.yaml"
    sites = {"central": {"central": True, "availability_zone": "nova", "store": "default_backend"}}
    sites["central"] |= {"glance": "http://192.0.2.10:9292", "ceph": {"cluster": "central"}}
    image = {"uri": "http://192.0.2.10:8099/guest.qcow2"}
    declared = {"cloud": "dcn", "image": image, "deployment_files": str(healthy), "sites": sites}
    file.write_text(yaml.safe_dump(declared))

    done = run_here("--collect-only", "-q", f"--environment={file}", "tests/deployment_files")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_files_agree[external_key_is_the_clusters-dcn1]" in done.stdout

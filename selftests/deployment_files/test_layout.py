"""Which file belongs to which stack, what blocks what, and folders that cannot be used."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.tripleo import checks, example, facts, layout
from helpers.tripleo.findings import NotGiven
from helpers.tripleo.layout import NoDeploymentFiles

WriteFiles = Callable[[dict[str, str]], Path]


def test_central_is_known_by_its_controllers(healthy: Path) -> None:
    """A central stack of any name is recognized by what it deploys, and comes first."""
    (healthy / "control-plane").rename(healthy / "zurich")

    files = layout.read(healthy)

    assert (str(files.central), [str(stack) for stack in files.dcn]) == ("zurich", ["dcn0", "dcn1"])
    assert {key for key, found in checks.results(files).items() if found} == set()


def test_controller_at_a_dcn_site_does_not_make_it_central(healthy: Path) -> None:
    """A Controller at a DCN site, the mistake that E5 is about, does not make that stack central."""
    counts = healthy / "dcn0/role-counts.yaml"
    counts.write_text(counts.read_text().replace("ControllerCount: 0", "ControllerCount: 3"))

    assert str(layout.read(healthy).central) == "control-plane"


def test_sites_are_in_natural_order(tmp_path: Path) -> None:
    """dcn10 comes after dcn2."""
    example.write(tmp_path, example.sites(12), deployed=False)

    assert [str(stack) for stack in layout.read(tmp_path).stacks][-3:] == ["dcn9", "dcn10", "dcn11"]


def test_before_deployment_only_what_is_written_is_judged(tmp_path: Path) -> None:
    """Before the deployment, nothing fails for want of config-download's output, and checks that need it say so."""
    example.write(tmp_path, example.sites(2), deployed=False)
    files = layout.read(tmp_path)

    assert [key for key, found in checks.results(files).items() if found] == []
    check = next(check for check in checks.ALL if check.name == "external.wrong_monitors")
    with pytest.raises(NotGiven, match="dcn0 is not deployed yet"):
        check.function(files, files.stack("dcn0"))


def test_site_without_storage_is_not_missed(healthy: Path) -> None:
    """A DCN site with only compute nodes has no storage checks, and central needs no store for it."""
    parameters = "ManageNetworks: false, NovaComputeAvailabilityZone: dcn2, DistributedComputeCount: 2"
    (healthy / "dcn2").mkdir()
    (healthy / "dcn2/az.yaml").write_text(f"parameter_defaults: {{{parameters}}}")

    files = layout.read(healthy)

    assert not facts.has_storage(files.stack("dcn2"))
    assert {key: found for key, found in checks.results(files).items() if found} == {}


def test_order_of_mon_ips_means_nothing(healthy: Path) -> None:
    """Addresses are compared without regard to their order."""
    external = healthy / "central_ceph_external.yaml"
    external.write_text(
        external.read_text().replace("198.18.0.11, 198.18.0.12, 198.18.0.13", "198.18.0.13,198.18.0.11 , 198.18.0.12")
    )

    assert [key for key, found in checks.results(layout.read(healthy)).items() if found] == []


def test_unreadable_central_file_blocks_all_and_is_one_finding(healthy: Path) -> None:
    """A broken file of central is one finding, and nothing is concluded from its absence."""
    (healthy / "control-plane/ceph.yaml").write_text("parameter_defaults: {CephClusterName: [central")

    files = layout.read(healthy)

    assert [name for name, found in files.unreadable.items() if found] == ["control-plane"]
    assert checks.results(files) == {}


def test_unreadable_site_file_blocks_that_site_only(healthy: Path) -> None:
    """An unreadable file of a site does not keep the other sites from being judged."""
    (healthy / "dcn1/az.yaml").write_bytes(b"\xff\xfe\x00")

    files = layout.read(healthy)

    assert {stack for _, stack in checks.results(files)} == {"control-plane", "dcn0"}
    assert files.blocking(files.stack("dcn1"))[0].place.file == "dcn1/az.yaml"


def test_several_documents_in_an_environment_are_refused(healthy: Path) -> None:
    """A second document in an environment file is a finding, because Heat accepts only one."""
    az = healthy / "dcn0/az.yaml"
    az.write_text(f"{az.read_text()}---\nparameter_defaults: {{NovaCrossAZAttach: true}}\n")

    findings = layout.read(healthy).unreadable["dcn0"]

    assert {finding.seen for finding in findings} == {"several documents in one file"}


def test_config_downloads_other_files_are_passed_over(healthy: Path, tmp_path: Path) -> None:
    """Playbooks, templates and other files deep in config-download's folders are not judged."""
    deep = healthy / "dcn0/config-download/roles/some/tasks"
    deep.mkdir(parents=True)
    (deep / "main.yml").write_text("{% if x %}\n- not: [yaml\n")
    (healthy / "dcn0/notes.txt").write_text("parameter_defaults: {CephClusterName: other}")
    os.mkfifo(healthy / "dcn0/pipe.yaml")

    assert layout.read(healthy).unreadable == {}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param({}, "does not exist", id="missing"),
        pytest.param({"notes.yaml": "a: 1"}, "holds no stack's files", id="nothing known"),
        pytest.param({"dcn0/az.yaml": "a: ["}, "cannot be read: dcn0/az.yaml:1", id="nothing readable"),
    ],
)
def test_folder_of_no_use_says_why(files: dict[str, str], says: str, write_files: WriteFiles) -> None:
    """A wrong folder is reported in one line that says what was expected."""
    folder = write_files(files)

    with pytest.raises(NoDeploymentFiles, match=says) as error:
        layout.read(folder)

    assert "\n" not in str(error.value)


def test_many_sites_are_compared(tmp_path: Path) -> None:
    """The files of twelve sites are compared with each other, and nothing is found."""
    example.write(tmp_path, example.sites(12))

    results = checks.results(layout.read(tmp_path))

    assert (len(results) > 500, [key for key, found in results.items() if found]) == (True, [])

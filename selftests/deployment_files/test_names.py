"""Stacks of any name in any folders: the contents of the files show their stack, and which stack is central."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.tripleo import checks, example, facts, layout
from helpers.tripleo.example import ExampleSite

NAMES = st.from_regex(r"[a-h]{2,5}([-_][xyz]|1?[0-9])?", fullmatch=True)
CLUSTERS = st.from_regex(r"[k-p]{5}", fullmatch=True)


@st.composite
def deployments(draw: st.DrawFn) -> list[ExampleSite]:
    """Central and up to three sites. The names of clusters and zones are those of their stacks, or others."""
    names = draw(st.lists(NAMES, min_size=2, max_size=4, unique=True))
    names[0] = draw(st.sampled_from([names[0], "control-plane", "overcloud", "central"]))
    others = draw(st.lists(CLUSTERS, min_size=len(names), max_size=len(names), unique=True))
    sites = []
    for site, name, other in zip(example.sites(len(names) - 1), names, others, strict=True):
        cluster = draw(st.sampled_from(["".join(filter(str.isalnum, name)), other]))
        zone = site.zone if not sites else draw(st.sampled_from([name, cluster, f"az-{name}"]))
        sites.append(replace(site, stack=name, cluster=cluster, zone=zone))
    return sites if len({site.cluster for site in sites}) == len(sites) else draw(deployments())


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sites=deployments(), data=st.data())
def test_stacks_are_told_by_content(
    sites: list[ExampleSite], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Wherever the folders are, each stack has its own files, the right one is central, and nothing is found."""
    written, root = tmp_path_factory.mktemp("written"), tmp_path_factory.mktemp("root")
    central = replace(sites[0], stack="control-plane")
    example.write(written, [central, *sites[1:]], deployed=data.draw(st.booleans()))
    (written / "control-plane").rename(written / sites[0].stack)
    where = root / data.draw(st.sampled_from([".", "templates", "x", "x/y", "home/stack"]))
    regions, apart = data.draw(st.booleans()), data.draw(st.booleans())
    for site in sites:
        left = [path for path in (written / site.stack).iterdir() if path.name in {"ceph-ansible", "inventory.yaml"}]
        (root / "overcloud-deploy" / site.stack).mkdir(parents=True)
        for path in left if apart else ():
            path.rename(root / "overcloud-deploy" / site.stack / path.name)
        target = where / (data.draw(st.sampled_from([".", "emea", "apac"])) if regions and where == root else ".")
        target.mkdir(parents=True, exist_ok=True)
        (written / site.stack).rename(target / site.stack)
    for path in written.iterdir():
        path.rename(where / path.name)

    files = layout.read(root)

    found = {key: str(findings[0]) for key, findings in checks.results(files).items() if findings}
    assert {key: text for key, text in found.items() if not key[0].startswith("advice")} == {}
    assert sorted(map(str, files.stacks)) == sorted(site.stack for site in sites)
    assert (str(files.central), files.unreadable) == (sites[0].stack, {})


def set_of(folder: Path, dcn: int = 1) -> None:
    example.write(folder, example.sites(dcn))


def test_two_sets_side_by_side_are_refused(tmp_path: Path) -> None:
    """Two deployments beside each other are refused. The message names both, and the folder to give."""
    set_of(tmp_path / "lab"), set_of(tmp_path / "production", 2)

    with pytest.raises(layout.NoDeploymentFiles) as refused:
        layout.read(tmp_path)

    assert str(refused.value) == (
        f"{tmp_path} holds several deployments' files: lab/ (control-plane, dcn0); "
        "production/ (control-plane, dcn0, dcn1): give one of these folders"
    )


def test_set_that_lies_deeper_is_passed_over(tmp_path: Path) -> None:
    """The set in the folder itself is judged, and the set in a deeper folder is reported as passed over."""
    set_of(tmp_path), set_of(tmp_path / "git/examples", 2)

    files = layout.read(tmp_path)

    assert [str(stack) for stack in files.stacks] == ["control-plane", "dcn0"]
    assert [(str(f.place), f.seen) for f in files.passed_over] == [
        ("git/examples/", "a second set of files, of control-plane, dcn0, dcn1")
    ]


def test_one_stacks_folder_is_one_too_deep(tmp_path: Path) -> None:
    """If the folder of one stack is given, the message says which folder to give."""
    set_of(tmp_path)

    with pytest.raises(layout.NoDeploymentFiles, match="looks like one stack's own file: give the folder above it"):
        layout.read(tmp_path / "dcn0")


def test_copy_of_a_site_is_no_site(healthy: Path) -> None:
    """A folder with the same names as another is reported as a copy."""
    for path in (healthy / "dcn0").glob("*.yaml"):
        (healthy / "dcn0-new").mkdir(exist_ok=True)
        (healthy / "dcn0-new" / path.name).write_text(path.read_text())

    files = layout.read(healthy)

    assert [str(stack) for stack in files.stacks] == ["control-plane", "dcn0", "dcn1"]
    assert [f.seen for f in files.passed_over] == [
        "a stack dcn0-new, whose files say the same names as those of dcn0: a copy?"
    ]


def test_site_without_its_files_is_no_strangers(healthy: Path) -> None:
    """A folder with the name of one of central's stores is a stack's, even before its own files exist."""
    for name in ("glance_update.yaml", "dcn_ceph_external.yaml"):
        path = healthy / "control-plane" / name
        path.write_text(path.read_text().replace("dcn1", "dcn7"))
    for path in sorted((healthy / "dcn1").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (healthy / "dcn1").rename(healthy / "dcn7")
    (healthy / "dcn7/dcn_roles.yaml").write_text(
        "- name: CephAll\n  ServicesDefault: [OS::TripleO::Services::CephMon]\n"
    )

    files = layout.read(healthy)

    assert [str(stack) for stack in files.stacks] == ["control-plane", "dcn0", "dcn7"]
    assert [key for key, found in checks.results(files).items() if found] == []


def test_compute_nodes_at_the_centre_may_have_a_stack(healthy: Path) -> None:
    """A stack `central` of compute nodes may exist, with a zone that has the name of the control plane's cluster."""
    zones = "ManageNetworks: false, NovaComputeAvailabilityZone: central, ComputeCount: 2"
    (healthy / "central").mkdir()
    (healthy / "central/az.yaml").write_text(f"parameter_defaults: {{{zones}}}\n")

    files = layout.read(healthy)

    assert [str(stack) for stack in files.stacks] == ["control-plane", "central", "dcn0", "dcn1"]
    assert [str(stack) for stack in files.stacks if facts.has_storage(stack)] == ["control-plane", "dcn0", "dcn1"]
    assert [key for key, found in checks.results(files).items() if found] == []


def test_stacks_whose_files_are_not_given_are_nobodys_mistake(healthy: Path) -> None:
    """Central's stores and external clusters may belong to stacks whose files are not given, without a finding."""
    shutil.rmtree(healthy / "dcn1")

    files = layout.read(healthy)

    assert [str(stack) for stack in files.stacks] == ["control-plane", "dcn0"]
    assert [key for key, found in checks.results(files).items() if found] == []


def test_without_central_nothing_is_said_of_its_cluster(healthy: Path) -> None:
    """A missing central stack is one finding of its own, and none of a site."""
    shutil.rmtree(healthy / "control-plane")

    files = layout.read(healthy)

    assert (files.central, [str(stack) for stack in files.dcn]) == (None, ["dcn0", "dcn1"])
    assert [key for key, found in checks.results(files).items() if found] == []

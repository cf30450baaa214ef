"""Custom resources: healthy ones have no finding, and one mistake exactly one, with file and key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.declared import checks
from helpers.declared.sites import Declaration
from helpers.openshift.reading import read
from helpers.tripleo.findings import Finding, listing
from helpers.tripleo.layout import NoDeploymentFiles
from helpers.tripleo.layout import read as read_stacks
from selftests.declared import rhoso
from selftests.declared.edits import Mistake, in_secret, in_text, replacing
from selftests.declared.rhoso_mistakes import MISTAKES, SECRETS, STRAY

KEYS = [*(zone.key for zone in rhoso.ZONES), STRAY]


def declaration(folder: Path) -> Declaration:
    declared = read(folder)
    assert declared is not None
    return Declaration(declared)


def judged(folder: Path) -> dict[tuple[str, str], list[Finding]]:
    return {key: found for key, found in checks.results(declaration(folder)).items() if found}


@pytest.mark.parametrize("make", rhoso.HEALTHY.values(), ids=rhoso.HEALTHY)
def test_healthy_resources_have_no_finding(make: Callable[[Path], None], tmp_path: Path) -> None:
    """In whatever shape and under whatever names they are kept."""
    make(tmp_path)

    found = declaration(tmp_path)

    assert (found.declared.unreadable, judged(tmp_path)) == ((), {})
    assert [site.central for site in found.sites] == [True, *[False] * (len(found.sites) - 1)]


def test_every_check_is_made(tmp_path: Path) -> None:
    """With all files, no check passes because what it compares is missing."""
    rhoso.in_a_folder(tmp_path)
    found = declaration(tmp_path)

    made = set(checks.results(found))

    assert {(check.name, site.name) for check in checks.ALL for site in check.sites(found)} - made == set()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_fails_exactly_its_check(mistake: Mistake, tmp_path: Path) -> None:
    """One wrong value is one finding of one check at one site, with its place, and no key is shown."""
    rhoso.in_a_folder(tmp_path)
    mistake.make(tmp_path)

    found = judged(tmp_path)

    assert {key: len(findings) for key, findings in found.items()} == {(mistake.check, mistake.site): 1}
    text = listing(found[mistake.check, mistake.site])
    assert [said for said in mistake.says if said not in text] == [], text
    assert [key for key in KEYS if key in text] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_is_found_in_answers_too(mistake: Mistake, tmp_path: Path) -> None:
    """What `oc get -o yaml` prints of the same resources has the same finding."""
    rhoso.in_a_folder(tmp_path)
    mistake.make(tmp_path)
    rhoso.ask_for(tmp_path)

    found = judged(tmp_path)

    assert {key: len(findings) for key, findings in found.items()} == {(mistake.check, mistake.site): 1}


def test_every_check_is_provoked() -> None:
    """Every check is made to fail by one of the mistakes."""
    assert {check.name for check in checks.ALL} - {mistake.check for mistake in MISTAKES} == set()


def test_place_is_the_line_of_the_option(tmp_path: Path) -> None:
    """In a literal block, the place is the option's own line; elsewhere, that of the block's key."""
    rhoso.in_a_folder(tmp_path)
    nodes = tmp_path / "az1/nodeset.yaml"
    nodes.write_text(nodes.read_text().replace("cross_az_attach = False", "cross_az_attach = True"))

    ((finding,),) = judged(tmp_path).values()

    line = nodes.read_text().splitlines()[finding.place.line - 1]
    assert line.strip() == "cross_az_attach = True"


def test_conf_of_one_copy_only_is_not_compared_with_itself(tmp_path: Path) -> None:
    """In one Secret, an FSID is compared with the secrets that Cinder and Nova name."""
    rhoso.in_a_folder(tmp_path, one=True)
    in_secret(tmp_path, SECRETS, "ceph-conf-files", "az1.conf", replacing(rhoso.ZONES[1].fsid, rhoso.ZONES[2].fsid))

    assert list(judged(tmp_path)) == [("confs.wrong_fsid", "az1")]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("control-plane.yaml", "[glance_store]", "glance_store]", "neither a section nor option = value"),
        ("control-plane.yaml", "spec:", "spec: [", "not YAML"),
        ("ceph-secrets.yaml", "az1.conf: ", "az1.conf: '%'  # ", "not base64"),
    ],
)
def test_broken_resource_blocks(file: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    """What its reader would refuse is named, and nothing is judged."""
    rhoso.in_a_folder(tmp_path)
    in_text(tmp_path, file, old, new)

    found = declaration(tmp_path)

    assert len(found.declared.unreadable) == 1
    assert says in str(found.declared.unreadable[0])
    assert found.declared.unreadable[0].place.file == file
    assert checks.results(found) == {}


def test_foreign_files_are_ignored(tmp_path: Path) -> None:
    """Broken and unrelated YAML, also other Secrets, is not read."""
    rhoso.in_a_folder(tmp_path)
    (tmp_path / "chart.yaml").write_text("{{- if .Values.x }}\nkind: Secret\n")
    (tmp_path / "other.yaml").write_text("kind: ConfigMap\nmetadata: {name: x}\ndata:\n  my.conf: 'no options'\n")
    (tmp_path / "list.yaml").write_text("kind: PodList\nitems: []\n")

    found = declaration(tmp_path)

    assert (found.declared.unreadable, judged(tmp_path)) == ((), {})


def test_resources_are_no_stacks(tmp_path: Path) -> None:
    """The reader of TripleO's files finds none, and this one finds no resources in theirs."""
    rhoso.in_a_folder(tmp_path / "resources")
    (tmp_path / "stacks/dcn0").mkdir(parents=True)
    (tmp_path / "stacks/dcn0/az.yaml").write_text("parameter_defaults: {ManageNetworks: false}\n")

    with pytest.raises(NoDeploymentFiles):
        read_stacks(tmp_path / "resources")
    assert read(tmp_path / "stacks") is None

"""kolla-ansible's files: healthy ones have no finding, and one mistake exactly one, with file and key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.declared import checks
from helpers.declared.sites import Declaration
from helpers.kolla.reading import read
from helpers.openshift.reading import read as read_resources
from helpers.tripleo import example
from helpers.tripleo.findings import Finding, listing
from helpers.tripleo.layout import NoDeploymentFiles
from helpers.tripleo.layout import read as read_stacks
from selftests.declared import kolla
from selftests.declared.edits import Mistake, in_text
from selftests.declared.kolla_mistakes import CUSTOM, RENDERED, STRAY

KEYS = [STRAY, *(region.key(user) for region in kolla.REGIONS for user in ("glance", "cinder"))]
#: What kolla-ansible has no two values of: its template names the cluster, and all sites share one Glance.
NOT_IN_CUSTOM = {"services.wrong_cluster_name", "services.wrong_store"}
NEVER = {
    "keys.wrong_caps",
    "stores.wrong_endpoint",
    "stores.lists_central",
    "stores.image_conversion",
    "services.wrong_glance",
}


def declaration(folder: Path) -> Declaration:
    declared = read(folder)
    assert declared is not None
    return Declaration(declared)


def judged(folder: Path) -> dict[tuple[str, str], list[Finding]]:
    return {key: found for key, found in checks.results(declaration(folder)).items() if found}


@pytest.mark.parametrize("make", kolla.HEALTHY.values(), ids=kolla.HEALTHY)
def test_healthy_files_have_no_finding(make: Callable[[Path], None], tmp_path: Path) -> None:
    """In whatever shape they are kept."""
    make(tmp_path)

    found = declaration(tmp_path)

    assert (found.declared.unreadable, judged(tmp_path)) == ((), {})
    assert [site.central for site in found.sites] == [True, *[False] * (len(found.sites) - 1)]


@pytest.mark.parametrize(("make", "without"), [(kolla.custom, NOT_IN_CUSTOM), (kolla.rendered, set())])
def test_every_check_is_made(make: Callable[[Path], None], without: set[str], tmp_path: Path) -> None:
    """At one site or more, unless kolla-ansible has nothing of the kind."""
    make(tmp_path)

    made = {name for name, _ in checks.results(declaration(tmp_path))}

    assert {check.name for check in checks.ALL} - made == NEVER | without


@pytest.mark.parametrize(
    ("make", "mistake"),
    [(kolla.custom, mistake) for mistake in CUSTOM] + [(kolla.rendered, mistake) for mistake in RENDERED],
    ids=lambda value: value.name if isinstance(value, Mistake) else value.__name__,
)
def test_mistake_fails_exactly_its_check(make: Callable[[Path], None], mistake: Mistake, tmp_path: Path) -> None:
    """One wrong value is one finding of one check at one site, with its place, and no key is shown."""
    make(tmp_path)
    mistake.make(tmp_path)

    found = judged(tmp_path)

    assert {key: len(findings) for key, findings in found.items()} == {(mistake.check, mistake.site): 1}
    text = listing(found[mistake.check, mistake.site])
    assert [said for said in mistake.says if said not in text] == [], text
    assert [key for key in KEYS if key in text] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("globals.yml", "glance_ceph_backends:", "glance_ceph_backends: [", "not YAML"),
        ("config/nova.conf", "cross_az_attach = false", "cross_az_attach", "neither a section nor option = value"),
        ("config/glance/lyon.conf", "[global]", "[global]\nfsid", "neither a section nor key = value"),
        ("config/glance/lyon.client.glance.keyring", "key =", "ky =", "has no key"),
    ],
)
def test_broken_file_blocks(file: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    """What its reader would refuse is named, and nothing is judged."""
    kolla.custom(tmp_path)
    in_text(tmp_path, file, old, new)

    found = declaration(tmp_path)

    assert [finding.place.file for finding in found.declared.unreadable] == [file]
    assert says in str(found.declared.unreadable[0])
    assert checks.results(found) == {}


def test_foreign_files_are_ignored(tmp_path: Path) -> None:
    """Those of other services, other deployments' globals.yml and broken YAML are not read."""
    kolla.custom(tmp_path)
    (tmp_path / "ansible").mkdir()
    (tmp_path / "ansible/globals.yml").write_text("colour: [red\n")
    (tmp_path / "config/haproxy").mkdir()
    (tmp_path / "config/haproxy/services.conf").write_text("listen x\n  bind *:80\n")
    (tmp_path / "site.yml").write_text("- hosts: {{ all }}\n")

    found = declaration(tmp_path)

    assert (found.declared.unreadable, judged(tmp_path)) == ((), {})


def test_template_is_unknown(tmp_path: Path) -> None:
    """A value that Ansible is to fill in is not judged, nor is a file with statements of a template."""
    kolla.custom(tmp_path)
    in_text(tmp_path, "config/glance/lyon.conf", kolla.REGIONS[1].fsid, "{{ lyon_fsid }}")
    in_text(tmp_path, "config/nova.conf", "[DEFAULT]", "{% if x %}\n[DEFAULT]\n{% endif %}")

    assert judged(tmp_path) == {}


def test_other_files_are_not_kollas(tmp_path: Path) -> None:
    """Files of TripleO are none of kolla-ansible's, whose files are neither stacks nor resources."""
    kolla.both(tmp_path / "kolla")
    example.write(tmp_path / "stacks", example.sites(2))

    with pytest.raises(NoDeploymentFiles):
        read_stacks(tmp_path / "kolla")
    assert read_resources(tmp_path / "kolla") is None
    assert read(tmp_path / "stacks") is None

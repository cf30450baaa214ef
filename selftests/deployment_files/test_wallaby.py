"""A Wallaby deployment has no finding, and one mistake in it exactly one."""

from pathlib import Path

import pytest

from helpers.tripleo import checks, layout
from helpers.tripleo.findings import Finding, listing
from selftests.deployment_files import wallaby
from selftests.deployment_files.mistakes import Mistake, spoil


def judged(folder: Path) -> dict[tuple[str, str], list[Finding]]:
    return {key: found for key, found in checks.results(layout.read(folder)).items() if found}


def test_healthy_files_have_no_finding(tmp_path: Path) -> None:
    """All of it is read, and what only such files have is judged."""
    wallaby.write(tmp_path)

    read = layout.read(tmp_path)

    assert [stack.name for stack in read.stacks] == ["control-plane", "dcn0", "dcn1"]
    assert (dict(read.unreadable), read.passed_over, judged(tmp_path)) == ({}, (), {})
    made = set(checks.results(read))
    rows = ("roles.not_numbers", "roles.ceph_monitors", "external.wrong_key", "external.wrong_monitors", "keys.shared")
    assert {(row, stack.name) for row in rows for stack in read.stacks} - made == set()


def test_central_may_be_updated_by_hand(tmp_path: Path) -> None:
    """A central site whose templates name no other cluster at all is unknown; one that names some is not."""
    wallaby.write(tmp_path)
    glance = tmp_path / "control-plane/glance.yaml"
    glance.write_text(glance.read_text().partition("  GlanceMultistoreConfig")[0])
    assert {name for name, _ in judged(tmp_path)} == {"multistore.central_lists"}

    (tmp_path / "ceph-export-2-stacks.yaml").unlink()

    assert judged(tmp_path) == {}


@pytest.mark.parametrize("mistake", wallaby.MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_fails_exactly_its_check(mistake: Mistake, tmp_path: Path) -> None:
    """One wrong value is one finding of one check at one stack, with its place and both values."""
    wallaby.write(tmp_path)
    place = spoil(tmp_path, mistake)

    found = judged(tmp_path)

    assert {key: len(findings) for key, findings in found.items()} == {(mistake.check, mistake.stack): 1}
    text = listing(found[mistake.check, mistake.stack])
    assert [part for part in (place, *mistake.says) if part not in text] == [], text

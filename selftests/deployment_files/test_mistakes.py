"""Each kind of mistake in one file of a healthy set fails exactly its own check, with the place and the values."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.tripleo import checks
from helpers.tripleo.findings import listing
from selftests.deployment_files.mistakes import KEYS, MISTAKES, STRAY_KEY, Mistake, spoil
from selftests.deployment_files.parts import PARTS, Part, take_out


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_fails_exactly_its_check(mistake: Mistake, healthy: Path, judge: Callable[[], dict]) -> None:
    """One wrong value is one finding of one check at one stack, with its place and both values, and no key."""
    place = spoil(healthy, mistake)

    found = judge()

    assert {key: len(findings) for key, findings in found.items()} == {(mistake.check, mistake.stack): 1}
    text = listing(found[mistake.check, mistake.stack])
    assert [part for part in (place, *mistake.says) if part not in text] == [], text
    assert [key for key in (*KEYS, STRAY_KEY) if key in text or key[8:30] in text] == []


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_missing_part_fails_exactly_its_check(part: Part, healthy: Path, judge: Callable[[], dict]) -> None:
    """Something missing or duplicated is one finding of one check at one stack."""
    take_out(healthy, part)

    found = judge()

    assert {key: len(findings) for key, findings in found.items()} == {(part.check, part.stack): 1}
    text = listing(found[part.check, part.stack])
    assert [said for said in part.says if said not in text] == [], text
    assert [key for key in KEYS if key in text] == []


def test_healthy_files_have_no_finding(judge: Callable[[], dict]) -> None:
    """A consistent set passes every check."""
    assert judge() == {}


def test_every_check_is_provoked() -> None:
    """Every check that can fail is made to fail by one of the mistakes above."""
    provoked = {mistake.check for mistake in MISTAKES} | {part.check for part in PARTS}

    assert {check.name for check in checks.ALL if not check.advice} - provoked == set()

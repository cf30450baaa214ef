"""Files as real operators have them: nothing innocent is blamed, and all that can be compared is compared."""

from pathlib import Path

import pytest

from helpers.tripleo import checks, example, layout
from selftests.deployment_files.inputs import INPUTS, Input


def made(folder: Path) -> set[str]:
    """The checks that are made, each with its stack; they find nothing, and nothing blocks."""
    files = layout.read(folder)
    results = checks.results(files)
    found = [str(finding) for findings in results.values() for finding in findings]
    assert (dict(files.unreadable), dict(files.doubtful), found) == ({}, {}, [])
    return {f"{check} {stack}" for check, stack in results}


@pytest.mark.parametrize("given", INPUTS, ids=lambda given: given.name)
def test_input_is_right(given: Input, tmp_path: Path) -> None:
    """Such files have no finding, and no check is left out but those that nobody could make."""
    example.write(tmp_path, example.sites(2), deployed=given.deployed)
    before = made(tmp_path)
    given.make(tmp_path)

    now = made(tmp_path)

    names = dict(zip(given.stacks, ("control-plane", "dcn0", "dcn1"), strict=True))
    assert tuple(stack.name for stack in layout.read(tmp_path).stacks) == given.stacks
    assert before - {f"{check} {names[stack]}" for check, stack in map(str.split, now)} == set(given.unknown)

"""Files as real operators have them: nothing innocent is blamed, and all that can be compared is compared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.tripleo import checks, example, layout
from helpers.tripleo.findings import Finding
from selftests.deployment_files.inputs import INPUTS, SLIPS, Input, Slip
from selftests.deployment_files.mistakes import STRAY_KEY

Entry = dict[str, Any]


def made(folder: Path) -> set[str]:
    """The checks that are made, each with its stack; they find nothing, and nothing blocks."""
    files = layout.read(folder)
    results = checks.results(files)
    found = [str(finding) for findings in results.values() for finding in findings]
    assert (dict(files.unreadable), dict(files.doubtful), found) == ({}, {}, [])
    return {f"{check} {stack}" for check, stack in results}


def found(folder: Path) -> dict[tuple[str, str], list[Finding]]:
    return {key: findings for key, findings in checks.results(layout.read(folder)).items() if findings}


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


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.given}: {slip.check}")
def test_mistake_in_an_input_is_found(slip: Slip, tmp_path: Path) -> None:
    """What is read in another place, or by another spelling, is judged there: one finding, with both values."""
    (given,) = [given for given in INPUTS if given.name == slip.given]
    example.write(tmp_path, example.sites(2), deployed=given.deployed)
    given.make(tmp_path)
    slip.make(tmp_path)

    results = found(tmp_path)

    assert (slip.check, slip.stack) in results
    text = "\n".join(map(str, results[slip.check, slip.stack]))
    assert [said for said in slip.says if said not in text] == [], text
    assert set(results) - {(slip.check, slip.stack)} == set()


#: What may be wrong in an entry of CephExternalMultiConfig, and the check that says so.
ENTRIES: dict[str, tuple[Callable[[Entry], Any], str]] = {
    "key": (lambda entry: entry["keys"][0].update(key=STRAY_KEY), "external.wrong_key"),
    "monitor": (lambda entry: entry.update(external_cluster_mon_ips="198.18.2.99"), "external.wrong_monitors"),
}


@pytest.mark.parametrize("wrong", ENTRIES.values(), ids=ENTRIES.keys())
@pytest.mark.parametrize("given", [given for given in INPUTS if given.deployed], ids=lambda given: given.name)
def test_wrong_entry_is_found_in_every_input(
    given: Input, wrong: tuple[Callable[[Entry], Any], str], tmp_path: Path
) -> None:
    """However the files are kept and spelt, one wrong value of an external cluster is one finding, of its check."""
    spoil, check = wrong
    example.write(tmp_path, example.sites(2))
    given.make(tmp_path)
    files = [path for path in tmp_path.rglob("*.yaml") if path.is_file()]
    (path,) = [path for path in files if "- cluster: dcn1" in path.read_text(errors="replace")]
    content = yaml.safe_load(path.read_text())
    spoil(content["parameter_defaults"]["CephExternalMultiConfig"][1])
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=200))

    results = found(tmp_path)

    unknown = [f"{check} dcn1"] if f"{check} dcn1" in given.unknown else []
    assert [f"{name} dcn1" for name, stack in results if stack == given.stacks[2]] + unknown == [f"{check} dcn1"]
    assert {stack for _, stack in results} <= {given.stacks[2]}

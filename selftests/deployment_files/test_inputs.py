"""Files of real operators: nothing correct is reported, and all that can be compared is compared."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.tripleo import checks, example, layout
from helpers.tripleo.findings import Finding
from selftests.deployment_files.inputs import INPUTS, MOVED, SLIPS, Input, Slip
from selftests.deployment_files.mistakes import MISTAKES, STRAY_KEY, Mistake, spoil
from selftests.deployment_files.parts import PARTS, Part, take_out

Entry = dict[str, Any]


def made(folder: Path) -> set[str]:
    """The checks that are made, each with its stack. They find nothing, and nothing blocks them."""
    files = layout.read(folder)
    results = checks.results(files)
    found = [str(finding) for findings in results.values() for finding in findings]
    assert (dict(files.unreadable), dict(files.doubtful), found) == ({}, {}, [])
    return {f"{check} {stack}" for check, stack in results}


def found(folder: Path) -> dict[tuple[str, str], list[Finding]]:
    return {key: findings for key, findings in checks.results(layout.read(folder)).items() if findings}


@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one.name)
def test_input_is_right(one: Input, tmp_path: Path) -> None:
    """Such files have no finding, and the only checks left out are those that cannot be made."""
    example.write(tmp_path, example.sites(2), deployed=one.deployed)
    before = made(tmp_path)
    one.make(tmp_path)

    now = made(tmp_path)

    names = dict(zip(one.stacks, ("control-plane", "dcn0", "dcn1"), strict=True))
    assert tuple(stack.name for stack in layout.read(tmp_path).stacks) == one.stacks
    assert before - {f"{check} {names[stack]}" for check, stack in map(str.split, now)} == set(one.unknown)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.given}: {slip.check}")
def test_mistake_in_an_input_is_found(slip: Slip, tmp_path: Path) -> None:
    """A setting in another place or spelling is judged there: one finding, with both values."""
    (one,) = [one for one in INPUTS if one.name == slip.given]
    example.write(tmp_path, example.sites(2), deployed=one.deployed)
    one.make(tmp_path)
    slip.make(tmp_path)

    results = found(tmp_path)

    assert (slip.check, slip.stack) in results
    text = "\n".join(map(str, results[slip.check, slip.stack]))
    assert [said for said in slip.says if said not in text] == [], text
    assert set(results) - {(slip.check, slip.stack)} == set()


#: Mistakes in an entry of CephExternalMultiConfig, and the check that reports each.
ENTRIES: dict[str, tuple[Callable[[Entry], Any], str]] = {
    "key": (lambda entry: entry["keys"][0].update(key=STRAY_KEY), "external.wrong_key"),
    "monitor": (lambda entry: entry.update(external_cluster_mon_ips="198.18.2.99"), "external.wrong_monitors"),
}


@pytest.mark.parametrize("wrong", ENTRIES.values(), ids=ENTRIES.keys())
@pytest.mark.parametrize("one", [one for one in INPUTS if one.deployed], ids=lambda one: one.name)
def test_wrong_entry_is_found_in_every_input(
    one: Input, wrong: tuple[Callable[[Entry], Any], str], tmp_path: Path
) -> None:
    """One wrong value of an external cluster is one finding, of its own check, in every layout and spelling."""
    spoil, check = wrong
    example.write(tmp_path, example.sites(2))
    one.make(tmp_path)
    files = [path for path in tmp_path.rglob("*.yaml") if path.is_file()]
    (path,) = [path for path in files if "- cluster: dcn1" in path.read_text(errors="replace")]
    content = yaml.safe_load(path.read_text())
    spoil(content["parameter_defaults"]["CephExternalMultiConfig"][1])
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=200))

    results = found(tmp_path)

    unknown = [f"{check} dcn1"] if f"{check} dcn1" in one.unknown else []
    assert [f"{name} dcn1" for name, stack in results if stack == one.stacks[2]] + unknown == [f"{check} dcn1"]
    assert {stack for _, stack in results} <= {one.stacks[2]}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(one=st.sampled_from(MOVED), mistake=st.sampled_from([*MISTAKES, *(part for part in PARTS if part.deployed)]))
def test_mistake_is_found_wherever_files_lie(one: Input, mistake: Mistake | Part) -> None:
    """A mistake in files in other places is one finding of the same check, as in the guide's layout."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "files")
        example.write(folder, example.sites(2))
        take_out(folder, mistake) if isinstance(mistake, Part) else spoil(folder, mistake)
        one.make(folder)

        results = found(folder)

    stack = dict(zip(("control-plane", "dcn0", "dcn1"), one.stacks, strict=True))[mistake.stack]
    assert {key: len(findings) for key, findings in results.items()} == {(mistake.check, stack): 1}

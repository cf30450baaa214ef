"""No content of a file raises an exception, and broken content is a finding that names a file of the folder."""

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.tripleo import checks, example, layout
from helpers.tripleo.findings import Finding
from selftests.deployment_files.mistakes import KEYS

BOUNDED = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
FILES = (
    "control-plane/ceph_keys.yaml",
    "control-plane/dcn_ceph_external.yaml",
    "control-plane/glance_update.yaml",
    "central_ceph_external.yaml",
    "dcn0/az.yaml",
    "dcn0/role-counts.yaml",
    "dcn0/inventory.yaml",
    "dcn0/ceph-ansible/group_vars/all.yml",
)
#: A value of any type, and texts that YAML, base64 and IP parsers may fail on.
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["=" * 40, "é" * 40, "[v2:", "::", "0600", "{get_param: x}", "\x00"]),
    st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=3),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Healthy files of two stacks. One file at a time is replaced and restored."""
    folder = tmp_path_factory.mktemp("fuzzed")
    example.write(folder, example.sites(1))
    return folder


def judged(folder: Path, file: str, content: bytes) -> list[Finding]:
    """Every finding in the folder with this content in the file, after general checks of each finding."""
    path = folder / file
    healthy = path.read_bytes()
    try:
        path.write_bytes(content)
        files = layout.read(folder)
        found = [finding for findings in checks.results(files).values() for finding in findings]
        for group in (*files.unreadable.values(), *files.doubtful.values()):
            found += group
    finally:
        path.write_bytes(healthy)
    for finding in found:
        assert (folder / finding.place.file).exists(), finding
        assert not any(key in str(finding) for key in KEYS)
    return found


def paths(node: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from paths(child, (*here, key))


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(node)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return changed


@BOUNDED
@given(file=st.sampled_from(FILES), data=st.data())
def test_any_value_at_any_key(file: str, data: st.DataObject, folder: Path) -> None:
    """Another value of any type at any key raises nothing."""
    content = yaml.safe_load((folder / file).read_text())
    path = data.draw(st.sampled_from(list(paths(content))))
    value = data.draw(VALUES)

    judged(folder, file, json.dumps(replaced(content, path, value), indent=1).encode())


@BOUNDED
@given(file=st.sampled_from(FILES[:6]), data=st.data())
def test_wrong_kind_is_a_finding(file: str, data: st.DataObject, folder: Path) -> None:
    """A list instead of a value or mapping, at any key that matters, is a finding with the file and line."""
    content = yaml.safe_load((folder / file).read_text())
    inner = [path for path in paths(content) if len(path) > 1 and not isinstance(path[-1], int)]
    path = data.draw(st.sampled_from([p for p in inner if p[1] not in {"GlanceEnabledImportMethods"}]))

    found = judged(folder, file, json.dumps(replaced(content, path, [["x"]]), indent=1).encode())

    assert [finding for finding in found if finding.place.file == file and finding.place.line] != []


@BOUNDED
@given(file=st.sampled_from(FILES), content=st.binary(max_size=200))
def test_random_bytes(file: str, content: bytes, folder: Path) -> None:
    """A file of random bytes raises nothing, and a file that is no text is a finding that names it."""
    judged(folder, file, content)

    assert [f.place.file for f in judged(folder, file, b"\xff" + content) if f.place.file == file] == [file]


@BOUNDED
@given(file=st.sampled_from(FILES), part=st.floats(0, 0.95))
def test_truncated_file(file: str, part: float, folder: Path) -> None:
    """A truncated file raises nothing."""
    content = (folder / file).read_bytes()

    judged(folder, file, content[: int(len(content) * part)])


@BOUNDED
@given(text=st.text(alphabet="{}[]:,&*!|>-?#'\"\n\t ab<0%@`", max_size=80))
def test_random_yaml_punctuation(text: str, folder: Path) -> None:
    """Random YAML punctuation raises nothing."""
    judged(folder, "dcn0/az.yaml", f"parameter_defaults: {text}".encode())


@BOUNDED
@given(data=st.data(), deployed=st.booleans())
def test_any_files_missing(data: st.DataObject, deployed: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    """If any files of a set are missing, the only exception is that there is no stack."""
    folder = tmp_path_factory.mktemp("part")
    example.write(folder, example.sites(2), deployed=deployed)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in data.draw(st.lists(st.sampled_from(files), unique=True)):
        path.unlink()

    with contextlib.suppress(layout.NoDeploymentFiles):
        checks.results(layout.read(folder))

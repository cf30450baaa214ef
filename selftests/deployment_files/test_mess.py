"""Whatever else a home directory contains, it changes no finding, hides none, and is read within limits."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.discovery import outline
from helpers.tripleo import checks, example, layout, walk
from helpers.tripleo.findings import listing
from selftests.deployment_files.mess import HOME, JUNK, strew
from selftests.deployment_files.mistakes import MISTAKES, Mistake, spoil
from selftests.deployment_files.parts import PARTS, Part, take_out


def judgement(folder: Path) -> tuple[Any, ...]:
    """Everything that is concluded from a folder: the checks and their findings, what blocks, and the sites."""
    files = layout.read(folder)
    found = {key: list(map(str, findings)) for key, findings in checks.results(files).items()}
    sites = [(site.name, site.machines, site.zone, site.cluster, site.client) for site in outline.from_files(files)]
    return found, dict(files.unreadable), dict(files.doubtful), sites


@pytest.fixture(scope="session")
def right(original: Path) -> tuple[Any, ...]:
    """What is concluded from the healthy files alone."""
    found = judgement(original)
    assert [key for key, findings in found[0].items() if findings] == []
    return found


@pytest.mark.parametrize("put", JUNK.values(), ids=JUNK.keys())
def test_junk_changes_nothing(put: Callable[[Path], None], healthy: Path, right: tuple[Any, ...]) -> None:
    """A file that is no deployment file does not block, fail or become part of a site, whatever its folder."""
    for where in (".", "dcn0", "dcn1/ceph-ansible", "elsewhere/deep"):
        (healthy / where).mkdir(parents=True, exist_ok=True)
        put(healthy / where)

    assert judgement(healthy) == right


@pytest.mark.parametrize("put", HOME.values(), ids=HOME.keys())
def test_home_changes_nothing(put: Callable[[Path], None], healthy: Path, right: tuple[Any, ...]) -> None:
    """Templates, the director's own files and other deployments are not part of this deployment."""
    put(healthy)

    assert judgement(healthy) == right


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_strewn_junk_changes_nothing(
    data: st.DataObject, original: Path, right: tuple[Any, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All of it together, and files with any bytes under any names, change no finding."""
    folder = Path(shutil.copytree(original, tmp_path_factory.mktemp("strewn") / "files"))
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir()), folder / "a/b/c"]
    for put in data.draw(st.lists(st.sampled_from([*JUNK.values()]), max_size=6, unique=True)):
        where = data.draw(st.sampled_from(folders))
        where.mkdir(parents=True, exist_ok=True)
        put(where)
    for put in data.draw(st.lists(st.sampled_from([*HOME.values()]), max_size=3, unique=True)):
        put(folder)
    stems = st.text(alphabet="abcXYZ019._- ()äé%\n\u202e", min_size=1, max_size=12).filter(
        lambda stem: stem.strip(". ")
    )
    for number in range(data.draw(st.integers(0, 4))):
        where, stem = data.draw(st.sampled_from(folders)), data.draw(stems)
        where.mkdir(parents=True, exist_ok=True)
        suffix = data.draw(st.sampled_from([".yaml", ".yml", ".json", ""]))
        (where / f"x{number}{stem}{suffix}").write_bytes(data.draw(st.binary(max_size=60)))

    assert judgement(folder) == right


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_is_found_in_a_home(mistake: Mistake, healthy: Path, judge: Callable[[], dict]) -> None:
    """With everything else around it, each mistake is the same single finding."""
    place = spoil(healthy, mistake)
    strew(healthy)

    found = judge()

    assert {key: len(findings) for key, findings in found.items()} == {(mistake.check, mistake.stack): 1}
    text = listing(found[mistake.check, mistake.stack])
    assert [part for part in (place, *mistake.says) if part not in text] == [], text


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_missing_part_is_found_in_a_home(part: Part, healthy: Path, judge: Callable[[], dict]) -> None:
    """A missing part is found with everything else around it."""
    take_out(healthy, part)
    strew(healthy)

    found = judge()

    assert {key: len(findings) for key, findings in found.items()} == {(part.check, part.stack): 1}
    text = listing(found[part.check, part.stack])
    assert [said for said in part.says if said not in text] == [], text


def test_broken_file_blocks_in_a_home(healthy: Path) -> None:
    """A broken file of a stack is found, and blocks that stack alone."""
    (healthy / "dcn1/az.yaml").write_text("parameter_defaults: {ManageNetworks: [false")
    strew(healthy)

    files = layout.read(healthy)

    assert {name: [str(finding.place) for finding in found] for name, found in files.unreadable.items()} == {
        "dcn1": ["dcn1/az.yaml:1"]
    }


def test_own_environment_blocks_by_its_settings(healthy: Path) -> None:
    """A broken file of any name with a setting that the checks read belongs to the stack, and blocks it."""
    (healthy / "dcn0/az.yaml").rename(healthy / "dcn0/our-site.yaml")
    (healthy / "dcn0/our-site.yaml").write_text("parameter_defaults:\n  CinderVolumeCluster: dcn0\n  x: [\n")

    assert list(layout.read(healthy).unreadable) == ["dcn0"]


@pytest.mark.parametrize(
    ("limit", "value", "says"),
    [
        ("MAX_NAMES", 12, "more than 12 names"),
        ("MAX_READ", 2_000, "more than 2000 bytes of deployment files"),
        ("MAX_SEARCHED", 2_000, "more than 2000 bytes of YAML and JSON"),
    ],
)
def test_limits_are_said(limit: str, value: int, says: str, healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If there is too much to read, that is reported, and nothing that was not read is called missing."""
    monkeypatch.setattr(walk, limit, value)

    files = layout.read(healthy)

    assert [finding.seen for finding in files.passed_over if says in finding.seen] != []
    assert [(key, str(found[0])) for key, found in checks.results(files).items() if found] == []


def test_folder_that_cannot_be_read_is_said(healthy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that this user may not read is passed over and named, and the rest is judged."""
    (healthy / "private").mkdir()
    scandir = os.scandir

    def refusing(path: Path) -> Any:
        if Path(path).name == "private":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)

    files = layout.read(healthy)

    assert [(str(f.place), f.seen) for f in files.passed_over] == [
        ("private/", "a folder that cannot be read: Permission denied")
    ]
    assert [key for key, found in checks.results(files).items() if found] == []


def test_link_that_leads_out_is_followed(tmp_path: Path) -> None:
    """The folder of a stack may be a link to another place, such as the clone of a repository."""
    home, kept = tmp_path / "home", tmp_path / "repository"
    example.write(home, example.sites(1))
    (home / "dcn0").rename(kept)
    (home / "dcn0").symlink_to(kept)

    files = layout.read(home)

    assert [str(stack) for stack in files.stacks] == ["control-plane", "dcn0"]
    assert [key for key, found in checks.results(files).items() if found] == []

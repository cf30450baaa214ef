"""The documentation describes what the code names, and what the pages name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.hooks import claims as claims_hook
from docs.hooks import dependencies, environment_file
from docs.hooks import summary as summary_hook
from faults.catalogue import FAULTS, Fault
from faults.catalogue.sources import Place, places
from helpers.reports.claims import CLAIMS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
NOTE = '!!! warning "Not verified yet"\n'


def page(name: str) -> str:
    return (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")


def anchors(name: str) -> list[str]:
    """The anchors that are written on the page."""
    return [one or other for one, other in re.findall(r'\{#([\w-]+)\}|<a id="([\w-]+)">', page(name))]


# --- claims, faults and known failures


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_has_its_place(claim: str):
    assert anchors("claims").count(claim) == 1


def test_what_is_not_verified_is_marked():
    """Of the claims about deployments, exactly those without a check carry the note."""
    _, *sections = re.split(r"^#{2,3} .*\{#([A-F]\d+)\}$|^## .*$", page("claims"), flags=re.MULTILINE)
    of_claim = {claim: text for claim, text in zip(sections[::2], sections[1::2], strict=True) if claim}
    marked = {claim for claim, text in of_claim.items() if NOTE in text and claim[0] != "F"}

    assert marked == {claim for claim in of_claim if claim[0] != "F"} - CLAIMS.keys()


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim != "F5"])
def test_what_counts_as_verified_has_a_check(claim: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)

    assert claims_hook.checking_files().get(claim, []) != []


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_source_leads_to_its_place(fault: Fault):
    """The anchor of a claim or known failure exists, and a bug of Launchpad is among the known failures."""
    missing = [place for place in places(fault.source) if not is_there(place)]

    assert missing == []


def is_there(place: Place) -> bool:
    return place.anchor in anchors(place.page) if place.page else str(place) in page("known-failures")


def test_every_known_failure_has_its_place():
    """The numbers of known failures are contiguous and unique, because sources cite them."""
    numbers = [int(anchor) for anchor in anchors("known-failures") if anchor.isdigit()]

    assert sorted(numbers) == list(range(1, max(numbers) + 1))


@pytest.mark.parametrize("wrong", ["SPEC", "README 3", "LP12", "claims A8,LP1886374", ""])
def test_a_source_that_nobody_could_look_up_is_refused(wrong: str):
    with pytest.raises(ValueError, match="is no source"):
        list(places(wrong))


# --- keys, options and paths


def test_every_key_of_the_environment_file_is_described(monkeypatch: pytest.MonkeyPatch):
    """Every key of the environment file has a description: a key without one raises KeyError."""
    monkeypatch.chdir(ROOT)
    text = "\n".join(environment_file.tables())

    assert '<a id="sites.SITE.nodes.NODE.roles"></a>`roles`' in text
    assert "Example: `deadline: 60`" in text


def test_every_key_of_the_summary_is_described():
    """A key without a docstring raises KeyError."""
    text = "\n".join(summary_hook.tables())

    assert '<a id="Failure.reproduce"></a>`reproduce` | list: text |' in text
    assert '<a id="Summary.outcomes"></a>`outcomes` | object: one of `passed`, ' in text


def test_the_published_schema_is_that_of_the_summary():
    """Where it is not, `python -m docs.hooks.summary` writes it anew."""
    assert summary_hook.FILE.read_text(encoding="utf-8") == summary_hook.text()


def test_every_option_is_described():
    """The page of the command line describes every option that the fixtures add to pytest."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "fixtures").rglob("*.py")]
    options = {option for source in sources for option in re.findall(r'addoption\(\s*"(--[\w-]+)"', source)}

    assert options - set(re.findall(r"`(--[\w-]+)[ `]", page("command-line"))) == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_are_there(path: Path):
    """The files and directories of the project that a page names exist."""
    top = "tests|fixtures|helpers|faults|lab|simulator|selftests|benchmarks|docs|environments"
    named = set(
        re.findall(
            rf"(?<![\w/.~-])((?:{top})/[\w./-]*\w\.(?:py|md|yaml|json)|(?:{top})/(?:[\w-]+/)*)(?=[`\s,;:)])",
            path.read_text(),
        )
    )
    missing = {name for name in named if not (ROOT / name).exists()}

    assert missing == set()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_outside_the_pages_lead_somewhere(name: str):
    """Links in README.md and CONTRIBUTING.md lead to existing files. MkDocs checks the links between the pages."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))

    assert [link for link in links if not (ROOT / link).exists()] == []


# --- dependencies


def test_every_pinned_package_has_hashes_and_a_licence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    entries = re.split(r"\n(?=\S)", dependencies.LOCK.read_text(encoding="utf-8").partition("\n")[2])

    assert len(entries) == len(dependencies.pinned()) > 50
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert [package for package in dependencies.pinned() if not dependencies.licence(package)] == []

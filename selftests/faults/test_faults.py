"""The catalogue of faults."""

import re
from collections import Counter

import pytest

from faults.catalogue import FAULTS, Fault, UnknownFault, find
from helpers.reports.claims import CLAIMS

#: A19 needs a site without storage; E is proven by the broken files in selftests/deployment_files
ROWS = [
    *(f"A{number}" for number in (*range(1, 19), 20, 22, 23)),
    *(f"B{number}" for number in range(1, 11)),
    *(f"C{number}" for number in range(1, 11)),
    *(f"D{number}" for number in range(1, 7)),
    "F5",
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_complete(fault: Fault):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fault.name)
    assert fault.title == fault.title.strip(" .")
    assert "\n" not in fault.title
    assert fault.must != frozenset()
    assert fault.must | fault.may <= CLAIMS.keys()
    assert fault.must & fault.may == frozenset()


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.read_only], ids=str)
def test_what_is_looked_for_read_only_is_found_so(fault: Fault):
    """Only faults of topology and configuration are detected without creating anything."""
    assert {claim[0] for claim in fault.must} == {"A"}


def test_names_are_unique():
    assert [name for name, count in Counter(fault.name for fault in FAULTS).items() if count > 1] == []


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_fault_that_it_must_catch(row: str):
    assert [fault.name for fault in FAULTS if row in fault.must] != []


def test_find_by_name():
    assert find("copy-never-arrives").must == {"B3"}


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("central-conf", "central-conf-missing"), ("copy-never-arives", "copy-never-arrives"), ("keyring", "keyring")],
)
def test_an_unknown_name_is_answered_with_near_ones(wrong: str, near: str):
    with pytest.raises(UnknownFault, match=f"no fault '{wrong}'; near: .*{near}"):
        find(wrong)


def test_a_name_near_to_none_says_how_many_there_are():
    with pytest.raises(UnknownFault, match=f"there are {len(FAULTS)}"):
        find("zzz")

"""What has changed since earlier runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.outcomes import Outcome
from helpers.reports import summary as summary_file
from helpers.reports.history import Earlier, changes, earlier_runs, in_lines
from helpers.reports.matrix import matrix
from helpers.reports.summary import VERSION, Change, Check, Summary

SITES = ("central", "dcn0", "dcn1")


def seen(**outcomes: Outcome) -> tuple[Check, ...]:
    """Checks of claim B3: site → outcome; `everywhere`: of no site."""
    return tuple(
        Check("B3", None if site == "everywhere" else site, f"t[{site}]", outcome, None, 0.1)
        for site, outcome in outcomes.items()
    )


def run(day: int, **outcomes: Outcome) -> Earlier:
    return Earlier(f"202511{day}-220000-abcdef", f"2025-11-{day}T22:00:00Z", matrix(seen(**outcomes), SITES))


def since(earlier: list[Earlier], **now: Outcome) -> list[Change]:
    return changes(matrix(seen(**now), SITES), earlier)


def test_a_failure_is_new_where_it_passed_when_it_was_looked_at_last():
    earlier = [run(20, dcn0="passed", dcn1="passed"), run(21, dcn0="passed")]

    assert since(earlier, dcn0="passed", dcn1="failed") == [Change("new", "B3", "dcn1", "2025-11-20T22:00:00Z", 1)]


def test_what_nobody_had_looked_at_is_not_new():
    assert since([run(20, dcn0="passed")], dcn1="failed") == []
    assert since([], dcn1="failed") == []


def test_a_failure_that_goes_on_is_told_since_its_first_run():
    earlier = [run(19, dcn1="failed"), run(20, dcn1="passed"), run(21, dcn1="unknown"), run(22, dcn1="failed")]

    assert since(earlier, dcn1="failed") == [Change("still", "B3", "dcn1", "2025-11-21T22:00:00Z", 3)]


def test_what_passes_again_is_mended():
    assert since([run(20, dcn1="failed")], dcn1="passed") == [Change("fixed", "B3", "dcn1", "2025-11-20T22:00:00Z", 1)]


@pytest.mark.parametrize("outcome", ["blocked", "skipped"])
def test_what_was_not_tried_says_nothing(outcome: Outcome):
    assert since([run(20, dcn1="passed"), run(21, dcn1=outcome)], dcn1="failed")[0].since == "2025-11-20T22:00:00Z"
    assert since([run(20, dcn1="passed")], dcn1=outcome) == []


def test_lines_join_what_is_alike_and_begin_with_what_is_new():
    found = [
        Change("fixed", "A16", "dcn0", "2025-11-20T22:00:00Z", 1),
        Change("new", "B3", "dcn0", "2025-11-20T22:00:00Z", 1),
        Change("new", "B3", "dcn1", "2025-11-20T22:00:00Z", 1),
        Change("still", "B2", "all", "2025-11-19T22:00:00Z", 4),
    ]

    assert in_lines(found) == [
        ("new", "B3 at dcn0, dcn1 (passed 2025-11-20 22:00)"),
        ("still", "B2 (since 2025-11-19 22:00, 4 runs)"),
        ("fixed", "A16 at dcn0 (did not pass 2025-11-20 22:00)"),
    ]


SUMMARY = Summary(VERSION, "20251123-220000-abcdef", "lab.yaml", "2025-11-23T22:00:00Z", 1.0, 1.0, SITES, {}, ())


def write(reports: Path, name: str, **changed: object) -> None:
    (reports / name).mkdir()
    summary_file.write(replace(SUMMARY, **changed), reports / name / "summary.json")  # type: ignore[arg-type]


def test_runs_of_another_selection_do_not_count(tmp_path: Path):
    """A failure is new after any number of runs that did not look, and those are no part of the history."""
    write(tmp_path, "20251101-220000-abcdef", started="2025-11-01T22:00:00Z", checks=seen(dcn1="passed"))
    for minute in range(20):
        write(tmp_path, f"20251102-22{minute:02}00-abcdef", checks=seen(dcn0="passed"))
        write(tmp_path, f"20251103-22{minute:02}00-abcdef", checks=seen(dcn1="blocked"))
    now = replace(SUMMARY, checks=seen(dcn1="failed"))

    earlier = earlier_runs(tmp_path, now).runs

    assert [one.folder for one in earlier] == ["20251101-220000-abcdef"]
    assert [change.kind for change in changes(matrix(now.checks, SITES), earlier)] == ["new"]


def test_each_claim_at_each_site_has_its_own_history(tmp_path: Path):
    """Of each the last runs that judged it are looked at, and no more."""
    for day in range(1, 9):
        name = f"2025110{day}-220000-abcdef"
        write(tmp_path, name, checks=seen(dcn0="passed") if day % 4 else seen(dcn0="passed", dcn1="failed"))
    now = replace(SUMMARY, checks=seen(dcn0="failed", dcn1="failed"))

    days = [int(one.folder[6:8]) for one in earlier_runs(tmp_path, now, most=2).runs]

    assert days == [4, 7, 8]


def test_earlier_runs_are_those_of_this_environment(tmp_path: Path):
    write(tmp_path, "20251120-220000-abcdef", started="2025-11-20T22:00:00Z", checks=seen(dcn1="failed"))
    write(tmp_path, "20251121-220000-abcdef", environment="another.yaml")
    write(tmp_path, "20251122-220000-abcdef", started="2025-11-22T22:00:00Z", checks=seen(dcn1="passed"))
    write(tmp_path, SUMMARY.run_id)
    write(tmp_path, "20251124-220000-abcdef")
    (tmp_path / "latest").symlink_to(SUMMARY.run_id)

    now = replace(SUMMARY, checks=seen(dcn1="failed"))
    found = earlier_runs(tmp_path, now).runs

    assert [(one.folder, one.when) for one in found] == [
        ("20251120-220000-abcdef", "11-20 22:00"),
        ("20251122-220000-abcdef", "11-22 22:00"),
    ]
    assert [one.cells("B3") for one in found] == [{"dcn1": "failed"}, {"dcn1": "passed"}]
    assert [one.folder for one in earlier_runs(tmp_path, now, most=1).runs] == ["20251122-220000-abcdef"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            '{"version": 1, "environment": "lab.yaml", "che',
            "Invalid JSON: EOF while parsing a string at",
        ),
        ('{"run_id": "20251119-220000-abcdef", "checks": []}', "it has no version, as those of an older dcn-verify"),
        ('{"version": 2}', "its version is '2'; this dcn-verify reads version 1"),
        ('[{"name": "of another tool"}]', "Input should be an object"),
        ('{"version": 1}', "run_id: Field required"),
        ("\udcff", "Invalid JSON: "),
        (None, "no regular file"),
    ],
    ids=["damaged", "older", "newer", "foreign", "partial", "bytes", "folder"],
)
def test_what_cannot_be_read_is_told_in_a_line_and_stops_nothing(content: str | None, why: str, tmp_path: Path):
    """The line names the file; the other runs are compared with all the same."""
    write(tmp_path, "20251118-220000-abcdef", checks=seen(dcn1="passed"))
    file = tmp_path / "20251119-220000-abcdef" / "summary.json"
    file.parent.mkdir()
    file.mkdir() if content is None else file.write_bytes(content.encode(errors="surrogateescape"))

    found = earlier_runs(tmp_path, replace(SUMMARY, checks=seen(dcn1="failed")))

    assert [one.folder for one in found.runs] == ["20251118-220000-abcdef"]
    assert len(found.unread) == 1
    assert found.unread[0].startswith(f"{file}: {why}")
    assert "\n" not in found.unread[0]

"""What reports say, worked out from verdicts alone."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from helpers.engine.results import StageResult
from helpers.outcomes import Outcome
from helpers.redact import redacted
from helpers.reports.causes import causes
from helpers.reports.matrix import Row, matrix, shortened
from helpers.reports.summary import VERSION, Check, Skip, Summary
from helpers.reports.verdicts import Verdict, checks, count, skips, with_stage_time
from helpers.runs.leak import Leak

COPY = Verdict(
    "fixtures/stages/images.py::copied_image[dcn1]", "failed", ("B3",), ("dcn1",), stage="copied_image[dcn1]"
)


def verdict(name: str, outcome: Outcome, *claims: str, site: str | None = None, cause: str | None = None) -> Verdict:
    return Verdict(f"tests/test_x.py::{name}", outcome, claims, (site,) if site else (), cause=cause)


def summary(*verdicts: Verdict, leaks: tuple[Leak, ...] = ()) -> Summary:
    return Summary(
        version=VERSION,
        run_id="20251122-190000-abcdef",
        environment="environment.yaml",
        started="2025-11-22T19:00:00Z",
        wall_s=61.5,
        longest_chain_s=41.0,
        sites=("central", "dcn0", "dcn1"),
        outcomes=count(verdicts),
        checks=checks(verdicts),
        leaks=leaks,
    )


def test_outcomes_count_tests_and_name_those_that_did_not_occur() -> None:
    counted = count([COPY, verdict("test_a", "passed", "B1", "B2")])

    assert counted == {"passed": 1, "failed": 1, "blocked": 0, "unknown": 0, "skipped": 0}


def test_checks_are_one_per_claim_and_site_in_the_specifications_order() -> None:
    pair = replace(verdict("test_pair", "passed", "B10", "A11"), sites=("central", "dcn0"))

    found = [(check.claim, check.site) for check in checks([verdict("test_none", "passed"), pair])]

    assert found == [("A11", "central"), ("A11", "dcn0"), ("B10", "central"), ("B10", "dcn0"), (None, None)]


def test_a_failed_checks_cause_is_the_beginning_of_its_message() -> None:
    failed = replace(COPY, message="expected active\nseen queued")

    assert checks([failed]) == (
        Check(
            "B3", "dcn1", "fixtures/stages/images.py::copied_image[dcn1]", "failed", "expected active; seen queued", 0.0
        ),
    )


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["passed", "failed", "unknown"], "failed"),
        (["passed", "unknown", "blocked"], "unknown"),
        (["passed", "blocked"], "blocked"),
        (["skipped", "passed"], "passed"),
        (["skipped"], "skipped"),
    ],
    ids=str,
)
def test_a_cell_is_the_worst_of_its_checks(outcomes: list[Outcome], expected: Outcome) -> None:
    [row] = matrix(
        checks([verdict(f"test_{outcome}", outcome, "B3", site="dcn1") for outcome in outcomes]), ["dcn1"]
    ).rows

    assert row == Row("B3", row.title, {"dcn1": expected})


def test_matrix_has_the_used_columns_in_the_environments_order() -> None:
    found = matrix(
        checks(
            [
                verdict("test_a", "passed", "B3", site="dcn1"),
                verdict("test_b", "passed", "A1", site="central"),
                verdict("test_c", "passed", "B1"),
            ]
        ),
        ["central", "dcn0", "dcn1"],
    )

    assert found.columns == ("central", "dcn1", "all")
    assert [(row.claim, list(row.cells)) for row in found.rows] == [
        ("A1", ["central"]),
        ("B1", ["all"]),
        ("B3", ["dcn1"]),
    ]


def test_a_cause_names_what_it_blocks_claims_first() -> None:
    blocked = [
        verdict(f"test_{claim}[{site}]", "blocked", claim, site=site, cause=COPY.stage)
        for site in ("dcn0", "dcn1")
        for claim in ("B4", "B5")
    ]

    [cause] = causes([*blocked, COPY])

    assert cause.verdict == COPY
    assert cause.blocked == ["B4 B5 at dcn0, dcn1"]
    assert cause.blocked_count == 4


def test_failures_come_before_unknowns() -> None:
    found = causes([verdict("test_a", "unknown", "A1"), COPY])

    assert [cause.verdict.outcome for cause in found] == ["failed", "unknown"]


def test_a_cause_whose_own_line_is_missing_is_told_by_its_result() -> None:
    blocked = verdict("test_a", "blocked", "B4", cause="copied_image[dcn1]")
    result = StageResult("copied_image[dcn1]", "unknown", error="no answer", reproduce=("ssh node true",))

    [cause] = causes([blocked], [result])

    assert cause.verdict.outcome == "unknown"
    assert (cause.verdict.message, cause.verdict.reproduce) == ("no answer", ("ssh node true",))


def test_a_stage_takes_the_time_that_it_took_itself() -> None:
    results = {"copied_image[dcn1]": StageResult("copied_image[dcn1]", "failed", seconds=12.5)}

    assert with_stage_time(COPY, results).seconds == 12.5
    assert with_stage_time(verdict("test_a", "passed"), results).seconds == 0.0


LEAK = Leak("image", "dcn-verify.x.guest", "8083", "still there", "openstack image delete 8083")


@pytest.mark.parametrize(
    ("shown", "good"),
    [
        (summary(verdict("a", "passed"), verdict("b", "skipped")), True),
        (summary(verdict("a", "passed"), leaks=(LEAK,)), False),
        (summary(COPY), False),
        (summary(verdict("a", "blocked")), False),
        (summary(verdict("a", "unknown")), False),
        (replace(summary(verdict("a", "passed")), interrupted=True), False),
    ],
    ids=["passed", "leak", "failed", "blocked", "unknown", "interrupted"],
)
def test_good_is_a_run_without_any_fault(shown: Summary, good: bool) -> None:
    assert shown.good is good


def test_names_are_shortened() -> None:
    assert shortened(["a", "b"], 2) == "a, b"
    assert shortened(["a", "b", "c"], 2) == "a, b and 1 more"


def test_secrets_are_hidden_however_deep_they_are() -> None:
    key = "AQBGrdZpAAAAABAAkMWyOjJyv8SskFrAiVTr6g=="

    assert redacted({"a": [f"key: {key}", (key, 1)]}) == {"a": ["key: ***", ("***", 1)]}
    assert key not in str(redacted(asdict(summary(replace(COPY, message=key)))))


def test_what_is_skipped_alike_is_told_once():
    """Each reason once, with the tests that were skipped for it, in their order."""
    skipped = [
        replace(verdict(test, "skipped"), message=reason)
        for test, reason in (
            ("a[dcn2]", "dcn2 has no storage"),
            ("b", "none"),
            ("c[dcn2]", "dcn2 has no storage"),
        )
    ]

    assert skips([*skipped, verdict("d", "passed")]) == (
        Skip("dcn2 has no storage", ("a[dcn2]", "c[dcn2]")),
        Skip("none", ("b",)),
    )

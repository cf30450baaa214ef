"""The HTML page of a run."""

from __future__ import annotations

from dataclasses import replace

from helpers.engine.results import StageResult
from helpers.reports.causes import causes
from helpers.reports.history import Earlier
from helpers.reports.matrix import matrix
from helpers.reports.page import Bar, Page, timeline
from helpers.reports.summary import VERSION, Change, Skip, Summary
from helpers.reports.verdicts import Verdict, checks, count

SITES = ("central", "dcn0", "dcn1")
COPY = Verdict(
    "fixtures/stages/images.py::copied_image[dcn1]", "failed", ("B3",), ("dcn1",), stage="copied_image[dcn1]"
)


def passed(claim: str, site: str) -> Verdict:
    return Verdict(f"tests/test_x.py::test_{claim}[{site}]", "passed", (claim,), (site,))


def summary(*verdicts: Verdict) -> Summary:
    return Summary(
        version=VERSION,
        run_id="20251122-190000-abcdef",
        environment="environment.yaml",
        started="2025-11-22T19:00:00Z",
        wall_s=61.5,
        longest_chain_s=41.0,
        sites=SITES,
        outcomes=count(verdicts),
        checks=checks(verdicts),
    )


def test_timeline_is_in_percent_of_the_whole_and_leaves_out_what_never_ran() -> None:
    bars = timeline(
        [
            StageResult("second", "failed", started=1010.0, seconds=10.0),
            StageResult("first", "passed", started=1000.0, seconds=5.0),
            StageResult("third", "blocked"),
        ]
    )

    assert bars == [
        Bar("first", "passed", 0.0, 5.0, 0.0, 25.0),
        Bar("second", "failed", 10.0, 10.0, 50.0, 50.0),
    ]


def test_the_page_escapes_what_the_cloud_says() -> None:
    failed = replace(COPY, message="<script>alert(1)</script>", reproduce=("rbd ls 'a<b'",))

    page = Page(summary(failed), causes([failed]), timeline([])).render()

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_of_a_hundred_sites_is_below_two_megabytes() -> None:
    sites = tuple(f"dcn{number}" for number in range(100))
    verdicts = [passed(c, s) for c in ("A1", "A8", "B3", "B4", "B5") for s in sites]

    page = Page(replace(summary(*verdicts), sites=sites), (), ()).render()

    assert 'class="matrix many"' in page
    assert len(page) < 2_000_000


def test_the_page_leads_to_earlier_runs_and_says_what_has_changed() -> None:
    before = Earlier("20251121-190000-abcdef", "2025-11-21T19:00:00Z", matrix(checks([passed("B3", "dcn1")]), SITES))
    now = replace(summary(COPY), changes=(Change("new", "B3", "dcn1", before.started, 1),))

    page = Page(now, (), (), (before,)).render()

    assert '<a href="../20251121-190000-abcdef/index.html">11-21 19:00</a>' in page
    assert "B3 at dcn1 (passed 2025-11-21 19:00)" in page
    assert 'title="B3: passed at dcn1"' in page
    assert 'title="B3: failed at dcn1"' in page
    assert "Earlier runs" not in Page(now, (), ()).render()


def test_what_is_skipped_alike_is_one_line() -> None:
    """A reason stands once, with the number of tests and, below it, their names."""
    now = replace(summary(), skipped=(Skip("dcn2 has no storage", ("test_a[dcn2]", "test_b[dcn2]")),))

    page = Page(now, (), ()).render()

    assert "<summary>2 skipped: dcn2 has no storage</summary>" in page
    assert page.count("dcn2 has no storage") == 1

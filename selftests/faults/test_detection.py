"""How the detection matrix judges runs of the acceptance suite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from faults.catalogue import Fault, find
from faults.detection.document import document
from faults.detection.results import Observation, Published, Results, publish, published
from faults.detection.seen import Failing, Seen, seen_in
from faults.detection.tables import matrix
from faults.detection.verdicts import judge
from helpers.outcomes import Outcome
from helpers.preflight.results import Probed
from helpers.reports.summary import VERSION, Check, Failure, Summary
from helpers.runs.leak import Leak

FAULT = Fault("a-fault", "something is wrong", "claims A8", "dcn", frozenset({"A8"}), frozenset({"B3"}))


def seen(*failing: tuple[str, str | None], **more: Any) -> Seen:
    return Seen(1, tuple(Failing(claim, site, "said") for claim, site in failing), run="r", **more)


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (seen(("A8", "dcn1")), "caught"),
        (seen(("A8", None)), "caught"),
        (seen(("A8", "dcn1"), ("B3", "dcn1")), "caught"),
        (seen(("A8", "dcn1"), blocked=frozenset({"B4"}), unknown=frozenset({"A16"})), "caught"),
        (seen(), "missed"),
        (seen(("A8", "dcn0")), "missed"),
        (seen(unknown=frozenset({"A8"})), "missed"),
        (seen(("A8", "dcn1"), ("A16", "dcn1")), "noisy"),
        (Seen(4, refused="ERROR: no login"), "refused"),
    ],
)
def test_verdict(run: Seen, verdict: str):
    assert judge(FAULT, "dcn1", run).verdict == verdict


def test_a_fault_of_central_is_found_at_any_site():
    fault = Fault("a-fault", "something is wrong", "claims B3", "central", frozenset({"B3"}))

    assert judge(fault, "central", seen(("B3", "dcn1"))).verdict == "caught"


def test_a_detection_says_what_failed_and_why():
    found = judge(FAULT, "dcn1", seen(("B3", None), ("A8", "dcn1"), ("A16", "dcn0"), leaks=2))

    assert (found.must, found.also, found.noise, found.leaks) == (("A8",), ("B3",), ("A16",), 2)
    assert found.headlines == (
        "A8 · dcn1 · said (no command to reproduce it)",
        "A16 · dcn0 · said (no command to reproduce it)",
    )


def check(claim: str | None, outcome: Outcome, site: str | None = None, cause: str = "why") -> Check:
    return Check(claim, site, "t", outcome, cause, 1)


def summary(**content: Any) -> Summary:
    found = {"checks": (), "outcomes": {}, "sites": ("central", "dcn0", "dcn1")} | content
    return Summary(VERSION, "run", "lab.yaml", "2025-11-22T19:00:00Z", 1.0, 1.0, **found)


def test_a_summary_is_read():
    checks = (check("A8", "failed", "dcn1"), check("B3", "blocked"), check("A1", "passed"), check(None, "failed"))
    message = "seen is not as expected:\n  expected: 1\n  seen:     2"
    failure = Failure("t", "failed", ("A8",), ("dcn1",), None, "a claim", message, None, ("cat it", "less it"))
    read = seen_in(summary(checks=checks, failures=(failure,)), 1)

    said = "seen is not as expected: / expected: 1 / seen:     2"
    assert read == Seen(
        1, (Failing("A8", "dcn1", said, "reproduce: cat it"),), frozenset({"B3"}), frozenset(), 0, "run"
    )


def test_a_leak_is_a_failure_of_the_claim_that_nothing_is_left():
    leak = Leak("server", "n", "8083", "still there", "delete it")
    read = seen_in(summary(leaks=(replace(leak, sites=("dcn0", "dcn1")), leak)), 1)

    assert [(each.claim, each.site) for each in read.failing] == [("F5", "dcn0"), ("F5", "dcn1"), ("F5", None)]
    assert (read.failing[0].said, read.failing[0].reproduce) == (
        "left behind: server still there",
        "reproduce: delete it",
    )
    assert judge(find("deleted-server-leaves-its-disk"), "dcn1", read).verdict == "caught"


def test_what_the_preflight_finds_broken_catches_the_fault_by_what_it_blocks():
    down = Probed("central", "network", None, "failed", "http://192.0.2.10:9696 answers 500", ("network list",))
    silent = Probed("dcn1", "rbd", None, "unknown", "no answer within 10 s")
    blocked = tuple(check(claim, "blocked", "dcn0", down.key) for claim in ("C1", "C3"))
    unknown = (check("C7", "blocked", "dcn1", silent.key),)

    read = seen_in(summary(checks=blocked + unknown, preflight=(down, silent)), 1)
    found = judge(find("neutron-answers-500"), "central", read)

    assert (found.verdict, found.missed, found.also, found.blocked) == ("caught", (), (), ("C3", "C7"))
    assert found.headlines == ("C1 · dcn0 · central: network: http://192.0.2.10:9696 answers 500",)
    only_unknown = seen_in(summary(checks=unknown, preflight=(down, silent)), 1)
    assert judge(find("neutron-answers-500"), "central", only_unknown).verdict == "missed"


def test_results_are_kept_in_the_catalogue_s_order(tmp_path: Path):
    results = Results(tmp_path / "detection.json")
    for name in ("other-bytes", "central-conf-missing"):
        results.add(Observation(name, "dcn1", seen(("A8", "dcn1"), unknown=frozenset({"A1"})), 1.5))

    again = Results(tmp_path / "detection.json")

    assert [one.fault for one in again.in_order()] == ["central-conf-missing", "other-bytes"]
    assert again.in_order() == results.in_order()


def test_the_matrix_names_what_was_missed():
    text = matrix([judge(find("central-conf-missing"), "dcn1", seen(("A8", "dcn1")))])

    assert text.splitlines()[0].split() == ["fault", "site", "A8", "A11", "verdict"]
    assert text.splitlines()[1].split() == ["central-conf-missing", "dcn1", "X", "!", "missed"]


# --- what is published


def caught(name: str, claim: str, seconds: float = 1) -> Observation:
    return Observation(name, "dcn1", seen((claim, "dcn1"), (claim, "dcn1"), ("B3", None)), seconds)


def test_one_source_is_published_without_the_other(tmp_path: Path):
    file = tmp_path / "detection.json"
    publish(file, "lab", [caught("other-bytes", "B6"), caught("copy-never-arrives", "B3")])
    publish(file, "simulator", [caught("other-bytes", "B6")])
    publish(file, "lab", [Observation("other-bytes", "dcn1", seen())])

    found = published(file)

    assert list(found["lab"]) == ["copy-never-arrives", "other-bytes"]
    assert found["lab"]["other-bytes"].detection.verdict == "missed"
    assert found["simulator"]["other-bytes"].seen.failing == (Failing("B3", None, ""), Failing("B6", "dcn1", ""))


def test_what_is_published_does_not_depend_on_time(tmp_path: Path):
    for name, seconds in (("one", 1.0), ("other", 2.0)):
        publish(tmp_path / name, "lab", [caught("other-bytes", "B6", seconds)])

    assert (tmp_path / "one").read_text() == (tmp_path / "other").read_text()


def test_a_fault_that_is_no_longer_in_the_catalogue_is_forgotten(tmp_path: Path):
    file = tmp_path / "detection.json"
    file.write_text('{"lab": {"no-such-fault": {"site": "dcn1", "failed": ["A8 dcn1"]}}}')

    assert publish(file, "lab", []) == {"lab": {}}


def test_the_document_shows_both_sources():
    found: Published = {
        "lab": {"other-bytes": caught("other-bytes", "B6")},
        "simulator": {"other-bytes": Observation("other-bytes", "dcn1", seen())},
    }
    text = document(found)

    assert "| B6 | **missed** B6 at dcn1 | **noisy** at dcn1, and **B3** |" in text
    assert "- simulator: 0 of 1 faults caught" in text
    assert "[B6](claims.md#B6) | the bytes are the same everywhere | `other-bytes` |" in text
    assert "[C9](claims.md#C9) | the guest really reads its disk | **none** |" in text

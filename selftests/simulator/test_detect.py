"""The detection matrix of the simulator, and the healthy deployments, as far as that needs no run of the suite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from faults.catalogue import FAULTS, find
from faults.detection.results import Observation, Results
from faults.detection.seen import Failing, Seen
from simulator import detect, healthy
from simulator.faults import CHANGES
from simulator.process import DidNotStart, running
from simulator.serve import _arguments


def observed(fault: Any, claim: str) -> Observation:
    site = detect.site_of(CHANGES[fault.name])
    return Observation(fault.name, site, Seen(1, (Failing(claim, site, "said"),)))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("_REPORTS", "_DOCUMENT", "_DATA"):
        monkeypatch.setattr(detect, name, tmp_path / name.strip("_").lower())
    return tmp_path


def test_the_exit_code_says_whether_all_are_caught(elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(detect, "detect", lambda fault, reports: observed(fault, "A16"))

    assert detect.main(["health-warning"]) == 0
    assert detect.main(["health-warning", "other-bytes"]) == 1
    kept = Results(elsewhere / "reports" / "detection-simulator.json").in_order()
    assert [(one.fault, one.detection.verdict) for one in kept] == [
        ("health-warning", "caught"),
        ("other-bytes", "missed"),
    ]
    assert "| caught at dcn1 | - |" in (elsewhere / "document").read_text()


def test_what_was_caught_need_not_be_looked_at_again(elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    looked_at: list[str] = []

    def look(fault: Any, reports: Path) -> Observation:
        looked_at.append(fault.name)
        return observed(fault, "A16")

    monkeypatch.setattr(detect, "detect", look)
    detect.main(["health-warning", "other-bytes"])
    detect.main(["health-warning", "other-bytes", "--left", "--jobs", "1"])

    assert sorted(looked_at) == ["health-warning", "other-bytes", "other-bytes"]


def test_an_unknown_fault_is_one_line(elsewhere: Path, capsys: pytest.CaptureFixture[str]):
    assert detect.main(["health-warnin"]) == 4
    assert capsys.readouterr().err.startswith("detect: no fault 'health-warnin'; near: ")


def test_nothing_is_begun_after_the_budget(elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(detect, "detect", lambda fault, reports: observed(fault, "A16"))

    assert detect.main(["health-warning", "--budget", "-1"]) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_fault_has_a_site_of_its_kind(fault: Any):
    at_central = detect.site_of(CHANGES[fault.name]) == "central"
    assert at_central == (find(fault.name).site == "central")


@pytest.mark.parametrize("options", healthy.VARIATIONS.values(), ids=list(healthy.VARIATIONS))
def test_a_variation_can_be_started(options: tuple[str, ...]):
    arguments = _arguments(["--state", "x", *options])
    assert set(arguments.fault) <= CHANGES.keys()


def test_variations_come_in_turn():
    names = list(healthy.in_turn(2 * len(healthy.VARIATIONS)))
    assert {names.count(name) for name in healthy.VARIATIONS} == {2}


def test_a_simulator_that_does_not_start_says_why(tmp_path: Path):
    with pytest.raises(DidNotStart, match="no fault nope"), running(tmp_path, "--fault", "nope"):
        pass

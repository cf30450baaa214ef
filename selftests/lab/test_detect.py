"""Detection in the lab, as far as it can be tested without a lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from faults.catalogue import find
from faults.detection.seen import Failing, Seen
from faults.detection.suite import Suite
from faults.detection.way import Refused
from lab.faults import way
from lab.faults.breaking import Breaking
from lab.faults.lab import Lab
from lab.state import Settings, State


@pytest.fixture
def at_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> way.InTheLab:
    """The layout of a lab that does not run. Requests to heal it are recorded as `healed`."""
    state = State(tmp_path / "lab")
    state.keep_settings(Settings("nowhere", "192.0.2.0/24", 2))
    monkeypatch.setattr(way, "heal", lambda lab: (tmp_path / "healed").touch())
    monkeypatch.setattr(way.signal, "signal", lambda number, handler: None)
    suite = Suite(tmp_path / "environment.yaml", tmp_path / "reports", tests=())
    return way.InTheLab(Lab(state.plan(), state), suite)


def test_a_lab_that_is_not_healthy_tells_nothing(at_lab: way.InTheLab, monkeypatch: pytest.MonkeyPatch):
    seen = Seen(1, (Failing("A16", "dcn1", "said"),), unknown=frozenset({"A1"}))
    monkeypatch.setattr(Suite, "run", lambda self, name, **options: seen)

    with pytest.raises(Refused, match=r"the healthy lab does not pass: A1, A16; see .*/healthy.txt"):
        at_lab.prepared(print).__enter__()


def test_what_is_broken_already_is_healed_first(at_lab: way.InTheLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Suite, "run", lambda self, name, **options: Seen(0))
    Breaking(at_lab.lab, find("cluster-warns"), at_lab.lab.plan.site("dcn0"))
    said: list[str] = []

    with at_lab.prepared(said.append):
        assert (tmp_path / "healed").exists()

    assert said[0] == "broken already: cluster-warns at dcn0; healing that first"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Refused("nothing to be learnt")])
def test_an_interrupted_run_heals(at_lab: way.InTheLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Any):
    def interrupted(self: Suite, name: str, **options: Any) -> Seen:
        raise error

    monkeypatch.setattr(way, "break_lab", lambda lab, name, site: None)
    monkeypatch.setattr(Suite, "run", interrupted)

    with pytest.raises(type(error)):
        at_lab.observe(find("cluster-warns"))

    assert (tmp_path / "healed").exists()


def test_an_interrupt_says_what_is_still_broken(at_lab: way.InTheLab, monkeypatch: pytest.MonkeyPatch):
    def interrupted(self: Suite, name: str, **options: Any) -> Seen:
        Breaking(at_lab.lab, find("cluster-warns"), at_lab.lab.plan.site("dcn0"))
        raise KeyboardInterrupt

    monkeypatch.setattr(Suite, "run", interrupted)
    said: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        at_lab.prepared(said.append).__enter__()

    assert said[-1] == "the lab is still broken: undo it with `dcn-verify lab heal`"

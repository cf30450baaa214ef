"""The ledger knows what a killed run has left."""

from pathlib import Path

import pytest

from helpers.ledger import Ledger, LedgerClosed, pending


def test_planned_resources_are_pending_newest_first(tmp_path: Path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    first, second = ledger.plan("image", "a", id="1"), ledger.plan("image", "b", id="2")

    assert pending(tmp_path / "ledger.jsonl") == [second, first]


def test_gone_resources_are_not_pending(tmp_path: Path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    first, second = ledger.plan("image", "a", id="1"), ledger.plan("image", "b", id="2")
    ledger.gone(first)

    assert ledger.pending() == [second]


def test_torn_last_line_is_ignored(tmp_path: Path):
    path = tmp_path / "ledger.jsonl"
    entry = Ledger(path).plan("image", "a", id="1")
    with path.open("a") as file:
        file.write('{"at": 1, "what": "pla')

    assert pending(path) == [entry]


def test_closed_ledger_takes_nothing(tmp_path: Path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.close()

    with pytest.raises(LedgerClosed, match="image a was not created"):
        ledger.plan("image", "a")


def test_no_ledger_means_nothing_pending(tmp_path: Path):
    assert pending(tmp_path / "ledger.jsonl") == []

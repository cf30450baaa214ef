"""The ledger knows what a killed run has left behind."""

from pathlib import Path

import pytest
import requests
from keystoneauth1.exceptions import ConnectTimeout
from openstack.exceptions import HttpException

from helpers.runs.ledger import Ledger, LedgerClosed, NotNoted, pending


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


def test_the_id_of_what_is_there_already_is_taken_after_the_end(tmp_path: Path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.plan("server", "a")
    ledger.close()
    ledger.plan("server", "a", id="1")

    assert [entry.id for entry in pending(tmp_path / "ledger.jsonl")] == ["1"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"at": 1, "what": "pla',
        b"[]",
        b'"planned"',
        b"17",
        b"\x00\xff\xfe",
        b'{"what": "planned", "kind": "image", "name": "run-1.b"}',
        b'{"what": "planned", "kind": "router", "name": "run-1.b", "id": null, "site": null}',
        b'{"what": "planned", "kind": "image", "name": 7, "id": null, "site": null}',
        b'{"what": "planned", "kind": "image", "name": "somebody-s", "id": "8085", "site": null}',
        b'{"what": "forgotten", "kind": "image", "name": "run-1.a", "id": "1", "site": null}',
        b'{"what": "planned", "kind": "image", "name": "run-1.b", "id": "2", "site": null, "asked": "now"}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_is_said_and_hides_no_other(tmp_path: Path, line: bytes):
    path = tmp_path / "ledger.jsonl"
    first = Ledger(path).plan("image", "run-1.a", id="1")
    with path.open("ab") as file:
        file.write(line + b"\n")
    last = Ledger(path).plan("image", "run-1.c", id="3")
    found = Ledger(path, "run-1")

    assert found.pending() == [last, first]
    assert found.damage == f"{path} is damaged: no resource of the run in line 2"


def test_what_is_noted_after_a_torn_line_keeps_to_itself(tmp_path: Path):
    path = tmp_path / "ledger.jsonl"
    entry = Ledger(path).plan("image", "a", id="1")
    with path.open("a") as file:
        file.write('{"at": 1, "what": "pla')
    Ledger(path).gone(entry)

    assert pending(path) == []


def test_what_cannot_be_written_down_is_not_created(tmp_path: Path):
    ledger = Ledger(tmp_path / "removed" / "ledger.jsonl")

    with pytest.raises(NotNoted, match=r"image a was not created: .*ledger\.jsonl cannot be written: No such file"):
        ledger.plan("image", "a")
    assert ledger.pending() == []


def test_what_is_there_is_known_though_its_file_is_gone(tmp_path: Path):
    path = tmp_path / "run" / "ledger.jsonl"
    path.parent.mkdir()
    ledger = Ledger(path)
    ledger.plan("server", "a")
    path.unlink()
    path.parent.rmdir()
    ledger.plan("server", "a", id="1")

    assert [entry.id for entry in ledger.pending()] == ["1"]
    ledger.gone(ledger.pending()[0])
    assert ledger.pending() == []
    assert ledger.unwritten == f"{path} cannot be written: No such file or directory"


@pytest.mark.parametrize(
    ("status", "left", "answered"), [(409, 0, True), (500, 1, True), (504, 1, False), (None, 1, False)]
)
def test_what_a_service_refuses_is_not_there_and_what_it_leaves_open_may_come(
    tmp_path: Path, status: int | None, left: int, answered: bool
):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    error = HttpException("no", http_status=status) if status else ConnectTimeout("no answer")

    with pytest.raises(type(error)), ledger.asking("server", "a"):
        raise error

    assert len(ledger.pending()) == left
    assert all((entry.asked == 0.0) == answered for entry in ledger.pending())


def test_what_a_question_is_answered_with_is_no_refusal(tmp_path: Path):
    """A resource that was made, and then could not be looked at, is there."""
    ledger, answer = Ledger(tmp_path / "ledger.jsonl"), requests.Response()
    answer.status_code, answer.request = 403, requests.Request("GET", "http://192.0.2.10/servers/8083").prepare()

    with pytest.raises(HttpException), ledger.asking("server", "a"):
        raise HttpException("no", response=answer)

    assert [entry.name for entry in ledger.pending()] == ["a"]


def test_no_ledger_means_nothing_pending(tmp_path: Path):
    assert pending(tmp_path / "ledger.jsonl") == []

"""The comparison of two records: each difference is one line, and only listed differences are accepted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulator.record.__main__ import main
from simulator.record.allowed import BadList, Entry, judge, read
from simulator.record.compare import changes, gaps
from simulator.record.record import Record

SHOW = "GET /v2.1/servers/{id} (2.93)"
LAB = {
    "compute": {
        SHOW: {
            "200": {
                "header location": "there, optional",
                ".": "object",
                ".server": "object",
                ".server.fault": "object, optional",
                ".server.fault.code": "number",
                ".server.groups": "array",
                ".server.id": "string",
                ".server.tags": "array",
                ".server.tags[]": "string",
                ".server.task_state": "null|string",
            },
            "404": {".": "object"},
        }
    },
    "ssh": {"hostname": {"0": {".": "text"}}},
}


def altered(*path: str, to: Any) -> Record:
    """LAB with one thing changed or removed."""
    plain: Any = Record.of(LAB).plain()
    at = plain
    for step in path[:-1]:
        at = at[step]
    if to is None:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return Record.of(plain)


def compared(seen: Record) -> tuple[list[str], list[str]]:
    lab = Record.of(LAB)
    return (
        [each.line("lab", "simulator") for each in changes(lab, seen)],
        [each.line("lab", "simulator") for each in gaps(lab, seen)],
    )


OF = f"compute {SHOW} → 200"
ALTERATIONS = {
    "nothing": ((".server.id",), "string", [], []),
    "a key more": ((".server.zone",), "string", [f"{OF} .server.zone: lab nothing, simulator string"], []),
    "another type": ((".server.id",), "number", [f"{OF} .server.id: lab string, simulator number"], []),
    "a type more": ((".server.id",), "null|string", [f"{OF} .server.id: lab string, simulator null|string"], []),
    "a type less": (
        (".server.task_state",), "null", [], [f"{OF} .server.task_state: lab null|string, simulator null"],
    ),
    "a key less": ((".server.id",), None, [f"{OF} .server.id: lab string, simulator nothing"], []),
    "an optional key less": (
        (".server.fault",), None, [], [f"{OF} .server.fault: lab object, optional, simulator nothing"],
    ),
    "a key that is missing at times": (
        (".server.id",), "string, optional", [f"{OF} .server.id: lab string, simulator string, optional"], [],
    ),
    "a key that is never missing": (
        (".server.fault",), "object", [], [f"{OF} .server.fault: lab object, optional, simulator object"],
    ),
    "elements that were never seen": (
        (".server.tags[]",), None, [], [f"{OF} .server.tags[]: lab string, simulator nothing"],
    ),
    "elements of a list that was empty": (
        (".server.groups[]",), "string", [], [f"{OF} .server.groups[]: lab nothing, simulator string"],
    ),
    "a header more": (
        ("header retry-after",), "there", [f"{OF} header retry-after: lab nothing, simulator there"], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "to", "changed", "missed"), ALTERATIONS.values(), ids=ALTERATIONS)
def test_altered_answer_is_noticed(path: tuple[str, ...], to: str | None, changed: list[str], missed: list[str]):
    seen = altered("compute", SHOW, "200", *path, to=to)
    if path == (".server.fault",) and to is None:
        # its nested keys go with it
        seen = Record.of(
            {**seen.plain(), "compute": {SHOW: {**seen.plain()["compute"][SHOW], "200": _without_fault(seen)}}}
        )
    assert compared(seen) == (changed, missed)


def _without_fault(seen: Record) -> dict[str, str]:
    answer = seen.plain()["compute"][SHOW]["200"]
    return {path: text for path, text in answer.items() if not path.startswith(".server.fault")}


def test_altered_statuses_and_requests_are_noticed():
    assert compared(altered("compute", SHOW, "404", to=None)) == (
        [],
        [f"compute {SHOW} → 404: lab answers so, simulator only 200"],
    )
    assert compared(altered("compute", SHOW, "410", to={".": "object"})) == (
        [f"compute {SHOW} → 410: lab only 200, 404, simulator answers so"],
        [],
    )
    assert compared(altered("ssh", "hostname", to=None)) == ([], ["ssh hostname: lab 0, simulator nothing"])
    assert compared(altered("ssh", "uname", to={"0": {".": "text"}})) == (["ssh uname: lab nothing, simulator 0"], [])


def test_only_what_the_simulator_lacks_can_be_listed():
    everything = (Entry("*", ("*",), "", ("*",), "too much to list"), Entry("*", ("*",), "", (), "too much to list"))
    lab = Record.of(LAB)

    def drift(*path: str, to: Any) -> int:
        seen = altered(*path, to=to)
        return len(judge(changes(lab, seen), gaps(lab, seen), everything).drift)

    assert drift("compute", SHOW, "200", ".server.id", to=None) == 0
    assert drift("compute", SHOW, "200", ".server.task_state", to="null") == 0
    assert drift("ssh", "hostname", to=None) == 0
    assert drift("compute", SHOW, "200", ".server.zone", to="string") == 1
    assert drift("compute", SHOW, "200", ".server.id", to="number") == 1
    assert drift("ssh", "uname", to={"0": {".": "text"}}) == 1


def test_key_that_is_there_by_chance_may_be_seen_by_the_simulator_alone():
    """A named key that is there by chance may be in the simulator's answer only, but a whole answer may not."""
    lab, seen = Record.of(LAB), altered("compute", SHOW, "200", ".server.lock", to="string")
    entry = Entry("compute", (SHOW,), "200", (".server.lock",), "only while it is written", by_chance=True)

    assert judge(changes(lab, seen), gaps(lab, seen), [entry]).drift == ()
    assert len(judge(changes(lab, seen), gaps(lab, seen), [replace(entry, by_chance=False)]).drift) == 1
    invented = altered("compute", SHOW, "203", to={".": "object"})
    assert len(judge(changes(lab, invented), gaps(lab, invented), [replace(entry, keys=())]).drift) == 1


def test_entry_that_nothing_needs_is_named():
    lab, entry = Record.of(LAB), Entry("compute", (SHOW,), "200", (".server.gone",), "it was so once")
    assert judge(changes(lab, lab), gaps(lab, lab), [entry]).unneeded == (entry,)


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: 1", "a list of entries is wanted"), ("- {service: image}", "entry 1: the keys are"),
     ("- {service: image, requests: GET /, reason: ' '}", "it needs a reason")],
)  # fmt: skip
def test_bad_list_is_one_line(tmp_path: Path, text: str, said: str):
    file = tmp_path / "not_modelled.yaml"
    file.write_text(text)
    with pytest.raises(BadList, match=said):
        read(file)


def test_command_says_what_changed_and_what_was_not_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    known, new = tmp_path / "known.json", tmp_path / "new.json"
    Record.of(LAB).write(known)

    altered("ssh", "hostname", to=None).write(new)
    assert main(["compare", str(new), str(known)]) == 0
    assert "seen by one only: ssh hostname: record 0, now nothing" in capsys.readouterr().out

    altered("compute", SHOW, "200", ".server.id", to="number").write(new)
    assert main(["compare", str(new), str(known)]) == 1
    assert f"changed: {OF} .server.id: record string, now number\n" in capsys.readouterr().out

    assert main(["join", str(new), str(known)]) == 0
    assert main(["compare", str(new), str(known)]) == 0
    assert main(["compare", str(new), str(tmp_path / "none.json")]) == 4

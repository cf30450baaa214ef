"""`dcn-verify detect`: the runner, with a fake in place of the simulator or the lab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from faults.catalogue import FAULTS, Fault
from faults.detection import command
from faults.detection.results import Observation, Results
from faults.detection.seen import Failing, Seen
from faults.detection.way import LeftOut, Refused, Say


class FakeWay:
    """Observes a failure of A16 whatever the fault is, and cannot inject `other-bytes`."""

    name = "simulator"
    faults = FAULTS

    def __init__(self) -> None:
        self.observed: list[str] = []
        self.refuses: Exception | None = None

    @contextmanager
    def prepared(self, say: Say) -> Iterator[None]:
        if self.refuses:
            raise self.refuses
        yield

    def observe(self, fault: Fault) -> Observation:
        if fault.name == "other-bytes":
            raise LeftOut("other-bytes needs what is not here")
        self.observed.append(fault.name)
        return Observation(fault.name, "dcn1", Seen(1, (Failing("A16", "dcn1", "said"),)))


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeWay:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    fake = FakeWay()

    def add_options(parser: Any) -> None:
        parser.add_argument("--jobs", type=int, default=1)

    module = SimpleNamespace(add_options=add_options, make=lambda options: fake)
    monkeypatch.setattr(command.importlib, "import_module", lambda name: module)
    return fake


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_the_exit_code_says_whether_all_are_caught(way: FakeWay, jobs: str):
    assert command.main(["health-warning", "--jobs", jobs]) == 0
    assert command.main(["health-warning", "copy-never-arrives", "--jobs", jobs]) == 1

    kept = Results(Path("reports/detection-simulator.json")).in_order()
    assert [(one.fault, one.detection.verdict) for one in kept] == [
        ("health-warning", "caught"),
        ("copy-never-arrives", "missed"),
    ]
    assert "| caught at dcn1 | - |" in Path("docs/reference/faults.md").read_text()


def test_what_was_caught_need_not_be_observed_again(way: FakeWay):
    command.main(["health-warning", "copy-never-arrives"])
    command.main(["health-warning", "copy-never-arrives", "--left"])

    assert way.observed == ["health-warning", "copy-never-arrives", "copy-never-arrives"]


def test_an_unknown_fault_is_one_line(way: FakeWay, capsys: pytest.CaptureFixture[str]):
    assert command.main(["health-warnin"]) == 4
    assert capsys.readouterr().err.startswith("detect: no fault 'health-warnin'; near: ")


def test_nothing_is_begun_after_the_budget(way: FakeWay):
    """No fault is tried after the budget is spent, and an untried fault is not caught."""
    assert command.main(["health-warning", "--budget", "-1"]) == 1
    assert way.observed == []


def test_what_the_deployment_has_nothing_for_is_left_out(way: FakeWay, capsys: pytest.CaptureFixture[str]):
    """A fault that the deployment cannot have is one line, and no failure if any other fault was tried."""
    assert command.main(["other-bytes", "health-warning"]) == 0
    assert "  1/2 left out: other-bytes needs what is not here\n" in capsys.readouterr().out
    assert command.main(["other-bytes"]) == 1


@pytest.mark.parametrize(
    ("error", "exit_code", "said"),
    [
        (Refused("no lab here"), 4, "detect: no lab here\n"),
        (Refused("the healthy lab does not pass", 1), 1, "detect: the healthy lab does not pass\n"),
        (KeyboardInterrupt(), 130, "detect: interrupted\n"),
    ],
)
def test_what_keeps_it_from_running_is_one_line(
    way: FakeWay, capsys: pytest.CaptureFixture[str], error: Exception, exit_code: int, said: str
):
    way.refuses = error

    assert command.main(["health-warning"]) == exit_code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(("lab", "options"), [([], {"--healthy"}), (["--lab"], {"--site", "--skip-healthy"})])
def test_each_way_has_its_options(lab: list[str], options: set[str], capsys: pytest.CaptureFixture[str]):
    """The options of the simulator and of the lab can be loaded, and the help has an example."""
    with pytest.raises(SystemExit):
        command.main([*lab, "--help"])

    said = capsys.readouterr().out
    assert {option for option in options if option in said} == options
    assert "dcn-verify detect copy-never-arrives" in said

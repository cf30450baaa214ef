"""The step runner of `up`."""

import re
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from lab.steps import PlanningError, Step, StepError, run_steps


@pytest.fixture
def log_of(tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: tmp_path / f"{name}.log"


def test_a_step_begins_when_those_it_needs_are_done(log_of: Callable[[str], Path]) -> None:
    order: list[str] = []
    steps = [
        Step("last", lambda log: order.append("last"), ("one", "other")),
        Step("other", lambda log: order.append("other"), ("one",)),
        Step("one", lambda log: order.append("one")),
    ]

    run_steps(steps, log_of, lambda line: None)

    assert order == ["one", "other", "last"]


def test_steps_that_need_nothing_of_each_other_run_at_the_same_time(log_of: Callable[[str], Path]) -> None:
    here, there = Event(), Event()

    def meet(own: Event, others: Event) -> None:
        own.set()
        assert others.wait(60)

    run_steps(
        [Step("here", lambda log: meet(here, there)), Step("there", lambda log: meet(there, here))],
        log_of,
        lambda line: None,
    )


def test_a_failure_names_step_log_and_last_lines_and_nothing_new_begins(log_of: Callable[[str], Path]) -> None:
    begun: list[str] = []

    def fail(log: Path) -> None:
        log.write_text("what led to it\n")
        raise RuntimeError("no such thing")

    steps = [Step("broken", fail), Step("after", lambda log: begun.append("after"), ("broken",))]

    with pytest.raises(StepError) as caught:
        run_steps(steps, log_of, lambda line: None)

    assert "step 'broken' failed: no such thing\n  what led to it\n" in str(caught.value)
    assert str(log_of("broken")) in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert "Traceback" in log_of("broken").read_text()
    assert begun == []


def test_every_step_is_told_with_its_seconds(log_of: Callable[[str], Path]) -> None:
    said: list[str] = []

    run_steps([Step("quick", lambda log: None)], log_of, said.append)

    assert [re.sub(r"\d+\.\d", "N", line).split() for line in said] == [["N", "s", "quick", "(N", "s)"]]


@pytest.mark.parametrize(
    "steps",
    [
        [Step("a", lambda log: None, ("b",))],
        [Step("a", lambda log: None, ("b",)), Step("b", lambda log: None, ("a",))],
        [Step("a", lambda log: None), Step("a", lambda log: None)],
    ],
    ids=["unknown need", "circle", "same name"],
)
def test_a_graph_that_cannot_run_is_refused_before_anything_begins(
    steps: list[Step], log_of: Callable[[str], Path]
) -> None:
    with pytest.raises(PlanningError):
        run_steps(steps, log_of, lambda line: None)

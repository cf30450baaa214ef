"""Run steps in threads, each as soon as the steps that it needs have finished."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from lab.command import tail


@dataclass(frozen=True)
class Step:
    """A part of `up` that does nothing if its work is already done. `run` receives the log file to write to."""

    name: str
    run: Callable[[Path], None]
    needs: tuple[str, ...] = ()


class StepError(RuntimeError):
    """One or more steps failed; the message names the steps, the errors and the logs."""


class PlanningError(ValueError):
    """A step needs another step that does not exist, or steps need each other."""


def run_steps(steps: Sequence[Step], log_of: Callable[[str], Path], say: Callable[[str], None]) -> None:
    """Run all steps. After a failure, start no new step and raise StepError when the running steps have ended."""
    by_name = {step.name: step for step in steps}
    order = _order(steps)
    begun = time.monotonic()
    failed: list[str] = []
    under_way: dict[Future[float], Step] = {}
    with ThreadPoolExecutor(max_workers=len(steps) or 1, thread_name_prefix="step") as pool:
        while order.is_active():
            for step in () if failed else map(by_name.__getitem__, order.get_ready()):
                under_way[pool.submit(_timed, step, log_of(step.name))] = step
            if not under_way:
                break
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                step = under_way.pop(future)
                error = future.exception()
                at = time.monotonic() - begun
                if error is None:
                    order.done(step.name)
                    say(f"{at:6.1f} s  {step.name} ({future.result():.1f} s)")
                else:
                    failed.append(_report(step, error, log_of(step.name)))
                    say(f"{at:6.1f} s  {step.name} FAILED")
    if failed:
        raise StepError("\n".join(failed))


def _timed(step: Step, log: Path) -> float:
    begun = time.monotonic()
    step.run(log)
    return time.monotonic() - begun


def _report(step: Step, error: BaseException, log: Path) -> str:
    """Return the error as one paragraph, and write the traceback to the log after quoting the log."""
    said = str(error) or type(error).__name__
    quoted = "" if "\n" in said else f"\n{tail(log)}"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as text:
        text.writelines(traceback.format_exception(error))
    return f"step {step.name!r} failed: {said}{quoted}\n  its log: {log}"


def _order(steps: Sequence[Step]) -> TopologicalSorter[str]:
    """Return the order of the steps.

    Raises PlanningError for an unknown step, a cycle, or two steps with the same name.
    """
    needs = {step.name: step.needs for step in steps}
    if len(needs) != len(steps):
        raise PlanningError(f"two steps have one name among {', '.join(step.name for step in steps)}")
    if unknown := {need for of_one in needs.values() for need in of_one} - set(needs):
        raise PlanningError(f"no such steps: {', '.join(sorted(unknown))}")
    order = TopologicalSorter(needs)
    try:
        order.prepare()
    except CycleError as error:
        raise PlanningError(f"these steps need each other: {', '.join(error.args[1])}") from None
    return order

"""Run steps in threads, each as soon as those that it needs are done."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from lab.command import tail


@dataclass(frozen=True)
class Step:
    """A part of `up`: does nothing where its work is done already. `run` is given the log file to write to."""

    name: str
    run: Callable[[Path], None]
    needs: tuple[str, ...] = ()


class StepError(RuntimeError):
    """One or more steps failed; the text says which, why, and where its log is."""


class PlanningError(ValueError):
    """A step needs one that does not exist, or steps need each other."""


def run_steps(steps: Sequence[Step], log_of: Callable[[str], Path], say: Callable[[str], None]) -> None:
    """Run all steps; after a failure no new one begins, and StepError is raised when those under way have ended."""
    _check(steps)
    begun = time.monotonic()
    waiting = list(steps)
    done: set[str] = set()
    failed: list[str] = []
    under_way: dict[Future[float], Step] = {}
    with ThreadPoolExecutor(max_workers=len(steps) or 1, thread_name_prefix="step") as pool:
        while waiting or under_way:
            ready = [] if failed else [step for step in waiting if done.issuperset(step.needs)]
            for step in ready:
                waiting.remove(step)
                under_way[pool.submit(_timed, step, log_of(step.name))] = step
            if not under_way:
                break
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                step = under_way.pop(future)
                error = future.exception()
                at = time.monotonic() - begun
                if error is None:
                    done.add(step.name)
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
    """One paragraph; the traceback goes to the log, behind what is quoted of it."""
    said = str(error) or type(error).__name__
    quoted = "" if "\n" in said else f"\n{tail(log)}"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as text:
        text.writelines(traceback.format_exception(error))
    return f"step {step.name!r} failed: {said}{quoted}\n  its log: {log}"


def _check(steps: Sequence[Step]) -> None:
    names = [step.name for step in steps]
    if len(set(names)) != len(names):
        raise PlanningError(f"two steps have one name among {', '.join(names)}")
    done: set[str] = set()
    left = list(steps)
    while left:
        ready = [step for step in left if done.issuperset(step.needs)]
        if not ready:
            stuck = "; ".join(f"{step.name} needs {', '.join(step.needs)}" for step in left)
            raise PlanningError(f"these steps can never begin: {stuck}")
        done.update(step.name for step in ready)
        left = [step for step in left if step not in ready]

"""The one runner of the detection matrix: order, jobs, budget, results, and what is published."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from faults.catalogue import Fault
from faults.detection.document import document
from faults.detection.results import Observation, Results, publish
from faults.detection.tables import matrix, progress
from faults.detection.way import LeftOut, Say, Way

REPORTS = Path("reports")
PAGE, DATA = Path("docs/reference/faults.md"), Path("docs/reference/faults.json")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Limits:
    """How many runs there are at a time; after `budget` seconds no further one is begun."""

    jobs: int = 1
    budget: float | None = None

    def each(self, wanted: Sequence[T], act: Callable[[T], R]) -> Iterator[R]:
        """The results, as they arrive. A single job runs in this thread, where an interrupt reaches it."""
        begun = time.monotonic()

        def act_in_time(one: T) -> R | None:
            if self.budget is not None and time.monotonic() - begun > self.budget:
                return None
            return act(one)

        if self.jobs == 1:
            yield from (found for found in map(act_in_time, wanted) if found is not None)
            return
        pool = ThreadPoolExecutor(max_workers=self.jobs)
        try:
            for future in as_completed([pool.submit(act_in_time, one) for one in wanted]):
                if (found := future.result()) is not None:
                    yield found
        finally:
            pool.shutdown(cancel_futures=True)


def results_of(way: Way) -> Results:
    """What this way has seen so far, on this machine."""
    return Results(REPORTS / f"detection-{way.name}.json")


def run(way: Way, wanted: Sequence[Fault], limits: Limits, say: Say, *, published: bool = True) -> bool:
    """Observe faults, and publish what was seen; whether each that could be tried was tried and caught.

    :param published: whether the documentation gets the results
    :raises Refused: detection could not begin, or not go on
    """
    results = results_of(way)
    tried, left_out = set[str](), 0

    def observe(fault: Fault) -> Observation | str:
        try:
            return way.observe(fault)
        except LeftOut as error:
            return f"left out: {error}"

    with way.prepared(say):
        for number, found in enumerate(limits.each(wanted, observe), 1):
            if isinstance(found, str):
                left_out += 1
                say(f"{number:3}/{len(wanted)} {found}")
                continue
            results.add(found)
            tried.add(found.fault)
            for line in progress(found.detection, number, len(wanted)):
                say(line)
    if published:
        _publish(way, results, tried)
    detections = [one.detection for one in results.in_order() if one.fault in tried]
    say(matrix(detections))
    caught = sum(one.good for one in detections)
    not_tried = len(wanted) - len(tried) - left_out
    files = f"{results.file}, {PAGE}" if published else f"{results.file}"
    say(f"{caught} of {len(tried)} caught; {files}" + (f"; {not_tried} not tried" if not_tried else ""))
    # where all were left out, nothing is known
    return caught == len(wanted) - left_out and bool(tried or not wanted)


def _publish(way: Way, results: Results, tried: set[str]) -> None:
    seen = results.in_order()
    PAGE.write_text(document(publish(DATA, way.name, [one for one in seen if one.fault in tried])), encoding="utf-8")
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / f"detection-{way.name}.txt").write_text(matrix([one.detection for one in seen]) + "\n", encoding="utf-8")

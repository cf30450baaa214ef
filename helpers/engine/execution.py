"""The engine that carries out stages in the background, each as early as its inputs allow, within limits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, Protocol

from helpers.engine.capacity import Capacity, Demand, Limits
from helpers.engine.results import ResultStore, StageResult
from helpers.engine.schedule import Schedule
from helpers.engine.stages import Registry, Stage, StageKey
from helpers.environment.places import place
from helpers.outcomes import BlockedBy, Failed, NotOffered, Unknown
from helpers.redact import redact

log = logging.getLogger(__name__)

#: The stage that the thread carries out at the moment.
CURRENT: ContextVar[StageKey | None] = ContextVar("stage", default=None)


class Blocker(Protocol):
    """Something that was found before the run; its text is one line, its key what a blocked check names."""

    @property
    def key(self) -> str: ...


def _nothing(stage: Stage, key: StageKey) -> None:
    return None


def _as_it_is(error: Exception) -> None:
    return None


class Engine:
    """Runs the stages that were asked for, and those that they need, in threads.

    :param resources: parameter name → object, what stages may ask for besides axes and stages
    :param limits: how many stages may run at a place at once
    :param threads: how many stages may run at once in all
    :param blocker: what is known before the run to stand in a stage's way; the stage is then blocked by it
    :param explain: makes an outcome of what a library raises, in words and with commands; None: it is named as it is
    """

    def __init__(
        self,
        registry: Registry,
        environment: Any,
        resources: Mapping[str, Any],
        store: ResultStore,
        *,
        limits: Limits,
        blocker: Callable[[Stage, StageKey], Blocker | None] = _nothing,
        explain: Callable[[Exception], Failed | Unknown | None] = _as_it_is,
        threads: int = 64,
    ) -> None:
        self.registry, self.environment, self.resources, self.store = registry, environment, resources, store
        self._blocker, self._explain = blocker, explain
        self._lock = threading.RLock()
        self._idle = threading.Condition(self._lock)
        self._capacity = Capacity(limits)
        self._schedule = Schedule(registry, environment, self._capacity)
        self._running: set[StageKey] = set()
        self._done: dict[StageKey, StageResult] = {}
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="stage")
        self._stopping = False

    def start(self, keys: Iterable[StageKey]) -> None:
        """Begin with the given stages and all that they need; returns at once."""
        with self._lock:
            new = self._schedule.add(keys)
            for key in new:  # before anything else: what stands in a stage's own way is not what stands in its inputs'
                if found := self._blocker(self.registry.stages[key.stage], key):
                    blocked = StageResult(str(key), "blocked", error=redact(str(found)), cause=found.key)
                    self._note(key, self._published(key, blocked))
            for key in new:
                if self._schedule.is_blocked(key):
                    self._note(key, self._blocked(key))
            self._begin()

    def stop(self, grace: float = 15.0) -> None:
        """Start nothing more, and give what runs `grace` seconds to end; what has not begun is reported as unknown."""
        with self._lock:
            self._stopping = True
            for key in self._schedule.waiting:
                ended = StageResult(str(key), "unknown", error="the run ended before this stage began")
                self._note(key, self._published(key, ended))
            self._idle.wait_for(lambda: not self._running, timeout=grace)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> None:
        """Begin whatever may begin."""
        if not self._stopping:
            for key, demand in self._schedule.begin():
                self._running.add(key)
                self._pool.submit(self._carry_out, key, demand)

    def _carry_out(self, key: StageKey, demand: Demand) -> None:
        stage, needs = self.registry.stages[key.stage], self._schedule.needs(key)
        started, clock = time.time(), time.monotonic()
        log.info("stage %s begins", key)
        CURRENT.set(key)
        outcome: dict[str, Any]
        try:
            outcome = {"outcome": "passed", "value": stage.act(**self._arguments(stage, key, needs))}
        except Failed as error:
            outcome = {"outcome": "failed", "error": str(error), "reproduce": error.reproduce}
        except BlockedBy as error:
            outcome = {"outcome": "blocked", "error": str(error), "cause": error.cause}
        except NotOffered as error:
            outcome = {"outcome": "skipped", "error": str(error)}
        except Unknown as error:
            outcome = {"outcome": "unknown", "error": str(error), "reproduce": error.reproduce, "cause": error.cause}
        except Exception as error:  # whatever else a library raises is this stage's failure, and is said in one line
            log.debug("stage %s", key, exc_info=True)
            failure = self._explain(error) or Failed(f"{type(error).__module__}.{type(error).__name__}: {error}")
            ended = "unknown" if isinstance(failure, Unknown) else "failed"
            outcome = {"outcome": ended, "error": str(failure), "reproduce": failure.reproduce}
        if "error" in outcome:
            outcome["error"] = redact(outcome["error"])
        seconds = round(time.monotonic() - clock, 3)
        result = StageResult(
            str(key), started=started, seconds=seconds, needs=tuple(map(str, needs.values())), **outcome
        )
        log.info("stage %s %s after %.1f s %s", key, result.outcome, seconds, result.error)
        result = self._published(key, result)
        with self._lock:
            self._running.discard(key)
            self._capacity.give_back(demand)
            self._end(key, result)
            self._begin()
            self._idle.notify_all()

    def _end(self, key: StageKey, result: StageResult) -> None:
        """Note a result, and block what needed another one."""
        for after in self._note(key, result):
            if not self._stopping and self._schedule.is_blocked(after):  # one may be blocked by now, by a longer way
                self._end(after, self._blocked(after))

    def _note(self, key: StageKey, result: StageResult) -> list[StageKey]:
        """Note a result; returns the waiting stages that cannot begin because of it."""
        self._done[key] = result
        return self._schedule.end(key, result.outcome)

    def _blocked(self, key: StageKey) -> StageResult:
        """What becomes of a stage that needs one that has not passed: a failure goes before what is not offered."""
        needs = [self._done[need] for need in self._schedule.needs(key).values() if need in self._done]
        bad = [need for need in needs if need.outcome != "passed"]
        by = min(bad, key=lambda need: need.outcome == "skipped")
        if by.outcome == "skipped":
            return self._published(key, StageResult(str(key), "skipped", error=by.error))
        return self._published(key, StageResult(str(key), "blocked", error=by.error, cause=by.cause or by.stage))

    def _published(self, key: StageKey, result: StageResult) -> StageResult:
        returns = self.registry.stages[key.stage].returns
        try:
            self.store.put(key, result, returns)
        except Exception as error:  # an unwritable result must not leave its waiters waiting for ever
            log.exception("result of stage %s", key)
            result = StageResult(str(key), "failed", error=f"its result could not be written: {error}")
            self.store.put(key, result, returns)
        return result

    def _arguments(self, stage: Stage, key: StageKey, needs: Mapping[str, StageKey]) -> dict[str, Any]:
        axes = {axis: place(self.environment, value) for axis, value in key.axes}
        known = {**self.resources, **axes}
        return {name: self._done[needs[name]].value if name in needs else known[name] for name in stage.inputs}

"""The engine that carries out stages in the background, each as early as its inputs allow, within limits."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from helpers.ledger import LedgerClosed
from helpers.places import place
from helpers.redact import redact
from helpers.results import ResultStore, StageResult
from helpers.stages import Registry, Stage, StageKey

log = logging.getLogger(__name__)


class StageFailed(Exception):
    """The cloud did not do what a stage asked of it. The message says site, expected, seen.

    :param by_hand: commands that show it by hand
    """

    def __init__(self, message: str, *, by_hand: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.by_hand = tuple(by_hand)


class CannotTell(Exception):
    """Whether the claim holds could not be found out, for example because a node does not answer."""

    def __init__(self, message: str, *, by_hand: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.by_hand = tuple(by_hand)


class Obstacle(Protocol):
    """Something that was found before the run; its text is one line, its key what a blocked check names."""

    @property
    def key(self) -> str: ...


def _nothing(stage: Stage, key: StageKey) -> None:
    return None


class Engine:
    """Runs the stages that were asked for, and those that they need, in threads.

    :param resources: parameter name → object, what stages may ask for besides axes and stages
    :param limits: load name (`central`, or a site's name) → how many stages may burden it at once; others get `default`
    :param obstacle: what is known before the run to stand in a stage's way; the stage is then blocked by it
    :param unknown: exceptions that mean *could not be found out* rather than *is wrong*
    """

    def __init__(
        self,
        registry: Registry,
        environment: Any,
        resources: Mapping[str, Any],
        store: ResultStore,
        *,
        limits: Mapping[str, int],
        default_limit: int = 2,
        unknown: tuple[type[Exception], ...] = (),
        obstacle: Callable[[Stage, StageKey], Obstacle | None] = _nothing,
        threads: int = 64,
    ) -> None:
        self.registry, self.environment, self.resources, self.store = registry, environment, resources, store
        self._obstacle = obstacle
        self._limits, self._default_limit = dict(limits), default_limit
        self._unknown: tuple[type[Exception], ...] = (CannotTell, LedgerClosed, *unknown)
        self._lock = threading.RLock()
        self._idle = threading.Condition(self._lock)
        self._waiting: dict[StageKey, dict[str, StageKey]] = {}
        self._depth_below: dict[StageKey, int] = {}
        self._running: dict[StageKey, tuple[str, ...]] = {}
        self._done: dict[StageKey, StageResult] = {}
        self._load: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="stage")
        self._stopping = False

    def start(self, keys: Iterable[StageKey]) -> None:
        """Begin with the given stages and all that they need; returns at once."""
        depths = self.registry.closure(keys, self.environment)
        with self._lock:
            for key in depths:
                if key not in self._done and key not in self._running:
                    self._waiting[key] = self.registry.needs(key, self.environment)
                    self._hold_up(key)
            self._rank()
            self._pump()

    def _hold_up(self, key: StageKey) -> None:
        found = self._obstacle(self.registry.stages[key.stage], key)
        if found is not None:
            self._finish(key, StageResult(str(key), "blocked", error=redact(str(found)), cause=found.key))

    def stop(self, grace: float = 15.0) -> None:
        """Start nothing more, and give what runs `grace` seconds to end; what has not begun is reported as unknown."""
        with self._lock:
            self._stopping = True
            for key in list(self._waiting):
                self._finish(key, StageResult(str(key), "unknown", error="the run ended before this stage began"))
            self._idle.wait_for(lambda: not self._running, timeout=grace)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _rank(self) -> None:
        """How many stages each waiting stage has after it in a row: those with the longest way to go start first."""
        self._depth_below = dict.fromkeys(self._waiting, 0)
        for key in reversed(self.registry.closure(self._waiting, self.environment)):
            for need in self.registry.needs(key, self.environment).values():
                self._depth_below[need] = max(self._depth_below.get(need, 0), self._depth_below.get(key, 0) + 1)

    def _pump(self) -> None:
        if self._stopping:
            return
        progress = True
        while progress:  # a stage that is found blocked may decide others at once
            progress = False
            for key in sorted(self._waiting, key=lambda key: -self._depth_below.get(key, 0)):
                needs = self._waiting[key]
                undone = [need for need in needs.values() if need not in self._done]
                bad = [self._done[need] for need in needs.values() if need in self._done]
                bad = [result for result in bad if result.outcome != "passed"]
                if bad:
                    first = bad[0]
                    cause = first.cause or first.stage
                    self._finish(key, StageResult(str(key), "blocked", error=first.error, cause=cause))
                    progress = True
                    break
                loads = self._loads(key)
                if not undone and self._may_run(key, loads):
                    del self._waiting[key]
                    self._running[key] = loads
                    self._load.update(loads)
                    self._pool.submit(self._carry_out, key, needs)

    def _may_run(self, key: StageKey, loads: tuple[str, ...]) -> bool:
        stage = self.registry.stages[key.stage]
        running = [self.registry.stages[other.stage] for other in self._running]
        if stage.alone and any(stage.alone in {other.shares, other.alone} for other in running):
            return False
        if stage.shares and any(other.alone == stage.shares for other in running):
            return False
        return all(self._load[load] < self._limit(load) for load in loads)

    def _loads(self, key: StageKey) -> tuple[str, ...]:
        stage, axes = self.registry.stages[key.stage], dict(key.axes)
        # what only reads does not wait for what acts
        prefix = "" if stage.mutating else "reading "
        loads = tuple(prefix + axes.get(load, load) for load in stage.loads)
        return (*loads, f"exclusive {stage.exclusive}") if stage.exclusive else loads

    def _limit(self, load: str) -> int:
        return 1 if load.startswith("exclusive ") else self._limits.get(load, self._default_limit)

    def _carry_out(self, key: StageKey, needs: Mapping[str, StageKey]) -> None:
        stage = self.registry.stages[key.stage]
        started, clock = time.time(), time.monotonic()
        log.info("stage %s begins", key)
        outcome: dict[str, Any]
        try:
            outcome = {"outcome": "passed", "value": stage.act(**self._arguments(stage, key, needs))}
        except StageFailed as error:
            outcome = {"outcome": "failed", "error": str(error), "by_hand": error.by_hand}
        except self._unknown as error:
            outcome = {"outcome": "unknown", "error": str(error), "by_hand": getattr(error, "by_hand", ())}
        except Exception as error:  # whatever else a library raises is this stage's failure, and is said in one line
            log.debug("stage %s", key, exc_info=True)
            kind = f"{type(error).__module__}.{type(error).__name__}"
            outcome = {"outcome": "failed", "error": f"{kind}: {error}"}
        if "error" in outcome:
            outcome["error"] = redact(outcome["error"])
        seconds = round(time.monotonic() - clock, 3)
        result = StageResult(
            str(key), started=started, seconds=seconds, needs=tuple(map(str, needs.values())), **outcome
        )
        log.info("stage %s %s after %.1f s %s", key, result.outcome, seconds, result.error)
        with self._lock:
            self._load.subtract(self._running.pop(key))
            self._finish(key, result)
            self._pump()
            self._idle.notify_all()

    def _finish(self, key: StageKey, result: StageResult) -> None:
        self._waiting.pop(key, None)
        stage = self.registry.stages[key.stage]
        try:
            self.store.put(key, result, stage.returns)
        except Exception as error:  # an unwritable result must not leave its waiters waiting for ever
            log.exception("result of stage %s", key)
            result = StageResult(str(key), "failed", error=f"its result could not be written: {error}")
            self.store.put(key, result, stage.returns)
        self._done[key] = result

    def _arguments(self, stage: Stage, key: StageKey, needs: Mapping[str, StageKey]) -> dict[str, Any]:
        axes = {axis: place(self.environment, value) for axis, value in key.axes}
        known = {**self.resources, **axes}
        return {name: self._done[needs[name]].value if name in needs else known[name] for name in stage.inputs}

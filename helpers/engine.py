"""The engine that carries out stages in the background, each as early as its inputs allow, within limits."""

from __future__ import annotations

import bisect
import logging
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from helpers.ledger import LedgerClosed
from helpers.places import place
from helpers.redact import redact
from helpers.results import ResultStore, StageResult
from helpers.stages import Registry, Stage, StageKey

log = logging.getLogger(__name__)

# what a stage holds besides the places that it burdens; no place is called so
_SHARES, _ALONE, _EXCLUSIVE = "#shares", "#alone", "#exclusive"


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


class NotOffered(Exception):
    """The deployment does not offer what the stage would verify, and need not; the message says what, and by what."""


class Obstacle(Protocol):
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
    :param limits: load name (`central`, or a site's name) → how many stages may burden it at once
    :param default_limit: the same for every other site
    :param threads: how many stages may run at once in all
    :param obstacle: what is known before the run to stand in a stage's way; the stage is then blocked by it
    :param explain: makes a failure of what a library raises, in words and with commands; None: it is named as it is
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
        explain: Callable[[Exception], StageFailed | None] = _as_it_is,
        threads: int = 64,
    ) -> None:
        self.registry, self.environment, self.resources, self.store = registry, environment, resources, store
        self._obstacle, self._explain = obstacle, explain
        self._limits, self._default_limit = dict(limits), default_limit
        self._unknown: tuple[type[Exception], ...] = (CannotTell, LedgerClosed, *unknown)
        self._lock = threading.RLock()
        self._idle = threading.Condition(self._lock)
        self._waiting: dict[StageKey, dict[str, StageKey]] = {}
        self._undone: dict[StageKey, set[StageKey]] = {}
        self._after: defaultdict[StageKey, list[StageKey]] = defaultdict(list)
        self._ready: list[StageKey] = []
        self._burdens: dict[StageKey, tuple[str, ...]] = {}
        self._depth_below: dict[StageKey, int] = {}
        self._sharers: defaultdict[str, deque[StageKey]] = defaultdict(deque)
        self._running: dict[StageKey, tuple[str, ...]] = {}
        self._done: dict[StageKey, StageResult] = {}
        self._load: Counter[str] = Counter()
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="stage")
        self._stopping = False

    def start(self, keys: Iterable[StageKey]) -> None:
        """Begin with the given stages and all that they need; returns at once."""
        depths = self.registry.closure(keys, self.environment)
        with self._lock:
            new = [key for key in depths if not self._is_known(key)]
            self._waiting.update((key, self.registry.needs(key, self.environment)) for key in new)
            self._rank()
            for key in new:
                self._hold_up(key)
            for key in new:
                if key in self._waiting:
                    self._line_up(key)
            self._pump()

    def _hold_up(self, key: StageKey) -> None:
        found = self._obstacle(self.registry.stages[key.stage], key)
        if found is not None:
            blocked = StageResult(str(key), "blocked", error=redact(str(found)), cause=found.key)
            self._finish(key, self._publish(key, blocked))

    def _is_known(self, key: StageKey) -> bool:
        return key in self._done or key in self._running or key in self._waiting

    def stop(self, grace: float = 15.0) -> None:
        """Start nothing more, and give what runs `grace` seconds to end; what has not begun is reported as unknown."""
        with self._lock:
            self._stopping = True
            for key in list(self._waiting):
                ended = StageResult(str(key), "unknown", error="the run ended before this stage began")
                self._finish(key, self._publish(key, ended))
            self._idle.wait_for(lambda: not self._running, timeout=grace)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _rank(self) -> None:
        """How many stages each waiting stage has after it in a row: those with the longest way to go start first."""
        self._depth_below = dict.fromkeys(self._waiting, 0)
        for key in reversed(self.registry.closure(self._waiting, self.environment)):
            for need in self.registry.needs(key, self.environment).values():
                self._depth_below[need] = max(self._depth_below.get(need, 0), self._depth_below.get(key, 0) + 1)
        self._sharers = defaultdict(deque)
        for key in sorted(self._waiting, key=self._order):
            if thing := self.registry.stages[key.stage].shares:
                self._sharers[thing].append(key)

    def _order(self, key: StageKey) -> int:
        return -self._depth_below.get(key, 0)

    def _line_up(self, key: StageKey) -> None:
        """Put a stage among those that may run, or let it wait for what it needs; one that needs a failure is over."""
        needs = self._waiting[key].values()
        bad = [self._done[need] for need in needs if need in self._done and self._done[need].outcome != "passed"]
        if bad:
            self._block(key, min(bad, key=lambda result: result.outcome == "skipped"))
            return
        self._undone[key] = {need for need in needs if need not in self._done}
        for need in self._undone[key]:
            self._after[need].append(key)
        if not self._undone[key]:
            self._admit(key)

    def _admit(self, key: StageKey) -> None:
        self._burdens[key] = self._loads(key, self._waiting[key])
        bisect.insort(self._ready, key, key=self._order)

    def _pump(self) -> None:
        """Begin whatever may begin, those with the longest way to go first."""
        if self._stopping:
            return
        kept_free: set[str] = set()
        for key in list(self._ready):
            stage = self.registry.stages[key.stage]
            if stage.shares in kept_free or (stage.alone and self._is_needed_before(stage.alone, key)):
                continue
            if self._may_run(self._burdens[key]):
                self._ready.remove(key)
                needs, loads = self._waiting.pop(key), self._burdens.pop(key)
                self._running[key] = loads
                self._load.update(loads)
                self._pool.submit(self._carry_out, key, needs)
            elif stage.alone and not self._is_free(f"{_ALONE} {stage.alone}"):
                kept_free.add(stage.alone)

    def _is_needed_before(self, thing: str, key: StageKey) -> bool:
        """Whether a stage that is still to come shares the thing, and has a longer way to go than this one."""
        sharers = self._sharers[thing]
        while sharers and sharers[0] not in self._waiting:
            sharers.popleft()
        return bool(sharers) and self._order(sharers[0]) < self._order(key)

    def _may_run(self, loads: tuple[str, ...]) -> bool:
        return all(self._is_free(load) for load in loads)

    def _is_free(self, load: str) -> bool:
        kind, _, thing = load.partition(" ")
        if kind == _SHARES:
            return not self._load[f"{_ALONE} {thing}"]
        if kind == _ALONE:
            return not self._load[f"{_ALONE} {thing}"] and not self._load[f"{_SHARES} {thing}"]
        limit = 1 if kind == _EXCLUSIVE else self._limits.get(load, self._default_limit)
        return self._load[load] < limit

    def _loads(self, key: StageKey, needs: Mapping[str, StageKey]) -> tuple[str, ...]:
        stage, axes = self.registry.stages[key.stage], dict(key.axes)
        # what only reads does not wait for what acts
        prefix = "" if stage.mutating else "reading "
        loads = [prefix + self._burdened(load, axes) for load in stage.loads]
        if stage.exclusive:
            loads.append(f"{_EXCLUSIVE} {needs.get(stage.exclusive, stage.exclusive)}")
        loads += [f"{kind} {thing}" for kind, thing in ((_SHARES, stage.shares), (_ALONE, stage.alone)) if thing]
        return tuple(loads)

    def _burdened(self, load: str, axes: Mapping[str, str]) -> str:
        axis, _, end = load.partition(".")
        if axis not in axes:
            return load
        return str(getattr(place(self.environment, axes[axis]), end)) if end else axes[axis]

    def _carry_out(self, key: StageKey, needs: Mapping[str, StageKey]) -> None:
        stage = self.registry.stages[key.stage]
        started, clock = time.time(), time.monotonic()
        log.info("stage %s begins", key)
        outcome: dict[str, Any]
        try:
            outcome = {"outcome": "passed", "value": stage.act(**self._arguments(stage, key, needs))}
        except StageFailed as error:
            outcome = {"outcome": "failed", "error": str(error), "by_hand": error.by_hand}
        except NotOffered as error:
            outcome = {"outcome": "skipped", "error": str(error)}
        except self._unknown as error:
            outcome = {"outcome": "unknown", "error": str(error), "by_hand": getattr(error, "by_hand", ())}
        except Exception as error:  # whatever else a library raises is this stage's failure, and is said in one line
            log.debug("stage %s", key, exc_info=True)
            failure = self._explain(error) or StageFailed(f"{type(error).__module__}.{type(error).__name__}: {error}")
            outcome = {"outcome": "failed", "error": str(failure), "by_hand": failure.by_hand}
        if "error" in outcome:
            outcome["error"] = redact(outcome["error"])
        seconds = round(time.monotonic() - clock, 3)
        result = StageResult(
            str(key), started=started, seconds=seconds, needs=tuple(map(str, needs.values())), **outcome
        )
        log.info("stage %s %s after %.1f s %s", key, result.outcome, seconds, result.error)
        result = self._publish(key, result)
        with self._lock:
            self._load.subtract(self._running.pop(key))
            self._finish(key, result)
            self._pump()
            self._idle.notify_all()

    def _publish(self, key: StageKey, result: StageResult) -> StageResult:
        returns = self.registry.stages[key.stage].returns
        try:
            self.store.put(key, result, returns)
        except Exception as error:  # an unwritable result must not leave its waiters waiting for ever
            log.exception("result of stage %s", key)
            result = StageResult(str(key), "failed", error=f"its result could not be written: {error}")
            self.store.put(key, result, returns)
        return result

    def _finish(self, key: StageKey, result: StageResult) -> None:
        """Note a result, and what it means for the stages that have waited for it."""
        self._waiting.pop(key, None)
        self._done[key] = result
        for after in self._after.pop(key, ()):
            if after not in self._waiting or self._stopping:
                continue
            if result.outcome != "passed":
                self._block(after, result)
                continue
            self._undone[after].discard(key)
            if not self._undone[after]:
                self._admit(after)

    def _block(self, key: StageKey, by: StageResult) -> None:
        if by.outcome == "skipped":
            self._finish(key, self._publish(key, StageResult(str(key), "skipped", error=by.error)))
            return
        blocked = StageResult(str(key), "blocked", error=by.error, cause=by.cause or by.stage)
        self._finish(key, self._publish(key, blocked))

    def _arguments(self, stage: Stage, key: StageKey, needs: Mapping[str, StageKey]) -> dict[str, Any]:
        axes = {axis: place(self.environment, value) for axis, value in key.axes}
        known = {**self.resources, **axes}
        return {name: self._done[needs[name]].value if name in needs else known[name] for name in stage.inputs}

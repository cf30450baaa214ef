"""The order of stages: each starts after those that it needs, and the longest chain first, within the capacity."""

from __future__ import annotations

import bisect
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from helpers.engine.capacity import Capacity, Demand, Hold
from helpers.engine.stages import Registry, StageKey
from helpers.outcomes import Outcome


class Schedule:
    """The stages that have not started. Not thread-safe: the caller holds a lock."""

    def __init__(self, registry: Registry, environment: Any, capacity: Capacity) -> None:
        self._registry, self._environment, self._capacity = registry, environment, capacity
        self._needs: dict[StageKey, Mapping[str, StageKey]] = {}
        self._waiting: dict[StageKey, Demand] = {}
        self._undone: dict[StageKey, set[StageKey]] = {}
        self._after: defaultdict[StageKey, list[StageKey]] = defaultdict(list)
        self._ready: list[StageKey] = []
        self._ended: dict[StageKey, Outcome] = {}
        self._chain_after: dict[StageKey, int] = {}
        self._to_come: defaultdict[Hold, deque[StageKey]] = defaultdict(deque)

    @property
    def waiting(self) -> list[StageKey]:
        """The stages that have not started."""
        return list(self._waiting)

    def needs(self, key: StageKey) -> Mapping[str, StageKey]:
        """The stages that a stage needs: parameter name → key."""
        return self._needs[key]

    def add(self, keys: Iterable[StageKey]) -> list[StageKey]:
        """Add the given stages and everything that they need. Returns the new ones, inputs first."""
        new = [key for key in self._registry.closure(keys, self._environment) if key not in self._needs]
        for key in new:
            self._needs[key] = self._registry.needs(key, self._environment)
            self._waiting[key] = self._registry.demand(key, self._environment)
        self._rank()
        for key in new:
            self._undone[key] = {need for need in self._needs[key].values() if self._ended.get(need) != "passed"}
            for need in self._undone[key]:
                self._after[need].append(key)
            if not self._undone[key]:
                self._get_ready(key)
        return new

    def begin(self) -> Iterator[tuple[StageKey, Demand]]:
        """Start every stage that may start now, and yield it with the capacity that it occupies.

        A stage that acts yields to stages with a longer remaining chain that cannot hold the same thing at the same
        time. A stage that only reads does not yield, because it reads what nobody has changed yet. Once a stage waits
        to hold a thing alone, no other stage starts to share that thing before it.
        """
        kept_free: set[Hashable] = set()
        for key in list(self._ready):
            demand = self._waiting[key]
            acts = self._registry.stages[key.stage].mutating
            if any(
                (not hold.alone and hold.thing in kept_free) or (acts and self._is_wanted_before(hold, key))
                for hold in demand.holds
            ):
                continue
            if self._capacity.has(demand):
                self._capacity.take(demand)
                self._remove(key)
                yield key, demand
            else:
                kept_free.update(hold.thing for hold in demand.holds if hold.alone and not self._capacity.is_free(hold))

    def end(self, key: StageKey, outcome: Outcome) -> list[StageKey]:
        """Record how a stage ended, started or not. Returns the waiting stages that it keeps from starting."""
        self._remove(key)
        self._ended[key] = outcome
        after = [one for one in self._after.pop(key, ()) if one in self._waiting]
        for one in after if outcome == "passed" else ():
            self._undone[one].discard(key)
            if not self._undone[one]:
                self._get_ready(one)
        return [one for one in after if self.is_blocked(one)]

    def is_blocked(self, key: StageKey) -> bool:
        """Whether a waiting stage cannot start any more, and it is clear why.

        A skipped need does not decide alone: another need may still fail, and a failure takes precedence.
        """
        if key not in self._waiting:
            return False
        outcomes = {self._ended.get(need) for need in self._needs[key].values()}
        return bool(outcomes - {None, "passed", "skipped"}) or ("skipped" in outcomes and None not in outcomes)

    def _get_ready(self, key: StageKey) -> None:
        bisect.insort(self._ready, key, key=self._order)

    def _remove(self, key: StageKey) -> None:
        if self._waiting.pop(key, None) is not None and not self._undone[key]:
            self._ready.remove(key)

    def _order(self, key: StageKey) -> int:
        return -self._chain_after[key]

    def _rank(self) -> None:
        """Compute the length of the chain after each waiting stage, and the order of those that will hold a thing."""
        self._chain_after = dict.fromkeys(self._waiting, 0)
        for key in reversed(self._registry.closure(self._waiting, self._environment)):
            for need in self._needs[key].values():
                self._chain_after[need] = max(self._chain_after.get(need, 0), self._chain_after.get(key, 0) + 1)
        self._ready.sort(key=self._order)
        self._to_come = defaultdict(deque)
        for key in sorted(self._waiting, key=self._order):
            for hold in self._waiting[key].holds:
                self._to_come[hold].append(key)

    def _is_wanted_before(self, hold: Hold, key: StageKey) -> bool:
        """Whether a waiting stage with a longer remaining chain needs the thing and does not depend on this stage.

        A stage that depended on this one would make this one's own chain longer still.
        """
        others = (Hold(hold.thing, alone=True), *((Hold(hold.thing),) if hold.alone else ()))
        return max(map(self._longest_to_come, others)) > self._chain_after[key]

    def _longest_to_come(self, hold: Hold) -> int:
        """The longest chain after any waiting stage with this hold, or -1 if there is none."""
        to_come = self._to_come[hold]
        while to_come and to_come[0] not in self._waiting:
            to_come.popleft()
        return self._chain_after[to_come[0]] if to_come else -1

"""In which order stages begin: each after those that it needs, the longest chain first, as far as capacity allows."""

from __future__ import annotations

import bisect
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from helpers.engine.capacity import Capacity, Demand, Hold
from helpers.engine.stages import Registry, StageKey


class Schedule:
    """The stages that have not begun yet. Not for several threads at once: whoever uses it has a lock."""

    def __init__(self, registry: Registry, environment: Any, capacity: Capacity) -> None:
        self._registry, self._environment, self._capacity = registry, environment, capacity
        self._needs: dict[StageKey, Mapping[str, StageKey]] = {}
        self._waiting: dict[StageKey, Demand] = {}
        self._undone: dict[StageKey, set[StageKey]] = {}
        self._after: defaultdict[StageKey, list[StageKey]] = defaultdict(list)
        self._ready: list[StageKey] = []
        self._passed: dict[StageKey, bool] = {}
        self._chain_after: dict[StageKey, int] = {}
        self._to_come: defaultdict[Hold, deque[StageKey]] = defaultdict(deque)

    @property
    def waiting(self) -> list[StageKey]:
        """What has not begun."""
        return list(self._waiting)

    def needs(self, key: StageKey) -> Mapping[str, StageKey]:
        """The stages that one needs: parameter name → key."""
        return self._needs[key]

    def add(self, keys: Iterable[StageKey]) -> list[StageKey]:
        """Take in the given stages and all that they need; returns those that are new, inputs first."""
        new = [key for key in self._registry.closure(keys, self._environment) if key not in self._needs]
        for key in new:
            self._needs[key] = self._registry.needs(key, self._environment)
            self._waiting[key] = self._registry.demand(key, self._environment)
        self._rank()
        for key in new:
            self._undone[key] = {need for need in self._needs[key].values() if need not in self._passed}
            for need in self._undone[key]:
                self._after[need].append(key)
            if not self._undone[key]:
                self._get_ready(key)
        return new

    def begin(self) -> Iterator[tuple[StageKey, Demand]]:
        """Every stage that may begin now, with what it has taken of the capacity.

        A stage that acts yields to those that have a longer chain after them and cannot hold the same thing beside it.
        One that only reads does not yield: it reads what nobody has changed yet. Once it is the turn of one that wants
        a thing alone, nobody else begins to share the thing until it has had it.
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

    def end(self, key: StageKey, *, passed: bool) -> list[StageKey]:
        """Note how a stage ended, begun or not; returns the waiting stages that need it and now cannot begin."""
        self._remove(key)
        self._passed[key] = passed
        after = [one for one in self._after.pop(key, ()) if one in self._waiting]
        if not passed:
            return after
        for one in after:
            self._undone[one].discard(key)
            if not self._undone[one]:
                self._get_ready(one)
        return []

    def failed_need(self, key: StageKey) -> StageKey | None:
        """What keeps a waiting stage from ever beginning: the first that it needs and that has not passed."""
        if key not in self._waiting:
            return None
        return next((need for need in self._needs[key].values() if self._passed.get(need) is False), None)

    def _get_ready(self, key: StageKey) -> None:
        bisect.insort(self._ready, key, key=self._order)

    def _remove(self, key: StageKey) -> None:
        if self._waiting.pop(key, None) is not None and not self._undone[key]:
            self._ready.remove(key)

    def _order(self, key: StageKey) -> int:
        return -self._chain_after[key]

    def _rank(self) -> None:
        """How many stages each waiting stage has after it in a row, and who is still to hold which thing."""
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
        """Whether a stage that is still to come, with a longer chain after it, needs the thing without this one.

        It cannot need this one's result, or this one's chain would be longer still.
        """
        others = (Hold(hold.thing, alone=True), *((Hold(hold.thing),) if hold.alone else ()))
        return max(map(self._longest_to_come, others)) > self._chain_after[key]

    def _longest_to_come(self, hold: Hold) -> int:
        """The longest chain after any waiting stage that is to hold a thing so; -1 where there is none."""
        to_come = self._to_come[hold]
        while to_come and to_come[0] not in self._waiting:
            to_come.popleft()
        return self._chain_after[to_come[0]] if to_come else -1

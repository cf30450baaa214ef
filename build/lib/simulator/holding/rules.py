"""What a stage has to hold, judged by what it touched: what it changes, and what it reads while others change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from helpers.engine.capacity import Common, Hold
from helpers.engine.stages import Registry, StageKey
from simulator.holding.touches import How, Touch

#: What disturbs whoever does this to the same thing.
_DISTURBS: Mapping[How, frozenset[How]] = {
    "reads": frozenset({"changes"}),
    "uses": frozenset({"changes", "copies"}),
}


@dataclass(frozen=True)
class Rules:
    """The rules for one run; they judge what is declared, not what happened to be at the same time."""

    registry: Registry
    environment: Any
    pool: Common

    def broken(self, touched: Mapping[StageKey, AbstractSet[Touch]]) -> Iterator[str]:
        """Each rule that a stage breaks, in one line.

        :param touched: stage → what it has touched
        """
        makers = {touch.id: key for key, touches in touched.items() for touch in touches if touch.how == "makes"}
        by_thing: dict[str, set[tuple[StageKey, How]]] = defaultdict(set)
        for key, touches in touched.items():
            for touch in touches:
                by_thing[touch.id].add((key, touch.how))
        for key, touches in touched.items():
            holds = set(self.registry.demand(key, self.environment).holds)
            for touch in sorted(touches, key=lambda touch: (touch.id, touch.how)):
                maker = makers.get(touch.id)
                of = f"{touch.id} of {maker}" if maker else f"{touch.id}, which no stage has made,"
                if touch.how in {"changes", "copies"}:
                    if maker != key and Hold(maker, alone=True) not in holds:
                        yield f"{key} {touch.how} {of} and does not hold it"
                elif not holds & {Hold(maker), Hold(maker, alone=True)}:
                    others = {other for other, how in by_thing[touch.id] if how in _DISTURBS.get(touch.how, ())}
                    for other in sorted(others - {key, maker} if maker else ()):
                        if not self._in_turn(key, other):
                            yield f"{key} {touch.how} {of}, which {other} changes, and does not share it"
                if touch.data and not holds & {Hold(self.pool), Hold(self.pool, alone=True)}:
                    yield f"{key} has the bytes of image {touch.id} read, and does not share {self.pool.name}"

    def _in_turn(self, one: StageKey, other: StageKey) -> bool:
        """Whether one of them needs the other, so that they never run at the same time."""
        return one in self.registry.closure([other], self.environment) or other in self.registry.closure(
            [one], self.environment
        )

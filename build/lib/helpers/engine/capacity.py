"""What stages take while they run: a part of what a place can do at once, and things that they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Load:
    """Work at a place, `central` or a site's name. What only reads does not wait for what acts."""

    place: str
    reading: bool = False


@dataclass(frozen=True)
class Hold:
    """A thing that a stage keeps while it runs: shared with others, or alone, as whoever changes it must."""

    thing: Hashable
    alone: bool = False


@dataclass(frozen=True)
class Common:
    """A thing that many stages use and none has made, such as a pool."""

    name: str


@dataclass(frozen=True)
class Demand:
    """All that one stage takes while it runs."""

    loads: tuple[Load, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How many stages may run at a place at once: those that act, by the place or else `site`, and those that read."""

    acting: Mapping[str, int] = field(default_factory=dict)
    site: int = 2
    reading: int = 8

    def of(self, load: Load) -> int:
        """The limit of one kind of work at one place."""
        return self.reading if load.reading else self.acting.get(load.place, self.site)


class Capacity:
    """What is taken at the moment. Not for several threads at once: whoever uses it has a lock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loads: Counter[Load] = Counter()
        self._holds: Counter[Hold] = Counter()

    def has(self, demand: Demand) -> bool:
        """Whether there is room for all of this."""
        return all(self._loads[load] < self._limits.of(load) for load in demand.loads) and all(
            self.is_free(hold) for hold in demand.holds
        )

    def is_free(self, hold: Hold) -> bool:
        """Whether nobody holds the thing alone, nor at all where it is wanted alone."""
        return not self._holds[Hold(hold.thing, alone=True)] and not (hold.alone and self._holds[Hold(hold.thing)])

    def take(self, demand: Demand) -> None:
        """Take all of this at once."""
        self._loads.update(demand.loads)
        self._holds.update(demand.holds)

    def give_back(self, demand: Demand) -> None:
        """Give back all of this."""
        self._loads.subtract(demand.loads)
        self._holds.subtract(demand.holds)

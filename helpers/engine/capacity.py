"""What stages occupy while they run: a share of a site's capacity, and the things that they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Load:
    """Work at a place, which is `central` or a site's name. Stages that only read do not wait for stages that act."""

    place: str
    reading: bool = False


@dataclass(frozen=True)
class Hold:
    """A thing that a stage holds while it runs: shared, or alone if the stage changes it."""

    thing: Hashable
    alone: bool = False


@dataclass(frozen=True)
class Common:
    """A thing that many stages use and no stage creates, such as a pool."""

    name: str


@dataclass(frozen=True)
class Demand:
    """Everything that one stage occupies while it runs."""

    loads: tuple[Load, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True)
class Limits:
    """The number of stages that may run at a place at once.

    Stages that act: the place's number in `acting`, otherwise `site`. Stages that only read: `reading`.
    """

    acting: Mapping[str, int] = field(default_factory=dict)
    site: int = 2
    reading: int = 8

    def of(self, load: Load) -> int:
        """The limit for one kind of work at one place."""
        return self.reading if load.reading else self.acting.get(load.place, self.site)


class Capacity:
    """What is occupied at the moment. Not thread-safe: the caller holds a lock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loads: Counter[Load] = Counter()
        self._holds: Counter[Hold] = Counter()

    def has(self, demand: Demand) -> bool:
        """Whether there is capacity for the whole demand."""
        return all(self._loads[load] < self._limits.of(load) for load in demand.loads) and all(
            self.is_free(hold) for hold in demand.holds
        )

    def is_free(self, hold: Hold) -> bool:
        """Whether the thing can be held: nobody holds it alone, and nobody holds it at all if it is wanted alone."""
        return not self._holds[Hold(hold.thing, alone=True)] and not (hold.alone and self._holds[Hold(hold.thing)])

    def take(self, demand: Demand) -> None:
        """Occupy the whole demand."""
        self._loads.update(demand.loads)
        self._holds.update(demand.holds)

    def give_back(self, demand: Demand) -> None:
        """Release the whole demand."""
        self._loads.subtract(demand.loads)
        self._holds.subtract(demand.holds)

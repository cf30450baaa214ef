"""What was observed at each site, and where nobody could observe: comparisons with three outcomes.

What was seen decides a comparison wherever it can. One that only a missing observation could decide raises NotObserved,
so that no check passes, and none fails, for what nobody has seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from helpers.outcomes import Unknown

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Unobserved:
    """A site whose cluster gave no answer: `why` in one line, and the commands that show it.

    `serves_nobody`: the cluster itself does not answer (no monitor runs, or it is silent), not only the way to it.
    """

    site: str
    why: str
    reproduce: tuple[str, ...] = ()
    serves_nobody: bool = False

    def __str__(self) -> str:
        return f"{self.site}: cluster\nexpected: an answer\nseen:     {self.why}"


class NotObserved(Unknown):
    """Nobody could observe what decides this. `cause` names the cluster that did not answer."""

    def __init__(self, *missing: Unobserved) -> None:
        super().__init__(
            "\n".join(map(str, missing)),
            reproduce=dict.fromkeys(line for one in missing for line in one.reproduce),
            cause=", ".join(f"cluster of {one.site}" for one in missing),
        )


@dataclass(frozen=True, eq=False)
class BySite(Mapping[str, T], Generic[T]):
    """Site name → what was seen there; and the sites that could not be observed.

    Asking for one of these raises NotObserved, and so does going through all sites while one is missing. `seen` is for
    those who want only what was seen.
    """

    seen: Mapping[str, T]
    unobserved: Mapping[str, Unobserved] = field(default_factory=dict)

    def __getitem__(self, site: str) -> T:
        if site in self.unobserved:
            raise NotObserved(self.unobserved[site])
        return self.seen[site]

    def __iter__(self) -> Iterator[str]:
        self._check_complete()
        return iter(self.seen)

    def __len__(self) -> int:
        self._check_complete()
        return len(self.seen)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        theirs = other if isinstance(other, BySite) else BySite(other)
        missing = {**theirs.unobserved, **self.unobserved}
        if _without(self.seen, missing) != _without(theirs.seen, missing):
            return False
        if missing:
            raise NotObserved(*missing.values())
        return True

    __hash__ = None  # type: ignore[assignment]

    def _check_complete(self) -> None:
        if self.unobserved:
            raise NotObserved(*self.unobserved.values())

    def map(self, make: Callable[[T], U]) -> BySite[U]:
        """What `make` gives for each site that was observed."""
        return BySite({site: make(seen) for site, seen in self.seen.items()}, self.unobserved)

    def commands(self, command: Callable[[T], str]) -> dict[str, str]:
        """Site name → what shows it reproduce: `command` of what was seen, or what shows why nothing was."""
        shown = {site: why.reproduce[0] for site, why in self.unobserved.items() if why.reproduce}
        return {site: command(seen) for site, seen in self.seen.items()} | shown

    def where(self, holds: Callable[[T], bool]) -> Sites:
        """The sites where this holds, as far as they were observed."""
        return Sites(frozenset(site for site, seen in self.seen.items() if holds(seen)), self.unobserved)

    def without(self, *sites: str) -> BySite[T]:
        """All the other sites."""
        return BySite(_without(self.seen, set(sites)), _without(self.unobserved, set(sites)))


@dataclass(frozen=True, eq=False)
class Sites(AbstractSet[str]):
    """The names of sites that something is true of; of the unobserved ones nobody knows."""

    found: frozenset[str]
    unobserved: Mapping[str, Unobserved] = field(default_factory=dict)

    def __contains__(self, site: object) -> bool:
        if site in self.unobserved:
            raise NotObserved(self.unobserved[str(site)])
        return site in self.found

    def __iter__(self) -> Iterator[str]:
        self._check_complete()
        return iter(self.found)

    def __len__(self) -> int:
        self._check_complete()
        return len(self.found)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AbstractSet):
            return NotImplemented
        theirs = other if isinstance(other, Sites) else Sites(frozenset(other))
        missing = {**theirs.unobserved, **self.unobserved}
        if self.found - missing.keys() != theirs.found - missing.keys():
            return False
        if missing:
            raise NotObserved(*missing.values())
        return True

    __hash__ = None  # type: ignore[assignment]

    def _check_complete(self) -> None:
        if self.unobserved:
            raise NotObserved(*self.unobserved.values())

    @classmethod
    def _from_iterable(cls, sites: Iterable[Any]) -> frozenset[str]:  # type: ignore[override]
        return frozenset(sites)


def _without(mapping: Mapping[str, U], sites: AbstractSet[str] | Mapping[str, Any]) -> dict[str, U]:
    return {site: value for site, value in mapping.items() if site not in sites}

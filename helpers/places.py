"""What a check is made for: a site, or an ordered pair of sites that something travels between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpers.environment import Environment, Site


@dataclass(frozen=True)
class Pair:
    """A journey from one DCN site to another; its text `dcn0-dcn1` is the test's id."""

    origin: Site
    target: Site

    def __str__(self) -> str:
        return f"{self.origin}-{self.target}"


def ring(environment: Environment) -> tuple[Pair, ...]:
    """Every DCN site with storage once as origin and once as target; none when there are fewer than two."""
    sites = environment.dcn_storage_sites
    if len(sites) < 2:
        return ()
    return tuple(Pair(site, sites[(number + 1) % len(sites)]) for number, site in enumerate(sites))


def pairs(environment: Environment) -> tuple[Pair, ...]:
    """The journeys to make: those that the environment file declares, otherwise the ring."""
    if environment.pairs:
        return tuple(Pair(environment.site(origin), environment.site(target)) for origin, target in environment.pairs)
    return ring(environment)


def place(environment: Any, name: str) -> Any:
    """The site or pair of that name; KeyError says which sites there are."""
    try:
        return environment.site(name)
    except KeyError:
        for pair in pairs(environment):
            if str(pair) == name:
                return pair
        raise

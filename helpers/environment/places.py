"""What a check is parametrized with: a site, an ordered pair of sites, or a stack."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from helpers.environment import CENTRAL_STACK, Environment, Site


@dataclass(frozen=True)
class Pair:
    """A round trip from one DCN site to another. Its text, such as `dcn0-dcn1`, is the test id."""

    origin: Site
    target: Site

    def __str__(self) -> str:
        return f"{self.origin}-{self.target}"


@dataclass(frozen=True)
class ExpectedStack:
    """A stack that the undercloud must have. `site` is None if the stack's name does not identify one."""

    name: str
    site: Site | None

    def __str__(self) -> str:
        return self.name


#: Number of DCN sites that share a guest image. Glance copies an image to one site after another, so a deployment with
#: many sites uses several images.
GROUP = 8


def seed_site(environment: Environment, site: Site) -> Site:
    """The site that a group's guest image is imported to: the first DCN site with storage in this site's group."""
    sites = environment.dcn_storage_sites
    number = next(number for number, other in enumerate(sites) if other.name == site.name)
    return sites[number - number % GROUP]


def expected_stacks(environment: Environment) -> tuple[ExpectedStack, ...]:
    """The stacks that the environment file expects on the undercloud. Empty if it declares no undercloud."""
    if environment.undercloud is None:
        return ()
    sites = {site.name: site for site in environment.sites} | {CENTRAL_STACK: environment.central}
    return tuple(ExpectedStack(name, sites.get(name)) for name in environment.undercloud.stacks or ())


def ring(environment: Environment) -> tuple[Pair, ...]:
    """Each DCN site with storage and compute nodes once as origin and once as target. Empty if there is only one."""
    sites = tuple(site for site in environment.dcn_storage_sites if site.has_compute)
    if len(sites) < 2:
        return ()
    return tuple(Pair(site, sites[(number + 1) % len(sites)]) for number, site in enumerate(sites))


@functools.lru_cache(maxsize=8)
def pairs(environment: Environment) -> tuple[Pair, ...]:
    """The round trips to make: those that the environment file declares, otherwise the ring."""
    if environment.pairs:
        return tuple(Pair(environment.site(origin), environment.site(target)) for origin, target in environment.pairs)
    return ring(environment)


def place(environment: Any, name: str) -> Any:
    """Return the site or pair of that name. KeyError lists the sites."""
    try:
        return environment.site(name)
    except KeyError:
        if name in _pairs_by_name(environment):
            return _pairs_by_name(environment)[name]
        raise


@functools.lru_cache(maxsize=8)
def _pairs_by_name(environment: Environment) -> dict[str, Pair]:
    return {str(pair): pair for pair in pairs(environment)}

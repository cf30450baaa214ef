"""Groups of sites that share a guest image."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from helpers.environment.places import GROUP, seed_site


@dataclass(frozen=True)
class FakeSite:
    name: str


@dataclass(frozen=True)
class FakeEnvironment:
    dcn_storage_sites: tuple[FakeSite, ...]


@pytest.mark.parametrize(
    ("number", "first"), [(0, 0), (1, 0), (GROUP - 1, 0), (GROUP, GROUP), (2 * GROUP + 3, 2 * GROUP)]
)
def test_every_site_has_a_leader(number: int, first: int):
    sites = tuple(FakeSite(f"dcn{number}") for number in range(3 * GROUP))
    environment = cast("Any", FakeEnvironment(sites))

    assert seed_site(environment, cast("Any", sites[number])) is sites[first]

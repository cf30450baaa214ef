"""A healthy deployment passes in bad weather; a few seeds of what `python -m benchmarks.reliability` does with many."""

from __future__ import annotations

import pytest

from benchmarks import reliability
from simulator.world.weather import HTTP, KINDS, Weather

#: Claims whose stages create, import, copy, delete, attach, stop and start, and those that expect a refusal.
CHANGING = ("-m", "B1 or B3 or B7 or B8 or B9 or C3 or C6 or C7 or D1 or D2")


@pytest.mark.parametrize(
    ("kind", "share"),
    [*((kind, 0.05) for kind in HTTP), ("logins", 0.5), ("connections", 0.05)],
    ids=lambda value: value,
)
def test_no_kind_of_weather_changes_the_verdict(kind: str, share: float):
    """It is that of a clear day, nothing is left over, and nothing was made twice."""
    ran = reliability.run(kind, 1, *CHANGING, share=share)

    assert (ran.printed, ran.left) == ("", {})
    assert set(ran.happened) == {kind}
    assert set(ran.outcomes) - {outcome for outcome, number in ran.outcomes.items() if not number} == {"passed"}


def test_all_of_it_at_once_does_not_either():
    ran = reliability.run(reliability.ALL, 1)

    assert (ran.printed, ran.left) == ("", {})
    assert sum(ran.happened.values()) > 20


def fates(weather: Weather, *asked: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for what in asked:
        fate = weather.becomes(what, KINDS)
        found.setdefault(what, []).append(fate[0] if fate else "")
    return found


def test_a_seed_gives_the_same_weather_whatever_is_asked_meanwhile():
    first, second = fates(Weather(7), *["a"] * 99, *["b"] * 99), fates(Weather(7), *["b", "a"] * 99)

    assert first == second
    assert first != fates(Weather(8), *["a"] * 99, *["b"] * 99)


def test_the_share_is_that_of_all_answers():
    weather = Weather(7, share=0.25)
    fates(weather, *["a"] * 1000)

    assert 200 < sum(weather.happened.values()) < 300
    assert set(weather.happened) == set(KINDS)


def test_without_a_seed_the_weather_is_good():
    weather = Weather(None)
    fates(weather, *["a"] * 1000)

    assert sum(weather.happened.values()) == 0

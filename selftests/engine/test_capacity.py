"""The capacity of a place, and things that are held alone or shared."""

import pytest

from helpers.engine.capacity import Capacity, Demand, Hold, Limits, Load

ACTS, READS = Demand((Load("dcn0"),)), Demand((Load("dcn0", reading=True),))
ALONE, SHARED = Demand(holds=(Hold("server", alone=True),)), Demand(holds=(Hold("server"),))


def full(limits: Limits, *taken: Demand) -> Capacity:
    capacity = Capacity(limits)
    for demand in taken:
        capacity.take(demand)
    return capacity


def test_what_reads_does_not_wait_for_what_acts():
    capacity = full(Limits(site=1, reading=1), ACTS)

    assert (capacity.has(ACTS), capacity.has(READS)) == (False, True)


def test_a_place_has_its_own_limit():
    limits = Limits({"central": 2}, site=1)

    assert [limits.of(Load(place)) for place in ("central", "dcn0")] == [2, 1]


@pytest.mark.parametrize(
    ("taken", "wanted", "fits"),
    [(SHARED, SHARED, True), (SHARED, ALONE, False), (ALONE, SHARED, False), (ALONE, ALONE, False)],
)
def test_a_thing_is_shared_or_held_alone(taken: Demand, wanted: Demand, fits: bool):
    assert full(Limits(), taken).has(wanted) is fits


def test_what_was_given_back_is_free_again():
    capacity = full(Limits(site=1), ACTS, ALONE)
    for demand in (ACTS, ALONE):
        capacity.give_back(demand)

    assert all(map(capacity.has, (ACTS, ALONE)))


def test_one_thing_does_not_stand_for_another():
    assert full(Limits(), ALONE).has(Demand(holds=(Hold("volume", alone=True),)))

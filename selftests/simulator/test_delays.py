"""Random delays are the same for the same seed, whatever else happens at the same time."""

from simulator.world.clock import Delays


def drawn(seed: int | None, *steps: str) -> dict[str, list[float]]:
    delays = Delays(seed)
    found: dict[str, list[float]] = {}
    for step in steps:
        found.setdefault(step, []).append(delays.seconds(step, 2.0))
    return found


def test_a_seed_gives_the_same_delays_in_any_order():
    assert drawn(7, "stop", "start", "stop") == drawn(7, "stop", "stop", "start")


def test_another_seed_gives_others():
    assert drawn(7, "stop") != drawn(8, "stop")


def test_delays_keep_within_their_bounds():
    delays = drawn(7, *["stop"] * 200)["stop"]

    assert all(0 <= one < 2.0 for one in delays)
    assert len(set(delays)) == 200


def test_without_a_seed_nothing_is_delayed():
    assert drawn(None, "stop", "stop") == {"stop": [0.0, 0.0]}

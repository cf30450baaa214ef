"""Healthy deployments pass in any order of the tests: a few seeds of the hundreds that `benchmarks.orders` runs."""

from __future__ import annotations

import random

import pytest

from benchmarks import orders
from benchmarks.disorder import selection

NAMES = ("test_volume_is_in_this_zone[dcn1]", "copied_image[dcn0]", "test_data_has_travelled[dcn0-dcn1]")


@pytest.mark.parametrize("seed", [9, 13])
def test_a_healthy_deployment_passes(seed: int):
    ran = orders.run(seed)

    assert ran.said == ""
    assert "passed" in ran.verdict


def drawn(seed: int) -> str:
    return selection(random.Random(seed), NAMES)  # noqa: S311 - no secret


def test_a_seed_draws_the_same_again():
    found = [drawn(seed) for seed in range(50)]

    assert found == [drawn(seed) for seed in range(50)]
    assert len(set(found)) > 10
    assert "" in found


def test_what_is_drawn_are_words_of_the_names():
    words = {"volume", "this", "zone", "copied", "image", "data", "travelled", "dcn0", "dcn1", "test"}
    found = {word.strip("()") for seed in range(50) for word in drawn(seed).split()}

    assert found - {"and", "or"} <= words

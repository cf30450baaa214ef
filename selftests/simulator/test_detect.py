"""The healthy deployments, as far as they can be tested without a run of the suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.faults import CHANGES, healthy
from simulator.options import arguments_of
from simulator.process import DidNotStart, running


@pytest.mark.parametrize("options", healthy.VARIATIONS.values(), ids=list(healthy.VARIATIONS))
def test_a_variation_can_be_started(options: tuple[str, ...]):
    arguments = arguments_of(["--state", "x", *options])
    assert {fault.partition(":")[0] for fault in arguments.fault} <= CHANGES.keys()


def test_variations_come_in_turn():
    names = list(healthy.in_turn(2 * len(healthy.VARIATIONS)))
    assert {names.count(name) for name in healthy.VARIATIONS} == {2}


def test_a_simulator_that_does_not_start_says_why(tmp_path: Path):
    with pytest.raises(DidNotStart, match="no fault nope"), running(tmp_path, "--fault", "nope"):
        pass

"""The simulator's way to bring faults about, and the healthy deployments, as far as that needs no run of the suite."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from faults.catalogue import FAULTS, find
from simulator import healthy
from simulator.__main__ import _arguments
from simulator.faults import CHANGES, way
from simulator.process import DidNotStart, running


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_fault_has_a_site_of_its_kind(fault: Any):
    at_central = way.site_of(CHANGES[fault.name]) == "central"
    assert at_central == (find(fault.name).site == "central")


@pytest.mark.parametrize("options", healthy.VARIATIONS.values(), ids=list(healthy.VARIATIONS))
def test_a_variation_can_be_started(options: tuple[str, ...]):
    arguments = _arguments(["--state", "x", *options])
    assert set(arguments.fault) <= CHANGES.keys()


def test_variations_come_in_turn():
    names = list(healthy.in_turn(2 * len(healthy.VARIATIONS)))
    assert {names.count(name) for name in healthy.VARIATIONS} == {2}


def test_a_simulator_that_does_not_start_says_why(tmp_path: Path):
    with pytest.raises(DidNotStart, match="no fault nope"), running(tmp_path, "--fault", "nope"):
        pass

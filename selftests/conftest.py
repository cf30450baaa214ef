"""In the project's own tests, every warning is an error, and what needs more than this machine has to be asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import get_args

import pytest

from lab.state import DEFAULT_STATE
from simulator.world.clock import Speed

_HERE = Path(__file__).parent
_WARNINGS = ("error", "ignore::DeprecationWarning:openstack", "ignore::PendingDeprecationWarning:openstack")
#: Markers of tests that are run only where `-m` names them.
_ASKED_FOR = ("lab", "clients", "drift")

# Many tests start processes of their own, and each would compile the whole project anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--lab-state", type=Path, default=DEFAULT_STATE, metavar="DIR", help="folder of the lab that runs (marker lab)"
    )
    parser.addoption(
        "--simulator-speed",
        choices=get_args(Speed),
        default="none",
        help="how long things take in the simulator for the document's lines (marker clients)",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    named = set(re.findall(r"\w+", config.option.markexpr))
    own = [item for item in items if _HERE in item.path.parents]
    deselected = [item for item in own if (marks := _asked_for(item)) and not marks & named]
    for item in own:
        # before those of the test itself, which come later and count more
        item.own_markers.insert(0, pytest.mark.filterwarnings(*_WARNINGS).mark)
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]


def _asked_for(item: pytest.Item) -> set[str]:
    return {marker for marker in _ASKED_FOR if item.get_closest_marker(marker)}

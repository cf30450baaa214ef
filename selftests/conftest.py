"""In the project's own tests, every warning is an error, and tests that need more than this machine are opt-in."""

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
#: Markers of tests that only run if `-m` names them.
_ASKED_FOR = ("lab", "clients", "drift")

# Many tests start new processes. Without bytecode files, each of them would compile the whole project.
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
        # before the test's own markers, which come later and take precedence
        item.own_markers.insert(0, pytest.mark.filterwarnings(*_WARNINGS).mark)
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]


def _asked_for(item: pytest.Item) -> set[str]:
    return {marker for marker in _ASKED_FOR if item.get_closest_marker(marker)}

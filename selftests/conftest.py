"""In the project's own tests, every warning is an error; and some of them want a lab that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.state import DEFAULT_STATE

_HERE = Path(__file__).parent
_WARNINGS = ("error", "ignore::DeprecationWarning:openstack", "ignore::PendingDeprecationWarning:openstack")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--lab-state", type=Path, default=DEFAULT_STATE, metavar="DIR", help="folder of the lab that runs (marker lab)"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            # before those of the test itself, which come later and count more
            item.own_markers.insert(0, pytest.mark.filterwarnings(*_WARNINGS).mark)

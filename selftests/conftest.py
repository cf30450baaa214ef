"""In the project's own tests, every warning is an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_WARNINGS = ("error", "ignore::DeprecationWarning:openstack", "ignore::PendingDeprecationWarning:openstack")

# Many tests start processes of their own, and each would compile the whole project anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            # before those of the test itself, which come later and count more
            item.own_markers.insert(0, pytest.mark.filterwarnings(*_WARNINGS).mark)

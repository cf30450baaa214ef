"""Listening to a run of the suite: what services and nodes answer it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from helpers.nodes.node import Completed, Node


def overhear(
    config: pytest.Config, http: Callable[[requests.Response], object], command: Callable[[Completed], object]
) -> None:
    """Tell, until pytest ends, of each answer to a request and to a command on a node."""
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    patch.setattr(HTTPAdapter, "send", _telling(HTTPAdapter.send, http))
    patch.setattr(Node, "run", _telling(Node.run, command))


def _telling(function: Any, tell: Any) -> Any:
    @functools.wraps(function)
    def told(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        tell(result)
        return result

    return told

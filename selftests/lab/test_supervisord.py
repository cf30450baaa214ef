"""The fault in supervisord that the lab fixes: it must not keep polling a broken pipe."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("supervisor")

SCRIPT = Path(__file__).parents[2] / "lab" / "inside" / "supervisord.py"


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lab_supervisord", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def broken_pipe() -> Iterator[int]:
    """The writing end of a pipe without a reader."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def test_a_pipe_without_a_reader_is_forgotten(script: ModuleType, broken_pipe: int) -> None:
    poller = script.Poller(None)
    poller.register_readable(broken_pipe)

    assert poller.poll(0) == ([], [])
    assert poller.readables == set()
    assert poller._poller.poll(0) == []


def test_what_can_be_read_is_still_reported(script: ModuleType) -> None:
    reading, writing = os.pipe()
    poller = script.Poller(None)
    poller.register_readable(reading)

    os.write(writing, b"x")

    assert poller.poll(0) == ([reading], [])
    os.close(reading)
    os.close(writing)

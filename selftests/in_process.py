"""Runs of pytest in this process, which has already imported the modules that a new process would have to import."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_here(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest in the project's folder with these options, for runs that end before they reach a deployment."""
    monkeypatch.delenv("DCN_ENVIRONMENT", raising=False)
    monkeypatch.chdir(Path(__file__).parents[1])

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        ended = pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)
        return subprocess.CompletedProcess(options, int(ended.ret), ended.stdout.str(), ended.stderr.str())

    return run

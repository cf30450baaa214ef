"""pytest's side: `pytest -p simulator.holding.plugin …` fails a run in which a stage changes what it does not hold.

It sees every request and every command of the run, and which stage it comes from. What is judged is what the stages
declare, so that one run shows what would go wrong only in some.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from helpers.engine.execution import CURRENT
from helpers.engine.stages import StageKey
from helpers.nodes.node import Completed
from simulator.holding.rules import Rules
from simulator.holding.touches import Touch, of_command, of_request
from simulator.overhear import overhear

_SEEN = pytest.StashKey["Seen"]()


class Seen:
    """What each stage has touched so far; many threads tell it."""

    def __init__(self) -> None:
        self.touched: dict[StageKey, set[Touch]] = defaultdict(set)
        self.astray: set[str] = set()
        self._acting = False
        self._lock = threading.Lock()

    def http(self, response: requests.Response) -> None:
        """One answer over HTTP."""
        request = response.request
        path = urlsplit(str(request.url)).path
        found = list(
            of_request(str(request.method), path, _json(request.body), response.status_code, _answer(response))
        )
        self._note(found, f"{request.method} {path}")

    def command(self, completed: Completed) -> None:
        """One command that ended on a node."""
        self._note(list(of_command(completed.argv)), completed.command)

    def end(self) -> None:
        """From now on the run removes what it has made."""
        self._acting = False

    def _note(self, touches: list[Touch], what: str) -> None:
        key = CURRENT.get()
        with self._lock:
            if key is not None:
                self._acting = True
                self.touched[key].update(touches)
            elif self._acting and any(touch.how != "reads" for touch in touches):
                self.astray.add(what)


def _json(body: object) -> object:
    try:
        return json.loads(body) if isinstance(body, bytes | str) else None
    except ValueError:
        return None


def _answer(response: requests.Response) -> object:
    media = response.headers.get("content-type", "")
    return _json(response.content) if media.startswith("application/json") else None


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # stages are carried out in the main process
        return
    seen = config.stash[_SEEN] = Seen()
    overhear(config, seen.http, seen.command)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    if (seen := session.config.stash.get(_SEEN, None)) is None:
        return (yield)
    seen.end()
    result = yield
    if _broken(session.config, seen):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    yield
    if (seen := config.stash.get(_SEEN, None)) is not None:
        broken = _broken(config, seen)
        stages, touches = len(seen.touched), sum(map(len, seen.touched.values()))
        told = f"{len(broken)} broken rules" if broken else "each holds what it changes"
        for line in (f"holding: {stages} stages, {touches} touches: {told}", *broken):
            terminalreporter.write_line(line)


def _broken(config: pytest.Config, seen: Seen) -> list[str]:
    # not before: pytest wants to load these modules itself, so that it can show what their asserts compare
    from fixtures.plugin.environment import environment_of
    from fixtures.stages.declare import REGISTRY
    from fixtures.stages.images import CENTRAL_IMAGES

    if not seen.touched:
        return []
    lines = Rules(REGISTRY, environment_of(config), CENTRAL_IMAGES).broken(seen.touched)
    return [*sorted(lines), *(f"{what}: by no stage" for what in sorted(seen.astray))]

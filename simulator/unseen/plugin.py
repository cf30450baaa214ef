"""pytest's side: `pytest -p simulator.unseen.plugin …` tells which checks pass over what is empty.

With `--without KIND` the run is deprived of a kind of answers instead. In either case `unseen.json` in the run's folder
says of each test how it ended, what it passes over, and what it rests on: kinds of answers, and roles of nodes.
"""

from __future__ import annotations

import contextvars
import functools
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from helpers.ceph.asking import Asker
from helpers.ceph.clusters import Clusters
from helpers.engine.execution import CURRENT
from helpers.environment import Site
from helpers.nodes.node import Completed, Node, Unreachable
from simulator.unseen.deprived import KINDS, Kind, answered_without, is_listing, of_command, without_lists
from simulator.unseen.emptied import passed_over

_SEEN = pytest.StashKey["Seen"]()
_TEST: contextvars.ContextVar[str | None] = contextvars.ContextVar("test", default=None)


class Seen:
    """What each stage and test has asked for so far, which tests have passed over what; many threads tell it."""

    def __init__(self, without: Kind | None) -> None:
        self.without = without
        self.rests_on: dict[str, set[str]] = defaultdict(set)
        self.needs: dict[str, tuple[str, ...]] = {}
        self.outcomes: dict[str, str] = {}
        self.passed_over: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def note(self, *what: str) -> None:
        """Whoever it is that asks rests on these."""
        who = _TEST.get() or str(CURRENT.get())
        with self._lock:
            self.rests_on[who].update(what)

    def http(self, response: requests.Response) -> requests.Response:
        """An answer of an API, as the run gets it."""
        request = response.request
        if request.method == "GET" and "json" in response.headers.get("content-type", "") and is_listing(request.url):
            bare = without_lists(response.text)
            if bare is not None:
                self.note("records")
            if bare is not None and self.without == "records":
                response._content = bare.encode()
                response.headers["content-length"] = str(len(response.content))
        return response

    def command(self, completed: Completed) -> Completed:
        """An answer of a node, as the run gets it."""
        self.note(*of_command(completed))
        return answered_without(self.without, completed) if self.without else completed

    def report(self) -> dict[str, Any]:
        """Test → outcome, and what it rests on, by itself and by the facts that it needs: what acts looks by itself."""
        return {
            test: {
                "outcome": outcome,
                "passes_over": sorted(self.passed_over.get(test, ())),
                "rests_on": sorted(self.rests_on[test].union(*(self.rests_on[need] for need in self.needs[test]))),
            }
            for test, outcome in self.outcomes.items()
            if test in self.needs
        }


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("dcn").addoption("--without", choices=KINDS, help="deprive the run of this kind of answers")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        raise pytest.UsageError("simulator.unseen.plugin looks at one process; leave out -n")
    seen = config.stash[_SEEN] = Seen(config.getoption("--without"))
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    patch.setattr(HTTPAdapter, "send", _through(HTTPAdapter.send, seen.http))
    patch.setattr(Node, "run", _unreachable if seen.without == "nodes" else _through(Node.run, seen.command))
    patch.setattr(Site, "nodes_with", _noting(Site.nodes_with, lambda site, role: seen.note(f"role {role}")))
    # one stage's look serves others
    looks = ("role ceph-mon", "nodes", "containers", "pools")
    patch.setattr(Clusters, "observe", _noting(Clusters.observe, lambda *_, **__: seen.note(*looks)))
    patch.setattr(Asker, "checked", _noting(Asker.checked, lambda *_, **__: seen.note("role ceph-mon")))
    patch.setattr(ThreadPoolExecutor, "submit", _in_context(ThreadPoolExecutor.submit))


def _unreachable(node: Node, *argv: str, **options: Any) -> Completed:
    raise Unreachable(node.name, node.spec.address, "no route to host")


def _through(function: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def asked(*args: Any, **kwargs: Any) -> Any:
        return change(function(*args, **kwargs))

    return asked


def _noting(function: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
    @functools.wraps(function)
    def asked(*args: Any, **kwargs: Any) -> Any:
        note(*args, **kwargs)
        return function(*args, **kwargs)

    return asked


def _in_context(submit: Callable[..., Any]) -> Callable[..., Any]:
    """What a stage has others do, it rests on as well."""

    @functools.wraps(submit)
    def submitted(pool: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return submit(pool, contextvars.copy_context().run, function, *args, **kwargs)

    return submitted


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    # not before: pytest wants to load these modules itself, so that it can show what their asserts compare
    from fixtures.plugin.environment import environment_of
    from fixtures.plugin.stages import NEEDS
    from fixtures.stages.declare import REGISTRY

    seen, needs = item.config.stash[_SEEN], item.stash.get(NEEDS, ())
    if not isinstance(item, pytest.Function) or not needs:
        return (yield)
    closure = REGISTRY.closure(needs, environment_of(item.config))
    seen.needs[item.nodeid] = tuple(str(key) for key in closure if not REGISTRY.stages[key.stage].mutating)
    token = _TEST.set(item.nodeid)
    try:
        result = yield
        arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
        found = {name: value for name, value in arguments.items() if name in REGISTRY.stages | REGISTRY.aliases}
        others = {name: value for name, value in arguments.items() if name not in found}
        if seen.without is None and (told := passed_over(item.obj, found, others)):
            seen.passed_over[item.nodeid] = told
    finally:
        _TEST.reset(token)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or report.outcome != "passed":
        item.config.stash[_SEEN].outcomes[item.nodeid] = getattr(report, "verdict", report.outcome)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    from fixtures.plugin.workers import RUN

    result = yield
    if (run := session.config.stash.get(RUN, None)) is not None:
        seen = session.config.stash[_SEEN]
        (run.folder / "unseen.json").write_text(json.dumps(seen.report(), indent=1))
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    yield
    seen = config.stash[_SEEN]
    lines = [f"{test} passes over {place}" for test, places in sorted(seen.passed_over.items()) for place in places]
    told = f"{len(lines)} times something empty is passed over" if lines else "nothing empty is passed over"
    for line in (f"unseen: {len(seen.outcomes)} checks: {told}", *lines):
        terminalreporter.write_line(line)

"""The recorder as a pytest plugin: `pytest -p simulator.record.plugin --record FILE …` records the answers of a run.

It observes requests and the harness's SSH connections in every process of the run. It writes the file only after a
successful run, because the answers of a broken deployment are not a record.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from helpers.environment import Environment
from helpers.nodes.node import Completed
from simulator.overhear import overhear
from simulator.record import commands
from simulator.record import requests as kinds
from simulator.record.record import Record
from simulator.record.shapes import Shape

SSH = "ssh"
_RECORDER = pytest.StashKey["Recorder"]()


class Recorder:
    """Collects the answers, which come from many threads."""

    def __init__(self, environment: Environment) -> None:
        self.joined = Record()
        self._names = commands.Names(environment)
        self._services = {urlsplit(site.glance).netloc: "image" for site in environment.sites if site.glance}
        self._services[urlsplit(str(environment.image.uri)).netloc] = "image source"
        # the hosts of services are known only after the login, so answers are collected by host until the end
        self._by_host = Record()
        self._lock = threading.Lock()

    def http(self, response: requests.Response) -> None:
        """Record one HTTP answer."""
        request, body = response.request, _body(response)
        headers = {str(name).lower(): str(value) for name, value in request.headers.items()}
        sent = request.body if isinstance(request.body, bytes | str) else None
        kind = kinds.kind(str(request.method), str(request.url), headers, sent)
        shape: Shape = kinds.answer(response.headers, body)
        with self._lock:
            self._by_host.add(urlsplit(str(request.url)).netloc, kind, str(response.status_code), shape)
            for host, service in kinds.endpoints(body):
                self._services.setdefault(host, service)

    def command(self, completed: Completed) -> None:
        """Record one finished command on a node, except those that read processes, whose output varies."""
        if any("/proc/" in word for word in completed.argv):
            return
        shape = commands.answer(completed.argv, completed.stdout)
        with self._lock:
            self.joined.add(SSH, commands.kind(completed.argv, self._names), str(completed.exit_status), shape)

    def record(self) -> Record:
        """Return all answers by service."""
        with self._lock:
            found = Record()
            found.join(self.joined)
            for host, kind, status, shape in self._by_host:
                found.add(self._services.get(host, "unknown service"), kind, status, shape)
            return found


def _body(response: requests.Response) -> Any:
    media = response.headers.get("content-type", "").partition(";")[0]
    if media == "application/octet-stream":
        return kinds.NotJson("data")  # the data of a disk is not read here
    if not response.content:
        return kinds.NotJson("empty")
    try:
        return response.json()
    except ValueError:
        return kinds.NotJson("text")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dcn")
    group.addoption("--record", metavar="FILE", help="record the shape of every answer of the deployment in this file")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    # imported late, because pytest must load these modules itself to rewrite their asserts
    from fixtures.plugin.environment import environment_of, has_environment

    if not config.getoption("--record") or not has_environment(config):
        return
    recorder = config.stash[_RECORDER] = Recorder(environment_of(config))
    overhear(config, recorder.http, recorder.command)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Join the answers that an xdist worker has recorded."""
    recorder = node.config.stash.get(_RECORDER, None)
    if recorder is not None and hasattr(node, "workeroutput"):
        recorder.joined.join(Record.of(node.workeroutput.get("record", {})))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _is_worker(session.config) and _RECORDER in session.config.stash:
        session.config.workeroutput["record"] = session.config.stash[_RECORDER].record().plain()  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Any:
    result = yield
    if _RECORDER in config.stash and not _is_worker(config):
        terminalreporter.write_line(_written(config, terminalreporter))
    return result


def _written(config: pytest.Config, reporter: pytest.TerminalReporter) -> str:
    file = config.invocation_params.dir / Path(config.getoption("--record"))
    status = getattr(reporter, "_session").exitstatus  # noqa: B009 - pytest shows it nowhere else at this time
    if status != pytest.ExitCode.OK:
        return f"record: {file} is not written, as the run did not end well (exit code {int(status)})"
    record = config.stash[_RECORDER].record()
    record.write(file)
    return f"record: {file}: {sum(1 for _ in record)} kinds of answers"

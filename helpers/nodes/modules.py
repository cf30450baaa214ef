"""Testinfra's modules on a node, over its own connection: `node.host.service("chronyd").is_running`.

They are for what is asked singly. Why the checks ask for files, containers and processes otherwise is in
docs/explanation/testinfra.md.
"""

from __future__ import annotations

from typing import Any

import testinfra.host
from testinfra.backend.base import BaseBackend, CommandResult

from helpers.nodes.runner import CommandFailed, Completed, Runner
from helpers.outcomes import Unknown


class _Backend(BaseBackend):  # type: ignore[misc]  # testinfra has no types
    NAME = "dcn-verify"
    encoding = "utf-8"


class Modules(testinfra.host.Host):  # type: ignore[misc]
    """Testinfra's host, whose commands are the node's: with its deadline, its sudo, and its errors.

    A command that testinfra did not expect to end so raises Unknown, and no AssertionError with all its output: what
    could not be looked at fails no claim.
    """

    def __init__(self, runner: Runner) -> None:
        super().__init__(_Backend(runner.name))
        self._runner = runner

    def run(self, command: str, *args: str, **_: Any) -> CommandResult:
        return self._result(self._completed(command, args))

    def run_expect(self, expected: list[int], command: str, *args: str, **_: Any) -> CommandResult:
        completed = self._completed(command, args)
        if completed.exit_status not in expected:
            failed = CommandFailed(completed)
            raise Unknown(str(failed), reproduce=failed.reproduce)
        return self._result(completed)

    def check_output(self, command: str, *args: str, **_: Any) -> str:
        output: str = self.run_expect([0], command, *args).stdout
        return output.rstrip("\r\n")

    def _completed(self, command: str, args: tuple[str, ...]) -> Completed:
        return self._runner.run("/bin/sh", "-c", self.backend.quote(command, *args))

    def _result(self, of: Completed) -> CommandResult:
        # not `backend.result`, which logs what a command has printed, keys too
        return CommandResult(self.backend, of.exit_status, of.command.encode(), of.stdout, of.stderr)

"""What a command on a node comes to: its answer, or why there is none; and what runs commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from helpers.outcomes import Unknown
from helpers.redact import redact


class Unreachable(Unknown):
    """A node cannot be logged in to; the message is one line: node, address, reason.

    :param passing: the next attempt may succeed
    """

    def __init__(self, node: str, address: str, reason: str, reproduce: str = "", *, passing: bool = False) -> None:
        self.node, self.address, self.passing = node, address, passing
        self.reason = redact(" ".join(reason.split()))
        super().__init__(f"{node} ({address}): {self.reason}", reproduce=filter(None, (reproduce,)))


class DeadlinePassed(Unknown):
    """A command was not done within its deadline, in seconds, and was ended."""

    def __init__(self, node: str, reproduce: str, deadline: float) -> None:
        self.node, self.deadline = node, deadline
        super().__init__(f"{node}: not done within {deadline:g} s: {reproduce}", reproduce=(reproduce,))


class CommandFailed(Exception):
    """A command ended with another status than 0; says where, which, the status and the end of its errors."""

    def __init__(self, completed: Completed, problem: str = "") -> None:
        self.completed, self.node, self.problem = completed, completed.node, redact(problem)
        self.reproduce: tuple[str, ...] = (completed.reproduce,)
        # marked as quoted, so that no node can make up a line of ours
        said = "\n".join(f"| {line}" for line in completed.stderr.strip().splitlines()[-5:])
        if not problem:
            problem, said = f"exit status {completed.exit_status}", said or "(nothing on standard error)"
        super().__init__(redact(f"{completed.node}: {problem}: {completed.reproduce}\n{said}".rstrip()))


@dataclass(frozen=True)
class Completed:
    """A command that ended: its output as text, its exit status (-1: ended by a signal).

    `command` is the line that the node's shell got, without the deadline; `reproduce` is what a person pastes on
    this side to see the same.
    """

    node: str
    argv: tuple[str, ...]
    command: str
    exit_status: int
    stdout: str
    stderr: str
    reproduce: str

    def __repr__(self) -> str:
        # output may hold a key, and may be megabytes
        return redact(
            f"<{self.reproduce} → exit status {self.exit_status}, "
            f"stdout {self.stdout[:500]!r}, stderr {self.stderr[:500]!r}>"
        )


class Runner(Protocol):
    """What runs a command somewhere: a Node, or a fake in selftests."""

    @property
    def name(self) -> str: ...

    @property
    def hostname(self) -> str: ...

    def command(self, *argv: str, sudo: bool = True) -> str: ...

    def run(self, *argv: str, deadline: float | None = None, sudo: bool = True) -> Completed: ...

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed: ...

"""The outcomes of stages, checks and prerequisites, and the exceptions for those that do not pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, get_args

#: `failed`: the claim does not hold. `blocked`: something that it needs has failed, and is reported at its own place.
#: `unknown`: nobody could find out. `skipped`: the deployment does not offer it, and need not.
Outcome = Literal["passed", "failed", "blocked", "unknown", "skipped"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
WORST_FIRST: tuple[Outcome, ...] = ("failed", "unknown", "blocked", "passed", "skipped")


def worst(outcomes: Collection[Outcome]) -> Outcome:
    """The worst of several outcomes, at least one."""
    return next(outcome for outcome in WORST_FIRST if outcome in outcomes)


class _NotPassed(Exception):
    def __init__(self, message: str, *, reproduce: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.reproduce = tuple(reproduce)


class Failed(_NotPassed):
    """The deployment did not do what was asked of it. The message has site, expected and seen.

    :param reproduce: commands that show it
    """


class Unknown(_NotPassed):
    """It could not be found out whether the claim holds, for example because a node does not answer.

    :param reproduce: commands that show why
    :param cause: what leaves other checks unknown as well, such as a cluster; it is reported once for all of them
    """

    def __init__(self, message: str, *, reproduce: Iterable[str] = (), cause: str | None = None) -> None:
        super().__init__(message, reproduce=reproduce)
        self.cause = cause


class BlockedBy(Exception):
    """Something that several stages share has failed already, and is reported at the stage that needed it first.

    :param cause: that stage
    """

    def __init__(self, message: str, *, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


class NotOffered(Exception):
    """The deployment does not offer what the stage would verify, and need not. The message says what and where from."""

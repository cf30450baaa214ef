"""How stages, checks and prerequisites end, and the exceptions that say so where one does not pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, get_args

#: `failed`: it is not as it must be. `blocked`: something that it needs has failed, and is reported at its own place.
#: `unknown`: nobody could find out. `skipped`: the deployment does not offer it, and need not.
Outcome = Literal["passed", "failed", "blocked", "unknown", "skipped"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
WORST_FIRST: tuple[Outcome, ...] = ("failed", "unknown", "blocked", "passed", "skipped")


def worst(outcomes: Collection[Outcome]) -> Outcome:
    """What several of these amount to; there must be one."""
    return next(outcome for outcome in WORST_FIRST if outcome in outcomes)


class _NotPassed(Exception):
    def __init__(self, message: str, *, reproduce: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.reproduce = tuple(reproduce)


class Failed(_NotPassed):
    """The deployment did not do what was asked of it. The message says site, expected, seen.

    :param reproduce: commands that show it
    """


class Unknown(_NotPassed):
    """Whether the claim holds could not be found out, for example because a node does not answer.

    :param reproduce: commands that show why
    :param cause: what keeps others from being found out, too, such as a cluster; it is reported once for all of them
    """

    def __init__(self, message: str, *, reproduce: Iterable[str] = (), cause: str | None = None) -> None:
        super().__init__(message, reproduce=reproduce)
        self.cause = cause


class NotOffered(Exception):
    """The deployment does not offer what the stage would verify, and need not; the message says what, and by what."""

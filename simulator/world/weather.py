"""Bad weather of a healthy deployment: a share of all answers is lost, late or an error that passes.

Each answer's fate is drawn by what is asked and how often that was so: the same seed gives the same weather again,
whatever else happens meanwhile.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Mapping

#: What may become of an answer by HTTP.
HTTP: Mapping[str, str] = {
    "errors": "500, 502, 503, 504 or 429 instead of doing what was asked",
    "lost": "what was asked is done, and 500, 502, 503 or 504 answered",
    "resets": "the connection ends before an answer, and before anything is done",
    "cuts": "what was asked is done, and the connection ends in the middle of the answer",
    "late": "the answer takes its time",
    "tokens": "every token that was ever issued is revoked, and answered with 401",
}
#: What may become of SSH.
SSH: Mapping[str, str] = {
    "logins": "the connection ends before the login, or the key is refused",
    "connections": "the connection ends before a command, or in the middle of its output",
}
KINDS = (*HTTP, *SSH)
#: Of all answers, if nothing else is said.
SHARE = 0.05


class Weather:
    """Clear without a seed.

    :param kinds: those of `KINDS` that may happen; none: all
    :param share: of all answers, logins and commands
    """

    def __init__(self, seed: int | None = None, kinds: Collection[str] = (), share: float = SHARE) -> None:
        self._seed, self._share = seed, share
        self._kinds = [kind for kind in KINDS if kind in kinds or not kinds]
        self._asked: Counter[str] = Counter()
        #: how often each kind has happened
        self.happened: Counter[str] = Counter()

    def becomes(self, what: str, kinds: Collection[str]) -> tuple[str, random.Random] | None:
        """What becomes of the next answer to this, with what more is to be drawn by; None: nothing bad."""
        possible = [kind for kind in self._kinds if kind in kinds]
        if self._seed is None or not possible:
            return None
        self._asked[what] += 1
        drawn = random.Random(f"{self._seed} {what} {self._asked[what]}")  # noqa: S311 - no secret
        if drawn.random() >= self._share:
            return None
        kind = drawn.choice(possible)
        self.happened[kind] += 1
        return kind, drawn

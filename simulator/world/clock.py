"""The duration of steps, and background work."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, Literal

Speed = Literal["none", "lab", "cloud"]
_FACTOR: dict[str, float] = {"none": 0.0, "lab": 1.0, "cloud": 8.0}
# Seconds, measured on a lab with three sites on two cores; _PER_GIB is added for each GiB of data.
SECONDS = {
    "import": 0.3,
    "download": 0.8,
    "convert": 0.6,
    "copy": 0.5,
    "lock": 0.2,
    "delete": 0.1,
    "volume": 0.8,
    "snapshot": 0.4,
    "attach": 0.4,
    "schedule": 0.5,
    "spawn": 1.5,
    "stop": 1.0,
    "start": 1.0,
    "createImage": 0.8,
    # an estimate of the time from the end of a server to the removal of its record
    "forget": 0.4,
}
_PER_GIB = {"copy": 20.0, "download": 20.0, "convert": 10.0, "createImage": 20.0}
_GIB = 1024**3
# the longest random delays, in seconds
_MOST_FOR_A_STEP, _MOST_FOR_AN_ANSWER = 2.0, 0.2
_LOG = logging.getLogger("simulator")


class Delays:
    """Random delays, most of them short. The same seed gives the same delays.

    Each delay depends only on the kind of step and on the number of earlier delays of that kind, and not on other
    steps.
    """

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._drawn: Counter[str] = Counter()

    def seconds(self, what: str, most: float) -> float:
        """Return the next delay of this kind, up to `most` seconds; without a seed, there are no delays."""
        if self._seed is None:
            return 0.0
        self._drawn[what] += 1
        drawn = random.Random(f"{self._seed} {what} {self._drawn[what]}").random()  # noqa: S311 - no secret
        return most * drawn**3


class Clock:
    """The pace of the world, and its background work.

    :param seed: the seed of random delays for every step and every answer
    """

    def __init__(self, speed: Speed, seed: int | None = None) -> None:
        self.speed = speed
        self.factor = _FACTOR[speed]
        self.delays = Delays(seed)
        self._running: set[asyncio.Task[None]] = set()

    async def takes(self, step: str, used_bytes: int = 0) -> None:
        """Wait as long as this step takes. Other tasks can run in the meantime, also with speed `none`."""
        seconds = SECONDS[step] + _PER_GIB.get(step, 0.0) * used_bytes / _GIB
        await asyncio.sleep(seconds * self.factor + self.delays.seconds(step, _MOST_FOR_A_STEP))

    async def answers(self, what: str) -> None:
        """Wait before a service or a node answers, if there are random delays."""
        if seconds := self.delays.seconds(what, _MOST_FOR_AN_ANSWER):
            await asyncio.sleep(seconds)

    async def saves(self) -> None:
        """Wait as long as a service takes to write back to its database what it has read there."""
        await asyncio.sleep(self.delays.seconds("save", _MOST_FOR_AN_ANSWER))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the coroutine in the background. An unexpected error is logged with its traceback."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.error("background work failed", exc_info=task.exception())


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def glance_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_time(moment: datetime | None) -> str | None:
    """Return a time in the format of Nova's and Cinder's records of services and volumes."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") if moment else None

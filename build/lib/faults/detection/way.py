"""What the runner needs of whatever brings faults about: the simulator and the lab are such ways.

`command` says which functions a module has that offers one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from faults.catalogue import Fault
from faults.detection.results import Observation

Say = Callable[[str], None]


class LeftOut(Exception):
    """This deployment has nothing that could be broken so; one line."""


class Refused(Exception):
    """Detection cannot begin, or not go on; one line, and the exit code."""

    def __init__(self, said: str, exit_code: int = 4) -> None:
        super().__init__(said)
        self.exit_code = exit_code


class Way(Protocol):
    """One way to bring faults about."""

    @property
    def name(self) -> str:
        """The source under which the results are published."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of the catalogue that it brings about, in the catalogue's order."""

    def prepared(self, say: Say) -> AbstractContextManager[None]:
        """What surrounds a run. Raises Refused where detection could not tell anything."""

    def observe(self, fault: Fault) -> Observation:
        """Bring a fault about, run the suite, and undo it. Raises LeftOut."""

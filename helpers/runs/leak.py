"""What a run has left behind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Leak:
    """A resource of a run that could not be removed, or that is not known to be gone."""

    kind: str
    """What it is, such as `image` or `volume`."""
    name: str
    """Its name."""
    id: str | None
    """Its id; null where the service has never told it."""
    problem: str
    """What was expected, and what was seen."""
    reproduce: str
    """The command that removes it, or shows it."""
    sites: tuple[str, ...] = ()
    """The sites whose clusters still have its data, or may have it."""

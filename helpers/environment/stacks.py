"""The stacks that must be complete on the undercloud."""

from __future__ import annotations

from pathlib import Path

from helpers.environment.mistakes import BadEnvironment
from helpers.environment.sections import File, Undercloud

#: The guide's name for the stack of the central site.
CENTRAL_STACK = "control-plane"


def undercloud_section(path: Path, parsed: File) -> Undercloud | None:
    """The section `undercloud` with the stacks of the file, or by default with those that the guide would name.

    Raises BadEnvironment for a stack that is named twice.
    """
    given = parsed.undercloud
    if given is None:
        return None
    by_site = (CENTRAL_STACK if entry.central else name for name, entry in parsed.sites.items())
    stacks = given.stacks or tuple(by_site)
    for number, name in enumerate(stacks):
        if name in stacks[:number]:
            raise BadEnvironment(path, f"undercloud.stacks.{number}", f"{name!r} stands twice; keep one of them")
    return given.model_copy(update={"stacks": stacks})

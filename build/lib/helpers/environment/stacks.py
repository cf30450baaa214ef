"""The stacks that must be complete on the undercloud."""

from __future__ import annotations

from pathlib import Path

from helpers.environment.mistakes import BadEnvironment
from helpers.environment.sections import File, Undercloud

#: What the guide calls the stack of the central site.
CENTRAL_STACK = "control-plane"


def undercloud_section(path: Path, parsed: File) -> Undercloud | None:
    """The section `undercloud`, its stacks named: those of the file, or the document's names.

    Raises BadEnvironment for a stack that stands twice.
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

"""Nothing passes unseen: of stacks whose files say nothing, no check finds that all is well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.tripleo import checks, layout, roles
from helpers.tripleo.findings import FoundElsewhere, NotGiven
from helpers.tripleo.stacks import DeploymentFiles, Stack
from selftests.deployment_files.test_doc_example import FILES

#: It is about the central stack, and says so.
OF_CENTRAL = roles.storage_nodes


def passes(check: checks.Check, files: DeploymentFiles, stack: Stack) -> bool:
    try:
        return check.function(files, stack) == []
    except (NotGiven, FoundElsewhere):
        return False


@pytest.mark.parametrize("check", [check for check in checks.ALL if not check.advice], ids=str)
def test_no_check_passes_where_nothing_is_given(
    check: checks.Check, write_files: Callable[[Mapping[str, str]], Path]
) -> None:
    """Whether a site has storage cannot be told then either, so that no check is left out."""
    read = layout.read(write_files(FILES))
    bare = replace(
        read, stacks=tuple(Stack(stack.name, stack.home, stack.files, central=stack.central) for stack in read.stacks)
    )
    stacks = [stack for stack in check.candidates(bare) if check.function is not OF_CENTRAL or stack.central]

    assert stacks
    assert [stack.name for stack in stacks if passes(check, bare, stack)] == []

"""What deploys, but not as its author may think. The doc's own settings get some of it, so it fails nothing."""

from __future__ import annotations

import difflib

from helpers.deployment_files import facts, multistore
from helpers.deployment_files.findings import Finding
from helpers.deployment_files.shape import PARAMETERS
from helpers.deployment_files.stacks import DeploymentFiles, Stack


def unnamed_stores(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """A DCN site's own store has an id of its own."""
    return [] if stack.central or not facts.has_storage(stack) else multistore.unnamed_store(files, stack)


def misspelt(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """No parameter is called nearly as one that matters: Heat passes over a parameter that it does not know."""
    found = []
    for name, nodes in stack.parameters.items():
        near = [] if name in PARAMETERS else difflib.get_close_matches(name, PARAMETERS, n=1, cutoff=0.93)
        found += [
            Finding(node.place, f"the parameter {name}, which no template has", f"{near[0]}?") for node in nodes if near
        ]
    return found

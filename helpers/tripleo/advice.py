"""Settings that deploy, but may not have the expected effect. The guide has some of them, so they fail nothing."""

from __future__ import annotations

import difflib

from helpers.tripleo import facts
from helpers.tripleo.findings import Finding, Place
from helpers.tripleo.shape import PARAMETERS
from helpers.tripleo.stacks import DeploymentFiles, Stack
from helpers.tripleo.stores import DEFAULT_ID, store_id


def unnamed_stores(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Advice only, because the guide's literal settings differ: GlanceBackendID is not the same as central's."""
    central = files.central
    if central is None or store_id(stack) != store_id(central):
        return []
    node, other = stack.parameter("GlanceBackendID"), central.parameter("GlanceBackendID")
    seen = (
        node.shown if node else f"no GlanceBackendID, so the site's own store is called {DEFAULT_ID!r}, as central's is"
    )
    expected = (
        f"GlanceBackendID: {facts.cluster_name(stack)}; with one id for two stores, a snapshot taken at {stack} is "
        "recorded as being in central's store, and cannot be copied anywhere"
    )
    finding = Finding(node.place if node else stack.place, seen, expected, other.place if other else None)
    return [finding] if node else files.lacks(stack, finding, stack.maybe.get("GlanceBackendID", ()))


def misspelt(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Advice only: no parameter is a near miss of one that matters. Heat would ignore it."""
    found = []
    for name, nodes in stack.parameters.items():
        near = [] if name in PARAMETERS else difflib.get_close_matches(name, PARAMETERS, n=1, cutoff=0.93)
        found += [
            Finding(node.place, f"the parameter {name}, which no template has", f"{near[0]}?") for node in nodes if near
        ]
    return found


def passed_over(files: DeploymentFiles, most: int = 20) -> list[Finding]:
    """What was passed over although it may matter: at most `most` findings, and the number of the others."""
    shown = list(files.passed_over[:most])
    if len(files.passed_over) > most:
        shown.append(
            Finding(Place("./"), f"{len(files.passed_over) - most} more that were passed over", "as those above")
        )
    return shown

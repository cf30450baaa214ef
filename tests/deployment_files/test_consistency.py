"""E1-E5: the files of a deployment agree with each other, and with the requirements of the workflow.

There is one test for each check and stack. `helpers/tripleo/checks.py` names the checks; `-k` selects by these names.
Requires: --deployment-files DIR.
"""

from collections.abc import Callable

from helpers.tripleo.checks import Check
from helpers.tripleo.findings import Finding, listing
from helpers.tripleo.stacks import DeploymentFiles, Stack


def test_files_agree(check: Check, deployment_files: DeploymentFiles, stack: Stack) -> None:
    """The check finds no mistake in this stack; reports quote the check's own statement in place of this one."""
    findings = check.function(deployment_files, stack)

    assert findings == [], listing(findings)


def test_advice(
    check: Check, deployment_files: DeploymentFiles, stack: Stack, advise: Callable[[list[Finding]], None]
) -> None:
    """A setting that deploys, but may not have the expected effect, is a warning; reports quote its own statement."""
    advise(check.function(deployment_files, stack))

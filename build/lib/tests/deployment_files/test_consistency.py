"""E1-E5: the files of a deployment agree with each other, and with what the workflow needs.

One test for each check and stack; `helpers/tripleo/checks.py` names the checks, by which `-k` selects them.
Requires: --deployment-files DIR.
"""

from collections.abc import Callable

from helpers.tripleo.checks import Check
from helpers.tripleo.findings import Finding, listing
from helpers.tripleo.stacks import DeploymentFiles, Stack


def test_files_agree(check: Check, deployment_files: DeploymentFiles, stack: Stack) -> None:
    """The check finds no mistake at this stack; reports quote the check's own statement in place of this one."""
    findings = check.function(deployment_files, stack)

    assert findings == [], listing(findings)


def test_advice(
    check: Check, deployment_files: DeploymentFiles, stack: Stack, advise: Callable[[list[Finding]], None]
) -> None:
    """What deploys, but not as its author may think, is a warning; reports quote the check's own statement."""
    advise(check.function(deployment_files, stack))

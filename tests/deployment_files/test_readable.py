"""Prerequisites of the other checks: the files can be read, and the central stack's are among them.

Requires: --deployment-files DIR.
"""

from collections.abc import Callable

from fixtures.plugin.claims import claim
from fixtures.plugin.deployment_files import SHARED
from helpers.tripleo import advice
from helpers.tripleo.findings import Finding, listing
from helpers.tripleo.stacks import DeploymentFiles


@claim("E1", "E2", "E3", "E4", "E5")
def test_files_are_readable(deployment_files: DeploymentFiles, folder: str) -> None:
    """Every file is readable YAML, and every value has the type of its parameter."""
    findings = list(deployment_files.unreadable.get("" if folder == SHARED else folder, ()))

    assert findings == [], listing(findings)


@claim("E1", "E2", "E3", "E4", "E5")
def test_no_key_is_written_twice(deployment_files: DeploymentFiles, folder: str) -> None:
    """No mapping has the same key twice; all of its values but the last would be lost."""
    findings = list(deployment_files.doubtful.get("" if folder == SHARED else folder, ()))

    assert findings == [], listing(findings)


@claim("E1", "E2", "E3", "E4", "E5")
def test_everything_was_looked_at(deployment_files: DeploymentFiles, advise: Callable[[list[Finding]], None]) -> None:
    """Advice only: nothing that may matter was passed over, such as an encrypted file or a second set of files."""
    advise(advice.passed_over(deployment_files))


@claim("E3")
def test_central_stack_is_among_the_files(deployment_files: DeploymentFiles) -> None:
    """One of the stacks is the central one, which each DCN stack is compared with."""
    names = [stack.name for stack in deployment_files.stacks if stack.central]

    assert len(names) == 1, f"no central stack (control-plane/) among: {', '.join(map(str, deployment_files.stacks))}"

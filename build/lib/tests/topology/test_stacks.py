"""The deployment's stacks. Needs an undercloud in the environment file, and SSH to it."""

from fixtures.plugin.claims import claim
from helpers.environment.places import ExpectedStack
from helpers.tripleo.undercloud import COMPLETE, Stacks


@claim("A18")
def test_stack_is_complete(deployed_stacks: Stacks, expected_stack: ExpectedStack):
    """This stack is there, and its last deployment or update has come to its end."""
    seen = deployed_stacks.seen(expected_stack.name)
    expected = " or ".join(sorted(COMPLETE))

    assert seen in COMPLETE, f"stack {expected_stack}\nexpected: {expected}\nseen:     {seen}"

"""The undercloud, and its report on the deployment's stacks.

Sources: the guide ("Deploy the control-plane stack"); python-heatclient's `openstack stack list`; Heat's stack states,
`<action>_<status>`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpers.environment import Environment, NodeSpec
from helpers.environment import Undercloud as Section
from helpers.nodes.node import CommandFailed, Completed, Node, Runner

#: The states of a stack whose last deployment or update has succeeded.
COMPLETE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})


@dataclass(frozen=True)
class Stacks:
    """The existing stacks: name → state, such as `CREATE_COMPLETE`."""

    states: Mapping[str, str]
    reproduce: str = field(default="", compare=False)

    def seen(self, name: str) -> str:
        """The state of that stack, or that it does not exist and which stacks do."""
        there = ", ".join(sorted(self.states)) or "none"
        return self.states.get(name) or f"no such stack; stacks there: {there}"


class Undercloud:
    """The undercloud, queried over SSH as the user whose home directory contains the rc file.

    :param rc: the file with the undercloud's credentials, absolute or relative to the user's home directory
    """

    def __init__(self, node: Runner, rc: str = "stackrc") -> None:
        self.node, self.rc = node, rc

    def connect(self) -> None:
        """Log in now. Raises Unreachable."""
        if isinstance(self.node, Node):
            self.node.connect()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if isinstance(self.node, Node):
            self.node.close()

    def stacks(self, deadline: float | None = None) -> Stacks:
        """Return the stacks of `openstack stack list`, without nested ones.

        :raises Unreachable, DeadlinePassed: the undercloud does not answer
        :raises CommandFailed: the rc file or the command fails, or its output is not JSON
        """
        # a path with a slash, because bash searches PATH for one without
        rc = self.rc.removeprefix("~/")
        rc = rc if rc.startswith("/") else f"./{rc}"
        line = f"{shlex.join(('source', rc))} && {shlex.join(_LIST)}"
        completed = self.node.run_checked("bash", "-c", line, deadline=deadline)
        return Stacks(parse_stacks(completed), completed.reproduce)


_LIST = ("openstack", "stack", "list", "--format", "json")


def parse_stacks(completed: Completed) -> dict[str, str]:
    """Name → state of the stacks in the command's output. Raises CommandFailed if it is not the expected JSON."""
    try:
        answer: Any = json.loads(completed.stdout)
        if not isinstance(answer, list):
            raise TypeError(type(answer).__name__)
        return {str(stack["Stack Name"]): str(stack["Stack Status"]) for stack in answer}
    except (ValueError, KeyError, TypeError) as error:
        raise CommandFailed(completed, f"printed {completed.stdout[:80]!r}, not a list of stacks") from error


def undercloud_of(environment: Environment) -> Undercloud | None:
    """The undercloud of the environment file, not yet connected, with its own user and without sudo."""
    declared: Section | None = environment.undercloud
    if declared is None:
        return None
    ssh = environment.ssh.model_copy(update={"user": declared.user, "sudo": False})
    spec = NodeSpec(declared.host, declared.host, roles=(), site="undercloud")
    return Undercloud(Node(spec, ssh), declared.rc)

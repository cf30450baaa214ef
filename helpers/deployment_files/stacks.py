"""A folder of deployment files, read: its stacks, and what their files hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpers.deployment_files.findings import Finding, Place
from helpers.deployment_files.loader import Node

COUNT = re.compile(r"(?P<role>[A-Z]\w*)Count$")


@dataclass(frozen=True, eq=False, repr=False)
class Stack:
    """One stack's files. `parameters` hold each definition of a parameter: in its own files, else in shared ones."""

    name: str
    central: bool = False
    parameters: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    group_vars: tuple[Node, ...] = ()
    ceph_clients: tuple[Node, ...] = ()
    inventories: tuple[Node, ...] = ()
    spec_hosts: tuple[Node, ...] = ()
    roles: tuple[Node, ...] = ()

    def definitions(self, parameter: str) -> tuple[Node, ...]:
        """Every place where a parameter is set, none if it is set nowhere."""
        return self.parameters.get(parameter, ())

    def parameter(self, name: str) -> Node | None:
        """The first definition of a parameter, or None."""
        return next(iter(self.definitions(name)), None)

    @property
    def counts(self) -> dict[str, tuple[Node, ...]]:
        """Role → the definitions of its node count."""
        matches = {name: COUNT.match(name) for name in self.parameters}
        return {match["role"]: self.parameters[name] for name, match in matches.items() if match}

    @property
    def deployed(self) -> bool:
        """Whether config-download has left something: this stack exists, so what names it must be there."""
        return bool(self.group_vars or self.ceph_clients or self.inventories)

    @property
    def place(self) -> Place:
        """The stack as a whole, for what is missing in it."""
        return Place(f"{self.name}/")

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<stack {self.name}>"


@dataclass(frozen=True, eq=False)
class DeploymentFiles:
    """All stacks of a folder, central first, with what could not be read (by stack; `""`: shared by all).

    `min_mons`: how many monitors a cluster is to have by the environment file, where there is one.
    """

    folder: Path
    stacks: tuple[Stack, ...]
    unreadable: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    doubtful: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    min_mons: Mapping[str, int] = field(default_factory=dict)

    @property
    def central(self) -> Stack | None:
        """The central stack, or None where only DCN stacks' files were given."""
        return next((stack for stack in self.stacks if stack.central), None)

    @property
    def dcn(self) -> tuple[Stack, ...]:
        """The DCN stacks."""
        return tuple(stack for stack in self.stacks if not stack.central)

    def stack(self, name: str) -> Stack:
        """The stack of that name.

        :raises LookupError: names those that there are
        """
        for stack in self.stacks:
            if stack.name == name:
                return stack
        raise LookupError(f"no stack {name}; there are: {', '.join(map(str, self.stacks))}")

    def blocking(self, stack: Stack) -> tuple[Finding, ...]:
        """What keeps a stack from being judged: its own unreadable files, the shared and the central stack's."""
        central = self.central.name if self.central else ""
        return sum((self.unreadable.get(name, ()) for name in dict.fromkeys(("", central, stack.name))), ())

"""The stacks in a folder of deployment files, and what their files contain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from helpers.tripleo.findings import Finding, NotGiven, Place
from helpers.tripleo.loader import Node

#: The number of nodes of a role. Templates also use such names for some settings of services.
COUNT = re.compile(
    r"(?P<role>(?!CephHciOsd|CephPool|Cinder|Collectd|Docker|Heat|IronicDhcp|Keystone|Neutron|Octavia|Rabbit|Swift)"
    r"[A-Z]\w*)Count$"
)


@dataclass(frozen=True, eq=False, repr=False)
class Stack:
    """The files of one stack.

    - `parameters`: each definition of a parameter in the files that the stack is deployed with.
    - `maybe`: those in files that the stack may or may not be deployed with. Such a value is not judged, and not
      reported as missing.
    - `sealed`: the stack's encrypted files.
    - `home`: the folder (or the file) of its own templates.
    - `order`: file → its position in the script that deploys the stack; later files override earlier ones.
    - `common_roles`, `common_networks`: those of several stacks, which this stack may or may not be deployed with.
    - `named`: whether a store or an external cluster of another stack has the name of this stack or of its cluster.
    """

    name: str
    home: str
    files: frozenset[str] = frozenset()
    order: Mapping[str, int] = field(default_factory=dict)
    central: bool = False
    named: bool = False
    parameters: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    maybe: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    sealed: tuple[str, ...] = ()
    group_vars: tuple[Node, ...] = ()
    ceph_clients: tuple[Node, ...] = ()
    inventories: tuple[Node, ...] = ()
    spec_hosts: tuple[Node, ...] = ()
    roles: tuple[Node, ...] = ()
    common_roles: tuple[Node, ...] = ()
    baremetal: tuple[Node, ...] = ()
    networks: tuple[Node, ...] = ()
    common_networks: tuple[Node, ...] = ()

    def definitions(self, parameter: str) -> tuple[Node, ...]:
        """Every definition of a parameter. Empty if it is not set."""
        return self.parameters.get(parameter, ())

    def parameter(self, name: str) -> Node | None:
        """The first definition of a parameter, or None."""
        return next(iter(self.definitions(name)), None)

    @cached_property
    def counts(self) -> dict[str, tuple[Node, ...]]:
        """Role → the definitions of its node count, in parameters or in the files that nodes are provisioned from."""
        matches = {name: COUNT.match(name) for name in self.parameters}
        found = {match["role"]: self.parameters[name] for name, match in matches.items() if match}
        for item in self.baremetal:
            role, count = item.entries["name"].text, item.scalar("count")
            one = Node(item.place, "text", "1")  # the default of tripleo-ansible
            found[role] = (*found.get(role, ()), count or one)
        return found

    @property
    def written(self) -> bool:
        """Whether the stack has templates of its own. Without them, nothing in them can be said to be missing."""
        return bool(self.parameters.keys() - {"CephExternalMultiConfig"})

    @property
    def deployed(self) -> bool:
        """Whether config-download has left files, which means that the stack exists, and so must whatever names it."""
        return bool(self.group_vars or self.ceph_clients or self.inventories)

    def check_given(self) -> None:
        """For who finds nothing wrong in what a stack's templates set.

        :raises NotGiven: there are neither templates nor what a deployment has left
        """
        if not (self.written or self.deployed):
            raise NotGiven(f"{self}: none of its templates are here")

    @property
    def place(self) -> Place:
        """The place of the whole stack, for findings about something that is missing in it."""
        return Place(self.home)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<stack {self.name}>"


@dataclass(frozen=True, eq=False)
class DeploymentFiles:
    """All stacks in a folder, central first, with what could not be read (by stack; `""`: shared by all).

    `passed_over` is what was ignored although it may matter. `limited`: there were too many files to read all.
    `min_mons`: the number of monitors that a cluster must have according to the environment file, if there is one.
    """

    folder: Path
    stacks: tuple[Stack, ...]
    unreadable: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    doubtful: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    passed_over: tuple[Finding, ...] = ()
    limited: bool = False
    min_mons: Mapping[str, int] = field(default_factory=dict)

    @property
    def central(self) -> Stack | None:
        """The central stack, or None if only the files of DCN stacks were given."""
        return next((stack for stack in self.stacks if stack.central), None)

    @property
    def dcn(self) -> tuple[Stack, ...]:
        return tuple(stack for stack in self.stacks if not stack.central)

    def stack(self, name: str) -> Stack:
        """Return the stack of that name.

        :raises LookupError: there is none; the message lists the stacks
        """
        for stack in self.stacks:
            if stack.name == name:
                return stack
        raise LookupError(f"no stack {name}; there are: {', '.join(map(str, self.stacks))}")

    def blocking(self, stack: Stack) -> tuple[Finding, ...]:
        """What keeps a stack from being judged: unreadable files of its own, shared ones, and the central stack's."""
        central = self.central.name if self.central else ""
        return sum((self.unreadable.get(name, ()) for name in dict.fromkeys(("", central, stack.name))), ())

    def lacks(self, stack: Stack, finding: Finding, held: Iterable[Node] = ()) -> list[Finding]:
        """Report that something is missing in a stack's files. `held` are the other places where it is set.

        :raises NotGiven: it may be in a file whose stack is unknown, or that could not be read
        """
        maybe = [str(node.place) for node in held]
        maybe += [f"{file}, which is encrypted" for file in stack.sealed]
        if not stack.written:
            maybe.append("its templates, of which none are here")
        if self.limited:
            maybe.append("a file that was not looked at, for there are too many")
        if maybe:
            raise NotGiven(f"{stack}: {finding.seen}; what is missing may be in {maybe[0]}")
        return [finding]

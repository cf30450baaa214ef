"""A folder of deployment files, read: its stacks, and what their files hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from helpers.tripleo.findings import Finding, NotGiven, Place
from helpers.tripleo.loader import Node

#: How many nodes of a role; templates call some settings of services like that too.
COUNT = re.compile(
    r"(?P<role>(?!CephHciOsd|CephPool|Cinder|Collectd|Docker|Heat|IronicDhcp|Keystone|Neutron|Octavia|Rabbit|Swift)"
    r"[A-Z]\w*)Count$"
)


@dataclass(frozen=True, eq=False, repr=False)
class Stack:
    """One stack's files.

    `parameters` hold each definition of a parameter in the files that the stack is deployed with; `maybe` those in
    files of which nobody can tell: such a value is not judged, and not said to be missing. `sealed` are the stack's
    files that are encrypted. `home` is the folder (or the file) of its own templates. `order` are the files that a
    script deploys it with, by their position: the later decides. `common_roles` and `common_networks` are those of
    several stacks, of which nobody can tell whether this one is deployed with them. `named`: a store or an external
    cluster of another stack is called like this one or its cluster.
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
        """Every place where a parameter is set, none if it is set nowhere."""
        return self.parameters.get(parameter, ())

    def parameter(self, name: str) -> Node | None:
        """The first definition of a parameter, or None."""
        return next(iter(self.definitions(name)), None)

    @cached_property
    def counts(self) -> dict[str, tuple[Node, ...]]:
        """Role → the definitions of its node count: by parameter, or by what nodes are provisioned from."""
        matches = {name: COUNT.match(name) for name in self.parameters}
        found = {match["role"]: self.parameters[name] for name, match in matches.items() if match}
        for item in self.baremetal:
            role, count = item.entries["name"].text, item.scalar("count")
            one = Node(item.place, "text", "1")  # tripleo-ansible's default
            found[role] = (*found.get(role, ()), count or one)
        return found

    @property
    def written(self) -> bool:
        """Whether there are templates of its own: something in them is missing, and not they themselves."""
        return bool(self.parameters.keys() - {"CephExternalMultiConfig"})

    @property
    def deployed(self) -> bool:
        """Whether config-download has left something: this stack exists, so what names it must be there."""
        return bool(self.group_vars or self.ceph_clients or self.inventories)

    @property
    def place(self) -> Place:
        """The stack as a whole, for what is missing in it."""
        return Place(self.home)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<stack {self.name}>"


@dataclass(frozen=True, eq=False)
class DeploymentFiles:
    """All stacks of a folder, central first, with what could not be read (by stack; `""`: shared by all).

    `passed_over` is what was not looked at although it may matter; `limited`: there were too many files to look at all.
    `min_mons`: how many monitors a cluster is to have by the environment file, where there is one.
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

    def lacks(self, stack: Stack, finding: Finding, held: Iterable[Node] = ()) -> list[Finding]:
        """The finding that something is missing from a stack's files. `held` is where else it stands.

        :raises NotGiven: it may be in another: one that nobody can tell the stack of, or that nobody could look into
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

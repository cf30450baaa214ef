"""A setting in each of its spellings: hieradata, role-specific parameters, and the parameter itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from helpers.tripleo.findings import Finding, NotGiven
from helpers.tripleo.loader import Node
from helpers.tripleo.stacks import Stack

#: Definitions of which the last one given decides. The files alone do not tell which one that is.
Alternatives = tuple[Node, ...]


@dataclass(frozen=True)
class Setting:
    """A setting of a service: a Heat parameter, and the hieradata keys that it sets or that override it.

    `options`: the hieradata keys that set an option in the service's file directly, each with its section and name.
    """

    parameter: str
    hieradata: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    def groups(self, stack: Stack) -> Sequence[Alternatives]:
        """The decisive definitions: those in the most specific spelling that is used, for each role if it is a role's.

        Hieradata overrides parameters, and a value for one role overrides that for all roles.
        """
        return _groups(self, stack)

    def nodes(self, stack: Stack) -> list[Node]:
        """All decisive definitions."""
        return [node for group in self.groups(stack) for node in group]

    def not_given(self, stack: Stack, otherwise: str) -> NotGiven:
        """Why a missing setting is no mistake: another template may set it."""
        return NotGiven(f"{stack}: no {self.parameter} in its own files; {otherwise}")

    def in_hieradata(self, mapping: Node) -> Iterator[Node]:
        """The setting in the hieradata of all roles, or of one."""
        yield from (node for key in self.hieradata if (node := mapping.get(key)) is not None and node.kind != "mapping")
        for resource, option in self.options:
            value = mapping.get(resource, option, "value")
            if value is not None:
                yield value

    def in_parameters(self, mapping: Node) -> Iterator[Node]:
        """The setting in the parameters of one role."""
        node = mapping.get(self.parameter)
        if node is not None and node.kind != "mapping":
            yield node


@lru_cache(maxsize=8192)
def _groups(setting: Setting, stack: Stack) -> Sequence[Alternatives]:
    for ending, values in (("ExtraConfig", setting.in_hieradata), ("Parameters", setting.in_parameters)):
        found: dict[str, list[Node]] = defaultdict(list)
        for role, mapping in _by_role(stack, ending):
            found[role] += values(mapping)
        by_role = [tuple(nodes) for role, nodes in found.items() if role and nodes]
        if by_role or found[""]:
            return by_role or [tuple(found[""])]
    own = stack.definitions(setting.parameter)
    return [own] if own else []


def _by_role(stack: Stack, ending: str) -> Iterator[tuple[str, Node]]:
    """(role, mapping) for each parameter with that ending, such as `ControllerExtraConfig`. An empty role means all."""
    named = {name: name.removesuffix(ending) for name in stack.parameters if name.endswith(ending)}
    unused = {role for role, nodes in stack.counts.items() if all(node.text.strip() == "0" for node in nodes)}
    for name, role in named.items():
        if role not in unused:
            yield from ((role, node) for node in stack.parameters[name])


def judged(stack: Stack, groups: Sequence[Alternatives], judge: Callable[[Node], Finding | None]) -> list[Finding]:
    """The mistakes in a setting.

    :raises NotGiven: one of several definitions is correct, and the files do not tell which one is given last
    """
    found: list[Finding] = []
    doubted: list[Finding] = []
    for group in groups:
        given = _last(stack, group)
        wrong = [finding for node in given if (finding := judge(node)) is not None]
        (found if len(wrong) == len(given) else doubted).extend(wrong)
    if doubted and not found:
        raise NotGiven(f"{doubted[0].place} has {doubted[0].seen}, and another file has it right: the last one decides")
    return found


def _last(stack: Stack, group: Alternatives) -> Alternatives:
    """The definition that a script gives last to the stack, or all of them if no script tells."""
    given = {node: stack.order[node.place.file] for node in group if node.place.file in stack.order}
    return tuple(node for node, place in given.items() if place == max(given.values())) or group

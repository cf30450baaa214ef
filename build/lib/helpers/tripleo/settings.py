"""A setting by every way to spell it: as hieradata, as a role's own parameter, as the parameter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from helpers.tripleo.findings import Finding, NotGiven
from helpers.tripleo.loader import Node
from helpers.tripleo.stacks import Stack

#: Definitions of which the one that is given last decides, which the files alone do not tell.
Alternatives = tuple[Node, ...]


@dataclass(frozen=True)
class Setting:
    """What a service is told: a Heat parameter, and the hieradata keys that it becomes or that override it.

    `options`: the hieradata keys that set an option of the service's file directly, each with its section and name.
    """

    parameter: str
    hieradata: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    def groups(self, stack: Stack) -> Sequence[Alternatives]:
        """The definitions that decide: of the most specific way to spell it that is used, by role where it is a role's.

        Hieradata overrides what parameters become; a role's own value overrides that for all roles.
        """
        return _groups(self, stack)

    def nodes(self, stack: Stack) -> list[Node]:
        """All definitions that decide."""
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
    """Role (empty: all) and mapping of the parameters of that ending, such as `ControllerExtraConfig`."""
    named = {name: name.removesuffix(ending) for name in stack.parameters if name.endswith(ending)}
    unused = {role for role, nodes in stack.counts.items() if all(node.text.strip() == "0" for node in nodes)}
    for name, role in named.items():
        if role not in unused:
            yield from ((role, node) for node in stack.parameters[name])


def judged(stack: Stack, groups: Sequence[Alternatives], judge: Callable[[Node], Finding | None]) -> list[Finding]:
    """What is wrong with a setting.

    :raises NotGiven: of two definitions one is right, and nobody can tell which of them is given last, and decides
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
    """The definition that decides, where a script deploys the stack with one of them or gives their order; else all."""
    given = {node: stack.order[node.place.file] for node in group if node.place.file in stack.order}
    return tuple(node for node, place in given.items() if place == max(given.values())) or group

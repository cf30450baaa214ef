"""Reads a folder of deployment files: its stacks, and which of them is central."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from helpers.tripleo.commands import commands
from helpers.tripleo.findings import Finding, Place
from helpers.tripleo.loader import Node, load
from helpers.tripleo.owners import (
    CENTRAL_NAMES,
    Group,
    Owners,
    SeveralSets,
    controls,
    has_templates,
    is_dcn,
    is_site,
    lies_with,
    own_names,
    owners,
    within,
)
from helpers.tripleo.recognise import Contents, contents
from helpers.tripleo.stacks import DeploymentFiles, Stack
from helpers.tripleo.walk import MAX_SCRIPT, UNLESS, Candidate, survey

_EXTERNAL = "CephExternalMultiConfig"


class NoDeploymentFiles(Exception):
    """The folder cannot be used: it is missing, is no folder, or contains nothing known."""


def read(folder: Path) -> DeploymentFiles:
    """Read a folder of deployment files.

    :raises NoDeploymentFiles: it cannot be used, for the reason in one line
    """
    if not folder.is_dir():
        why = "is not a folder" if folder.exists() else "does not exist"
        raise NoDeploymentFiles(f"{folder} {why}: give the folder that holds control-plane/, dcn0/, …")
    found = survey(folder)
    loaded = (contents(candidate, load(candidate.path, candidate.file)) for candidate in found.candidates)
    everything = [content for content in loaded if content.matters]
    try:
        owned = owners(everything)
    except SeveralSets as several:
        raise NoDeploymentFiles(f"{folder} {several}") from None
    deployed = _given_by_scripts(owned, found.scripts)
    if not owned.groups:
        raise NoDeploymentFiles(f"{folder} holds no stack's files: {_why_none(everything)}")
    lists = _lists(owned)
    foreign = dict(_foreign(owned.groups))
    if len(foreign) == len(owned.groups):
        foreign = {}
    groups = [group for group in owned.groups if group not in foreign]
    passed_over = [*found.passed_over, *owned.passed_over]
    passed_over += [
        Finding(Place(group.home), f"a stack {group.name}, {why}", UNLESS) for group, why in foreign.items()
    ]
    passed_over += [note for group in groups for note in _not_read(group.contents)]
    unreadable = {group.name: _unreadable(group.contents) for group in groups}
    doubtful = {group.name: _doubtful(group.contents) for group in groups}
    given = [content for content in owned.shared if {*content.parameters.get(_EXTERNAL, ())} & {*lists}]
    return DeploymentFiles(
        folder,
        _central_first(groups, {group: _stack(group, owned, lists, deployed) for group in groups}),
        _some({**unreadable, "": _unreadable_lists(owned, given)}),
        _some({**doubtful, "": _doubtful(given)}),
        tuple(passed_over),
        found.limited,
    )


def _some(findings: Mapping[str, tuple[Finding, ...]]) -> dict[str, tuple[Finding, ...]]:
    return {name: found for name, found in findings.items() if found}


def _why_none(everything: Iterable[Contents]) -> str:
    known = [content for content in everything if content.candidate.known]
    broken = [str(finding.place) for content in known for finding in content.unreadable]
    hint = f"; cannot be read: {', '.join(broken[:3])}" if broken else ""
    if any(content.identifies and not content.folders for content in known):
        hint = f"; {known[0].file} looks like one stack's own file: give the folder above it{hint}"
    return (
        "expected folders such as control-plane/ and dcn0/ with ceph_keys.yaml, ceph.yaml, az.yaml, "
        f"role-counts.yaml{hint}"
    )


def _stack(group: Group, owned: Owners, lists: Sequence[Node], deployed: Mapping[str, Mapping[str, int]]) -> Stack:
    shared = owned.shared
    own = [content for content in group.contents if not content.uncertain]
    certain = [content for content in own if not content.exported]
    doubted = [content for content in (*group.contents, *shared) if content not in certain]
    parameters = _parameters(certain)
    # this stack's deployment is given shared lists in addition to its own
    external = (*lists, *(node for content in own for node in content.parameters.get(_EXTERNAL, ())))
    if external:
        parameters[_EXTERNAL] = tuple(dict.fromkeys(external))
    maybe = _parameters(doubted)
    maybe[_EXTERNAL] = tuple(node for node in maybe.get(_EXTERNAL, ()) if node not in external)
    sealed = [content.file for content in (*own, *filter(_is_list, shared)) if content.sealed]

    def left(what: str, among: Iterable[Contents]) -> tuple[Node, ...]:
        return tuple(node for content in among for node in content.left.get(what, ()))

    return Stack(
        group.name,
        group.home,
        files=frozenset(content.file for content in group.contents),
        order=deployed.get(group.name, {}),
        named=_named(group, owned.groups),
        parameters=parameters,
        maybe=maybe,
        sealed=tuple(sealed),
        group_vars=left("group_vars", own),
        ceph_clients=left("ceph_clients", own),
        inventories=left("inventories", own),
        spec_hosts=left("spec_hosts", own),
        roles=left("roles", own),
        common_roles=left("roles", shared),
        baremetal=left("baremetal", own),
        networks=left("networks", own),
        common_networks=left("networks", shared),
    )


def _given_by_scripts(owned: Owners, scripts: Iterable[Candidate]) -> dict[str, Mapping[str, int]]:
    """Stack → the files that a script near it deploys it with, in their order.

    A file beside the stacks that scripts give to only one stack becomes that stack's.
    """
    groups = {group.name: group for group in owned.groups}
    found: dict[str, Mapping[str, int]] = {}
    for script in scripts:
        text = script.path.read_bytes()[:MAX_SCRIPT].decode("utf-8", "replace")
        for command in commands(script.file, text):
            group = groups.get(command.stack)
            if group is not None and lies_with(script.file, group):
                files = [content.file for content in (*group.contents, *owned.shared)]
                order = command.order(files)
                found[group.name] = max(order, found.get(group.name, {}), key=len)
    for content in owned.shared:
        given = [name for name, order in found.items() if content.file in order]
        if len(given) == 1:
            groups[given[0]].contents.append(content)
    return found


def _parameters(some: Iterable[Contents]) -> dict[str, tuple[Node, ...]]:
    found: dict[str, list[Node]] = defaultdict(list)
    for content in some:
        for name, nodes in content.parameters.items():
            found[name] += nodes
    return {name: tuple(nodes) for name, nodes in found.items()}


def _lists(owned: Owners) -> list[Node]:
    """The `CephExternalMultiConfig` lists that all stacks are given: beside the stacks, with a cluster known here."""
    names = {name for group in owned.groups for name in (group.name, *own_names(group))}
    fsids = {
        node.text.strip()
        for group in owned.groups
        for content in group.contents
        for source in (*content.left.get("group_vars", ()), *content.left.get("ceph_clients", ()))
        for node in source.entries.values()
        if node.kind == "text"
    }
    nodes = [
        node for content in owned.shared if not content.uncertain for node in content.parameters.get(_EXTERNAL, ())
    ]
    return [node for node in nodes if any(_is_of(entry, names, fsids) for entry in node.items)]


def _is_of(entry: Node, names: set[str], fsids: set[str]) -> bool:
    cluster, fsid = entry.scalar("cluster"), entry.scalar("fsid")
    return (cluster is not None and cluster.text.strip() in names) or (fsid is not None and fsid.text.strip() in fsids)


def _is_list(content: Contents) -> bool:
    """Whether the name of a file beside the stacks is that of such a list, as in the guide or the client."""
    return re.search(r"ceph[-_](external|export)", content.stem) is not None and not content.uncertain


# --- what cannot be read


def _unreadable(some: Iterable[Contents]) -> tuple[Finding, ...]:
    """What keeps a stack from being judged: a broken file that is certainly its own, or a value of a wrong kind."""
    return tuple(finding for content in some if _blocks(content) for finding in content.unreadable)


def _blocks(content: Contents) -> bool:
    return not content.uncertain and (content.candidate.known or not content.broken)


def _not_read(some: Iterable[Contents]) -> list[Finding]:
    """What was passed over in a stack's folder without blocking anything."""
    broken = [finding for content in some if content.broken and not _blocks(content) for finding in content.unreadable]
    sealed = [content.file for content in some if content.sealed]
    return broken + [
        Finding(Place(file), "a file of ansible-vault", "readable, or what is in it is not judged") for file in sealed
    ]


def _unreadable_lists(owned: Owners, given: Sequence[Contents]) -> tuple[Finding, ...]:
    """What keeps all stacks from being judged: a broken list of external clusters.

    That is a list that the stacks are given, or one by its name and place.
    """
    bases = {group.base for group in owned.groups}
    lists = dict.fromkeys([*given, *(one for one in owned.shared if _is_list(one) and within(one, bases))])
    found = [finding for content in lists for finding in content.unreadable if not content.uncertain]
    return tuple(finding for finding in found if not finding.place.key or f".{_EXTERNAL}" in finding.place.key)


def _doubtful(some: Iterable[Contents]) -> tuple[Finding, ...]:
    return tuple(finding for content in some if not content.uncertain for finding in content.doubtful)


# --- which stacks they are


def _foreign(groups: Sequence[Group]) -> Iterator[tuple[Group, str]]:
    """The stacks that are not part of this deployment, and why."""
    for group in groups:
        others = [other for other in groups if other is not group]
        copied = [other for other in others if own_names(group) <= own_names(other) and _is_copy(group.name, other)]
        if own_names(group) and copied:
            yield group, f"whose files say the same names as those of {copied[0].name}: a copy?"
        elif _named(group, groups):
            continue
        elif not has_templates(group) and any(map(has_templates, others)):
            yield group, "of which there are no templates, and which no other stack names"
        elif any(map(is_dcn, others)) and not (_takes_part(group, others) or _may_be_central(group, others)):
            yield group, "which has no zone or role of a DCN site, names no other stack, and is named by none"


def _takes_part(group: Group, others: Sequence[Group]) -> bool:
    """Whether a stack has something that only a site has, or a store on the cluster of another."""
    clusters = {name for other in others for name in (other.name, *own_names(other))}
    return is_site(group) or any(clusters & content.others for content in group.contents)


def _named(group: Group, groups: Sequence[Group]) -> bool:
    """Whether a store or an external cluster of another stack has the name of this one or of its cluster."""
    others = [other for other in groups if other is not group]
    named = {name for other in others for content in other.contents for name in content.others}
    taken = {name for other in others for content in other.contents for name in content.clusters}
    own = {name for content in group.contents for name in content.clusters}
    return bool(named & (own | {group.name} - taken))


def _may_be_central(group: Group, others: Sequence[Group]) -> bool:
    """Whether a stack without anything of a DCN site may be the central one, before any other stack names it."""
    return group.name in CENTRAL_NAMES or (controls(group) and not any(map(controls, others)))


def _is_copy(name: str, other: Group) -> bool:
    tokens = re.split(r"[^A-Za-z0-9]+", name)
    return name != other.name and other.name in tokens


def _central_first(groups: Sequence[Group], stacks: Mapping[Group, Stack]) -> tuple[Stack, ...]:
    best = max(groups, key=lambda group: (_centrality(group, stacks), group.name))
    central = stacks[best] if _centrality(best, stacks) > 0 else None
    others = sorted((stack for stack in stacks.values() if stack is not central), key=_natural)
    return (replace(central, central=True), *others) if central else tuple(others)


def _centrality(group: Group, stacks: Mapping[Group, Stack]) -> int:
    """How much a stack resembles the central one: its name, its Controllers, the stores of others, no DCN role."""
    stack = stacks[group]
    edge = any(role.startswith("Distributed") for role in stack.counts) or stack.definitions("CinderVolumeCluster")
    named = len(CENTRAL_NAMES) - CENTRAL_NAMES.index(stack.name) if stack.name in CENTRAL_NAMES else 0
    own = {group.name, *own_names(group)}
    clients = sum(any(own & content.others for content in other.contents) for other in stacks if other is not group)
    return 10 * named + 5 * controls(group) + 3 * (clients > 1) - 20 * bool(edge)


def _natural(stack: Stack) -> list[tuple[int, str]]:
    """The sort key that puts dcn2 before dcn10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", stack.name)]

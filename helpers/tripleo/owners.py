"""Assigns files to stacks.

Some files can only belong to one stack. The names in such a file (`CephClusterName: dcn0`) tell which of the folders
above it is that stack's, whatever lies between. If no folder has such a name, the position of the other stacks' folders
tells. If files of several stacks are in one folder, their own names tell (`dcn0-az.yaml`). Files that belong to no
single stack are shared by all stacks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field

from helpers.tripleo.findings import Finding, Place
from helpers.tripleo.recognise import Contents

CENTRAL_NAMES = ("control-plane", "central", "overcloud")
#: Folders in the structure of a deployment, whose names do not name a stack.
_STRUCTURE = re.compile(
    "ansible|ceph|ceph-ansible|cephadm|cinder|config|config-download|configs|custom|env|environments?|envs|files|glance|"
    "group_vars|heat|home|host_vars|inventory|keys|lib|mistral|networks?|nova|overcloud-deploy|parameters|params|roles|"
    "settings|stack|storage|templates|tripleo|user-environments|var|yaml|yml|zones"
)
#: Words in file names that do not name a stack.
_WORDS = re.compile(
    "(?i)all|ansible|az|baremetal|ceph|client|cluster|config|counts?|custom|data|deploy|deployed|deployment|env|"
    "environment|extra|file|glance|hci|inventory|keys?|metal|multistore|name|networks?|nodes?|nova|overrides|"
    "parameters|params|provision|roles?|site|spec|storage|stores?|tripleo|update|vars|vips?|zones?"
)

#: The path of a folder, by the folders that it is in.
Folders = tuple[str, ...]


@dataclass(eq=False)
class Group:
    """The files of one stack while they are gathered. `base` are the folders above its own, without structural ones."""

    name: str
    base: Folders
    folders: set[str] = field(default_factory=set)
    contents: list[Contents] = field(default_factory=list)

    @property
    def home(self) -> str:
        """The folder of its own templates, otherwise one of its folders, otherwise one of its files."""
        own = [content for content in self.contents if content.parameters] or self.contents
        for content in own:
            for folder in sorted(self.folders, key=len):
                if content.file.startswith(f"{folder}/"):
                    return f"{folder}/"
        return own[0].file


@dataclass
class Owners:
    """The assignment of files. `shared` files belong to no single stack, but may belong to the deployment."""

    groups: list[Group] = field(default_factory=list)
    shared: list[Contents] = field(default_factory=list)
    passed_over: list[Finding] = field(default_factory=list)


class SeveralSets(Exception):
    """Two folders hold the files of a whole deployment each, and neither contains the other. The message names them."""


def owners(contents: Sequence[Contents]) -> Owners:
    """Assign each file to its stack.

    :raises SeveralSets: there are files of several deployments, and none of them is in a folder above the others
    """
    found = Owners(groups=list(_Placing(contents).groups.values()))
    placed = {content for group in found.groups for content in group.contents}
    rest: list[Contents] = []
    for content in contents:
        if content not in placed:
            group = _owner(content, found.groups)
            (group.contents if group else rest).append(content)
    _choose(found)
    bases = {group.base for group in found.groups}
    for content in rest:
        if any(_beside(_named(content), base) for base in bases):
            group = _by_content(content, found.groups)
            (group.contents if group else found.shared).append(content)
    return found


def _significant(content: Contents) -> list[tuple[int, str]]:
    return [(i, part) for i, part in enumerate(content.folders) if not _STRUCTURE.fullmatch(part)]


def _named(content: Contents) -> Folders:
    """The folders above a file that may name a stack."""
    return tuple(part for _, part in _significant(content))


class _Placing:
    """Groups the files that can only belong to one stack: first those in folders with a known name, then the others."""

    def __init__(self, contents: Sequence[Contents]) -> None:
        self.groups: dict[tuple[Folders, str], Group] = {}
        identifying = [content for content in contents if content.identifies]
        others = {name for content in contents if not content.uncertain for name in content.others}
        names = {name for content in identifying for name in content.names} | others | set(CENTRAL_NAMES)
        flat = _flat(identifying, names)
        deep = [content for content in identifying if content not in flat]
        matched = {content: [part for part in _named(content) if part in names] for content in deep}
        for content, parts in matched.items():
            if parts:  # in overcloud-deploy/dcn0/config-download/dcn0, the outer dcn0 is the stack's folder
                self._place(content, _named(content).index(parts[-1]))
        unmatched = {content: _named(content) for content, parts in matched.items() if not parts}
        bases = {base for base, _ in self.groups}
        for content, named in unmatched.items():
            self._place(content, _depth(named, bases, unmatched.values()))
        for content in flat:
            self._place_by_name(content, names | {name for _, name in self.groups})
        strange = others - {name for group in self.groups.values() for name in (group.name, *own_names(group))}
        for content in contents:
            # a folder named like another stack's store is a stack's folder, whatever it contains
            if not content.identifies and not content.uncertain and strange & {*_named(content)[-1:]}:
                self._place(content, len(_named(content)) - 1)

    def _place(self, content: Contents, depth: int) -> None:
        """Add a file to the group of its folder at this depth. Structural folders do not count."""
        i, name = _significant(content)[depth]
        group = self._group(_named(content)[:depth], name)
        group.contents.append(content)
        group.folders.add("/".join(content.folders[: i + 1]))

    def _place_by_name(self, content: Contents, names: Set[str]) -> None:
        base, name = _named(content), _name_of_file(content, names)
        calling = [group for group in self.groups.values() if name in own_names(group)]
        if name:
            known = self.groups.get((base, name)) or _only(calling)
            (known or self._group(base, name)).contents.append(content)

    def _group(self, base: Folders, name: str) -> Group:
        return self.groups.setdefault((base, name), Group(name, base))


def _only(groups: Sequence[Group]) -> Group | None:
    return groups[0] if len(groups) == 1 else None


def _flat(identifying: Sequence[Contents], names: Set[str]) -> dict[Contents, None]:
    """The files that share a folder with other stacks' files, so that only their own names distinguish them."""
    together: dict[Folders, list[Contents]] = defaultdict(list)
    for content in identifying:
        together[content.folders].append(content)
    found: dict[Contents, None] = {}
    for files in together.values():
        folder = _named(files[0])
        told = {_longest(content.stem, names) for content in files} - {""}
        if not folder or (folder[-1] not in names and len(told) > 1):
            found |= dict.fromkeys(files)
    return found


def _depth(named: Folders, bases: Iterable[Folders], unmatched: Collection[Folders]) -> int:
    """The depth of the stack's folder, without structural ones: beside other stacks' folders, otherwise the deepest.

    If the deepest has the same name under several parents (`paris/ssd`, `berlin/ssd`), it is the parent.
    """
    above = {base[:depth] for base in bases for depth in range(1, len(base) + 1)}
    beside = [len(base) for base in bases if named[: len(base)] == base and named[: len(base) + 1] not in above]
    beside = [depth for depth in beside if depth < len(named)]
    if beside:
        depth = max(beside)
        inside = [other for other in unmatched if other[: depth + 1] == named[: depth + 1]]
        # a region's folder that contains the folder of a single stack is not that stack's own folder
        while all(other[depth + 1 : depth + 2] == named[depth + 1 : depth + 2] != () for other in inside):
            depth += 1
        return depth
    parents = {other[:-1] for other in unmatched if other[-1] == named[-1]} - {()}
    return len(named) - (2 if len(named) > 1 and len(parents) > 1 else 1)


def _name_of_file(content: Contents, names: Iterable[str]) -> str:
    """The stack in a file's own name: a known name, otherwise the name without the usual words."""
    known = _longest(content.stem, names)
    if known or not content.names:
        return known
    return "-".join(token for token in _tokens(content.stem) if not _WORDS.fullmatch(token))


def _longest(stem: str, names: Iterable[str]) -> str:
    """The longest of these names that occurs in a file's name."""
    tokens = _tokens(stem)
    return max((name for name in names if _within(_tokens(name), tokens)), key=len, default="")


def _tokens(text: str) -> list[str]:
    return [token for token in re.split(r"[^A-Za-z0-9]+", text) if token]


def _within(part: list[str], whole: list[str]) -> bool:
    return bool(part) and any(whole[i : i + len(part)] == part for i in range(len(whole)))


def _owner(content: Contents, groups: Iterable[Group]) -> Group | None:
    """The stack that a file belongs to by its folder, the name of its folder, or its own name."""
    inside = {folder: group for group in groups for folder in group.folders if content.file.startswith(f"{folder}/")}
    if inside:
        return inside[max(inside, key=len)]
    named = _named(content)
    called = [group for group in groups if (*group.base, group.name) == named[: len(group.base) + 1]]
    if called:
        return called[0]
    if content.exported or "CephExternalMultiConfig" in content.parameters:
        return None  # its name is that of the stack that it describes, but it is given to other stacks
    near = {group.name: group for group in groups if group.base == named}
    return near.get(_longest(content.stem, near))


def lies_with(file: str, group: Group) -> bool:
    """Whether a file is in a folder of a stack, or in the folder directly above."""
    folder = file.rpartition("/")[0]
    return any(
        folder == own or folder.startswith(f"{own}/") or folder == own.rpartition("/")[0] for own in group.folders
    )


def within(content: Contents, bases: Iterable[Folders]) -> bool:
    """Whether a file is directly in one of these folders, or in one above them."""
    return any(_named(content) == base[: len(_named(content))] for base in bases)


def _beside(named: Folders, base: Folders) -> bool:
    """Whether a folder is above the folders of stacks, or in a folder that is."""
    return named == base[: len(named)] or named[:-1] == base[: len(named) - 1]


def _by_content(content: Contents, groups: Sequence[Group]) -> Group | None:
    """The only stack that a file outside the stacks' folders can belong to, by its names or an inventory's hosts."""
    if content.uncertain or content.exported:
        return None
    told = set(content.names)
    for inventory in content.left.get("inventories", ()):
        told |= inventory.entries.keys()
        hosts = [
            host for group in inventory.entries.values() if (named := group.get("hosts")) for host in named.entries
        ]
        told |= {group.name for group in groups if hosts and all(host.startswith(f"{group.name}-") for host in hosts)}
    return _only([group for group in groups if told & {group.name, *own_names(group)}])


# --- several deployments in one folder


#: Parameters and role prefixes that only a DCN site has.
_OF_A_SITE = ("CinderVolumeCluster", "NovaComputeAvailabilityZone")
_DCN_ROLE, _CONTROLLER = "Distributed", "Controller"


def is_site(group: Group) -> bool:
    """Whether the files of a stack show that it is a DCN site."""
    return _sets(group, *_OF_A_SITE) or _has_role(group, _DCN_ROLE)


def is_dcn(group: Group) -> bool:
    """Whether the files of a stack show that it is part of a deployment with several sites."""
    return is_site(group) or _sets(group, "GlanceMultistoreConfig")


def _sets(group: Group, *parameters: str) -> bool:
    return any(name in content.parameters for content in group.contents for name in parameters)


def _has_role(group: Group, prefix: str) -> bool:
    """Whether a stack has nodes of a role with this prefix."""
    found: list[str] = []
    for content in group.contents:
        counts = {name: nodes for name, nodes in content.parameters.items() if name.endswith("Count")}
        found += [name for name, nodes in counts.items() if any(node.text.strip() not in {"", "0"} for node in nodes)]
        found += [item.entries["name"].text for item in content.left.get("baremetal", ())]
        found += [name for inventory in content.left.get("inventories", ()) for name in inventory.entries]
    return any(name.startswith(prefix) for name in found)


def has_templates(group: Group) -> bool:
    """Whether a stack has files that an operator wrote, and not only files that the deployment left."""
    return any(content.parameters and not content.uncertain for content in group.contents)


def _choose(found: Owners) -> None:
    """Keep the stacks of one deployment: the set in the topmost folder, and the stacks that complete it."""
    sets: dict[Folders, list[Group]] = defaultdict(list)
    for group in found.groups:
        sets[group.base].append(group)
    of_sites = [base for base in sets if any(map(is_dcn, sets[base]))] or list(sets)
    kept: list[Group] = []
    rivals: list[list[Group]] = []
    for base in sorted(of_sites, key=lambda base: (len(base), base)):
        if _rival(sets[base], kept):
            rivals.append(sets[base])
        else:
            kept += sets[base]
    # before its deployment, a central stack may have nothing that identifies it, but other stacks name it
    named = {name for group in kept for content in group.contents for name in content.others}
    rest = [group for base in sets if base not in of_sites for group in sets[base]]
    kept += [group for group in rest if named & {group.name, *own_names(group)} and not _rival([group], kept)]
    beside = [groups for groups in rivals if len(groups[0].base) == len(kept[0].base)]
    if beside:
        first = [group for group in kept if group.base == kept[0].base]
        shown = "; ".join(f"{_above(groups)} ({_names(groups)})" for groups in (first, *beside))
        raise SeveralSets(f"holds several deployments' files: {shown}: give one of these folders")
    for groups in rivals:
        seen, expected = f"a second set of files, of {_names(groups)}", f"one set; that in {_above(kept)} is judged"
        found.passed_over.append(Finding(Place(_above(groups)), seen, expected))
    found.groups = _merged(kept)


def _rival(groups: Sequence[Group], kept: Sequence[Group]) -> bool:
    """Whether these stacks' templates are a second set: the same stack twice, or another central stack."""
    written, central = _called(groups, has_templates), _called(groups, controls)
    known = _called(kept, controls)
    return bool(written & _called(kept, has_templates)) or bool(known and central - known)


def _called(groups: Iterable[Group], wanted: Callable[[Group], bool]) -> set[str]:
    return {group.name for group in groups if wanted(group)}


def controls(group: Group) -> bool:
    """Whether a stack has Controllers, and no volume service of a DCN site."""
    return _has_role(group, _CONTROLLER) and not _sets(group, "CinderVolumeCluster")


def _merged(groups: Sequence[Group]) -> list[Group]:
    """Merge the groups of each stack: its templates in one place, and what the deployment left in another.

    What the deployment left is under the stack's name. Templates may be under another name, if both contain the
    cluster's name, or if that name contains the stack's name. The stack is named as it is deployed.
    """
    merged: dict[str, Group] = {}
    for group in sorted(groups, key=has_templates, reverse=True):
        called = {group.name, *own_names(group)}
        same = [other for other in merged.values() if called & {other.name, *own_names(other)}]
        same = same or [other for other in merged.values() if _within(_tokens(group.name), _tokens(other.name))]
        into = merged.get(group.name) or (None if has_templates(group) else _only(same))
        if into is None:
            into = Group(group.name, group.base)
        merged.pop(into.name, None)
        into.name = group.name
        into.folders |= group.folders
        into.contents += group.contents
        merged[into.name] = into
    return list(merged.values())


def _names(groups: Sequence[Group]) -> str:
    return ", ".join(sorted(group.name for group in groups))


def _above(groups: Sequence[Group]) -> str:
    """The folder above the stacks' folders, or above their files, as it is on disk."""
    own = [folder for group in groups for folder in group.folders]
    above = sorted({path.rpartition("/")[0] for path in own or [groups[0].contents[0].file]}, key=len)
    return f"{above[0]}/" if above and above[0] else "./"


def own_names(group: Group) -> frozenset[str]:
    """The names of the zones and of the cluster in a stack's files."""
    return frozenset(name for content in group.contents for name in content.names if not content.uncertain)

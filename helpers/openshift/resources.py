"""The resources in a folder: documents, members of a List, and what kustomize was given apart from what it made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from helpers.declared.walk import Found, files
from helpers.tripleo.findings import Finding
from helpers.tripleo.loader import Node, load

_SUFFIXES = (".yaml", ".yml", ".json")
_OURS = ("OpenStackControlPlane", "OpenStackDataPlaneNodeSet", "OpenStackDataPlaneService", "Glance", "Cinder")
_KINDS = frozenset({*_OURS, "Secret", "ConfigMap"})
_WORDS = re.compile(
    rb"^[ \t-]*\"?kind\"?\s*:\s*[\"']?(?:\w*List|Kustomization|Component|%s)\b" % "|".join(sorted(_KINDS)).encode(),
    re.MULTILINE,
)
#: What only a file of this deployment has, so that it matters even if it is broken.
_KNOWN = re.compile(rb"kind\"?\s*:\s*[\"']?OpenStack(ControlPlane|DataPlane)|\.client\.[\w-]+\.keyring\"?\s*:")
#: The names of copies that were put aside.
_ASIDE = re.compile(r"(?i)(?<![a-z0-9])(old|bak|backup|orig|copy|saved?|before)(?![a-z0-9])")
_LOCAL = "config.kubernetes.io/local-config"


@dataclass(frozen=True, eq=False, repr=False)
class Resource:
    """A resource. `given`: kustomize was given it, so that it may not be what was applied."""

    kind: str
    name: str
    namespace: str
    node: Node
    lines: tuple[str, ...]
    given: bool = False

    @property
    def live(self) -> bool:
        """Whether a cluster has answered it."""
        return self.node.get("status") is not None or self.node.get("metadata", "uid") is not None


@dataclass
class Resources:
    """The resources that count, and why files with some of them cannot be read."""

    found: list[Resource] = field(default_factory=list)
    values: list[Resource] = field(default_factory=list)
    unreadable: list[Finding] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Resource]:
        return [resource for resource in self.found if resource.kind in kinds]

    def named(self, kind: str, name: str) -> Resource | None:
        return next((resource for resource in self.of(kind) if resource.name == name), None)


def resources(folder: Path) -> Resources:
    """Read every resource of a known kind below a folder."""
    everything: list[Resource] = []
    inputs: set[str] = set()
    result = Resources()
    for found in files(folder):
        if not found.name.lower().endswith(_SUFFIXES):
            continue
        head = found.head()
        if not _WORDS.search(head):
            continue
        loaded = load(found.path, found.name)
        if _KNOWN.search(head):
            result.unreadable += [*loaded.unreadable, *loaded.doubtful]
        lines = tuple((found.text() or "").splitlines())
        for document in loaded.documents:
            if _kind(document) in {"Kustomization", "Component"}:
                inputs |= set(_given(found, document))
            everything += _members(document, lines)
    everything = [_marked(resource, inputs) for resource in everything]
    result.values = [one for one in everything if one.kind == "ConfigMap" and _is_local(one)]
    _choose([one for one in everything if one not in result.values], result)
    return result


def _kind(node: Node) -> str:
    kind = node.scalar("kind")
    return kind.text if kind is not None else ""


def _members(document: Node, lines: tuple[str, ...]) -> Iterator[Resource]:
    kind = _kind(document)
    if kind.endswith("List"):
        for item in document.mappings("items"):
            yield from _members(item, lines)
    elif kind in _KINDS:
        name, namespace = document.get("metadata", "name"), document.get("metadata", "namespace")
        if name is not None:
            yield Resource(kind, name.text, namespace.text if namespace is not None else "", document, lines)


def _is_local(resource: Resource) -> bool:
    local = resource.node.get("metadata", "annotations", _LOCAL)
    return local is not None and local.true


def _given(found: Found, document: Node) -> Iterator[str]:
    """The files that a kustomization is made from."""
    folder = PurePosixPath(found.name).parent
    listed = [
        item for key in ("resources", "patchesStrategicMerge") if (node := document.get(key)) for item in node.items
    ]
    listed += [path for patch in document.mappings("patches") if (path := patch.scalar("path"))]
    for item in listed:
        if item.kind == "text" and "\n" not in item.text:
            yield str(_joined(folder, item.text))


def _joined(folder: PurePosixPath, path: str) -> PurePosixPath:
    parts = list(folder.parts)
    for part in PurePosixPath(path).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return PurePosixPath(*parts)


def _marked(resource: Resource, inputs: Iterable[str]) -> Resource:
    if resource.node.place.file not in inputs:
        return resource
    return Resource(resource.kind, resource.name, resource.namespace, resource.node, resource.lines, given=True)


def _choose(everything: list[Resource], result: Resources) -> None:
    """Of each resource what was applied: what a cluster has answered, otherwise what kustomize has made."""
    made = {resource.kind for resource in everything if not resource.given}
    of_ours = [one for one in everything if one.kind in _OURS and (not one.given or one.kind not in made)]
    spaces = [one.namespace for one in of_ours if one.kind == "OpenStackControlPlane" and one.namespace]
    chosen: dict[tuple[str, str], Resource] = {}
    for resource in [*of_ours, *(one for one in everything if one.kind not in _OURS)]:
        if spaces and resource.namespace and resource.namespace != spaces[0]:
            continue
        key = resource.kind, resource.name
        if key not in chosen or _rank(resource) > _rank(chosen[key]):
            chosen[key] = resource
    result.found = list(chosen.values())


def _rank(resource: Resource) -> tuple[bool, bool, bool, int]:
    aside = _ASIDE.search(resource.node.place.file) is not None
    return not resource.given, not aside, resource.live, size(resource.node)


def size(node: Node) -> int:
    """The number of values in a node."""
    return 1 + sum(map(size, (*node.items, *node.entries.values())))

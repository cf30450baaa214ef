"""YAML files as trees that know the place of every value, read within limits.

PyYAML composes the nodes from libyaml's events. Nothing is constructed, so that no tag can execute or break anything: a
scalar stays the text as written (`mode: 0600` is not 384), and an unknown tag such as Heat's `!override` is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

from helpers.redact import fingerprint
from helpers.tripleo.findings import Finding, Place, printable

MAX_BYTES = 8 * 1024**2
#: The number of values in one file after its anchors are expanded. An inventory of 1,000 nodes has about 50,000.
MAX_VALUES = 100_000
MAX_DEPTH = 60

Kind = Literal["mapping", "list", "text", "bool", "null"]

_PARSER: Any = getattr(yaml, "CParser", None)  # absent from a PyYAML that was built without libyaml
_SECRET = re.compile(r"(?i)(key|password|secret|token|passphrase)$")
#: The beginning of what ansible-vault encrypts, a whole file or a value.
_VAULT = "$ANSIBLE_VAULT;"
_TRUE = frozenset({"true", "yes", "on", "1", "t", "y"})


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """A value in a file. `text` is a scalar as written, `items` are a list's values, `entries` a mapping's."""

    place: Place
    kind: Kind
    text: str = ""
    items: tuple[Node, ...] = ()
    entries: Mapping[str, Node] = field(default_factory=dict)

    def get(self, *path: str) -> Node | None:
        """The value under these keys, or None if it is absent or null."""
        node: Node | None = self
        for key in path:
            node = node.entries.get(key) if node is not None else None
        return None if node is None or node.kind == "null" else node

    def scalar(self, key: str) -> Node | None:
        """The scalar under a key, or None."""
        node = self.get(key)
        return node if node is not None and node.kind in {"text", "bool"} else None

    def mappings(self, key: str) -> Iterator[Node]:
        """The mappings in the list under a key."""
        node = self.get(key)
        return (item for item in (node.items if node is not None else ()) if item.kind == "mapping")

    def elements(self) -> list[str]:
        """The scalars of a list, or the parts of a comma-delimited text. Heat accepts both as a list."""
        parts = [item.text for item in self.items] if self.kind == "list" else self.text.split(",")
        return [part.strip() for part in parts if part.strip()]

    @property
    def true(self) -> bool:
        """Whether Heat and Ansible treat the scalar as true."""
        return self.text.strip().lower() in _TRUE

    @property
    def sealed(self) -> bool:
        """Whether the scalar is encrypted, and therefore cannot be compared."""
        return self.text.lstrip().startswith(_VAULT)

    @property
    def shown(self) -> str:
        """The value as a message may show it. Keys and passwords are replaced by their fingerprints."""
        if self.kind in {"mapping", "list"}:
            return f"a {self.kind}"
        if self.kind == "null":
            return "nothing"
        if self.kind == "text" and _SECRET.search(self.place.key):
            return f"{fingerprint(self.text)} ({len(self.text)} characters)"
        return repr(printable(self.text)) if self.kind == "text" else self.text

    def __repr__(self) -> str:
        return f"<{self.kind} at {self.place}>"


@dataclass(frozen=True)
class Loaded:
    """One file: its documents, or the findings that say why it could not be read, and what is doubtful in it.

    `sealed`: the whole file is encrypted.
    """

    file: str
    documents: tuple[Node, ...] = ()
    unreadable: tuple[Finding, ...] = ()
    doubtful: tuple[Finding, ...] = ()
    sealed: bool = False


class _TooMuch(Exception):
    def __init__(self, seen: str, expected: str, line: int) -> None:
        super().__init__(seen)
        self.seen, self.expected, self.line = seen, expected, line


def load(path: Path, file: str) -> Loaded:
    """Read one file. `file` is its name in findings. Every problem is a finding, never an exception."""

    def unreadable(seen: str, expected: str, line: int = 0) -> Loaded:
        return Loaded(file, unreadable=(Finding(Place(file, line), seen, expected),))

    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            return unreadable(f"{size} bytes", f"a deployment file, of at most {MAX_BYTES} bytes")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return unreadable(f"a file that cannot be read: {error.strerror}", "a file that this user may read")
    except UnicodeDecodeError as error:
        return unreadable(f"binary data at byte {error.start}", "YAML, in UTF-8")
    if text.startswith(_VAULT):
        return Loaded(file, sealed=True)
    if path.suffix.lower() == ".json":  # a tab in JSON is white space: its strings cannot contain one
        text = text.replace("\t", " ")
    reader = _Reader(file)
    try:
        documents = tuple(reader.documents(text))
    except _TooMuch as limit:
        return unreadable(limit.seen, limit.expected, limit.line)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # only the problem: the full text of the error quotes the file, which may contain a key
        problem = getattr(error, "problem", None) or "a character that YAML does not allow"
        line = mark.line + 1 if mark else 0
        return unreadable(f"what is not YAML: {printable(str(problem))}", "YAML", line)
    return Loaded(file, documents, doubtful=tuple(reader.duplicates))


def nested(node: Node) -> Node:
    """The value that a text contains, because Heat accepts a list or mapping as JSON too. Otherwise the node itself."""
    if node.kind != "text" or not node.text.lstrip().startswith(("[", "{")):
        return node
    reader = _Reader(node.place.file, node.place)
    try:
        return next(iter(reader.documents(node.text)), node)
    except (_TooMuch, yaml.YAMLError):
        return node


class _Bounded(Composer, Resolver):
    """PyYAML's composer, over libyaml's events where available, with limits on depth and number of values."""

    def __init__(self, text: str) -> None:
        Composer.__init__(self)
        Resolver.__init__(self)
        events = _PARSER(text) if _PARSER is not None else yaml.SafeLoader(text)
        self.check_event, self.get_event, self.peek_event = (
            events.check_event,
            events.get_event,
            events.peek_event,
        )
        self.depth = self.values = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth, self.values = self.depth + 1, self.values + 1
        _limit(self.depth, self.values, self.peek_event().start_mark.line + 1)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _limit(depth: int, values: int, line: int) -> None:
    if depth > MAX_DEPTH:
        raise _TooMuch(f"values nested more than {MAX_DEPTH} deep", "a deployment file's few levels", line)
    if values > MAX_VALUES:
        raise _TooMuch(f"more than {MAX_VALUES} values, anchors expanded", "a deployment file", line)


class _Reader:
    """Converts composed nodes to ours: expands anchors, applies merge keys, and reports duplicate keys.

    `within`: the place of the text, if it is a value in a file.
    """

    def __init__(self, file: str, within: Place | None = None) -> None:
        self.file = file
        self.within = within
        self.duplicates: list[Finding] = []
        self._values = 0

    def documents(self, text: str) -> Iterator[Node]:
        composer = _Bounded(text)
        while composer.check_node():
            node = composer.get_node()
            if node is not None:
                yield self._node(node, self.within.key if self.within else "", 0)

    def _line(self, node: yaml.Node) -> int:
        return self.within.line if self.within else node.start_mark.line + 1

    def _node(self, node: yaml.Node, key: str, depth: int) -> Node:
        self._values += 1
        line = self._line(node)
        _limit(depth, self._values, line)
        place = Place(self.file, line, key)
        if isinstance(node, yaml.MappingNode):
            return Node(place, "mapping", entries=self._entries(node, key, depth))
        if isinstance(node, yaml.SequenceNode):
            items = [self._node(item, f"{key}[{i}]", depth + 1) for i, item in enumerate(node.value)]
            return Node(place, "list", items=tuple(items))
        kinds: dict[str, Kind] = {"tag:yaml.org,2002:bool": "bool", "tag:yaml.org,2002:null": "null"}
        return Node(place, kinds.get(str(node.tag), "text"), text=str(node.value))

    def _entries(self, node: yaml.MappingNode, key: str, depth: int) -> dict[str, Node]:
        merged: dict[str, Node] = {}
        entries: dict[str, Node] = {}
        for name_node, value in node.value:
            if name_node.tag == "tag:yaml.org,2002:merge":
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for source in sources:
                    for name, inherited in self._node(source, key, depth + 1).entries.items():
                        merged.setdefault(name, inherited)
                continue
            name = str(name_node.value) if isinstance(name_node, yaml.ScalarNode) else "?"
            line = self._line(name_node)
            here = f"{key}.{name}".lstrip(".")
            child = self._node(value, here, depth + 1)
            # the line of the key, because an operator searches for the key, and a long text may start on the next line
            child = Node(Place(self.file, line, here), child.kind, child.text, child.items, child.entries)
            if name in entries:
                self.duplicates.append(
                    Finding(
                        child.place,
                        "the same key a second time; the earlier value is lost",
                        "one of the two",
                        entries[name].place,
                    )
                )
            entries[name] = child
        return {**merged, **entries}

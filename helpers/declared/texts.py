"""A configuration text in a file, and the place of each of its options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from helpers.nodes.config_files import (
    BadConfigFile,
    CephConf,
    Keyring,
    OsloConfig,
    parse_ceph_conf,
    parse_keyring,
    parse_oslo,
)
from helpers.tripleo.findings import Finding, Place
from helpers.tripleo.loader import Node

#: What a template, or a person, has yet to replace.
_PLACEHOLDER = re.compile(r"\{\{|\{%|CHANGE_?ME|^_\w+_$|^<[^>]+>$")


@dataclass(frozen=True, eq=False, repr=False)
class Text:
    """A text of options in sections: a whole file, a value in a YAML file, or a member of a Secret.

    `place` is that of the whole text. `first` is the line of its first line, or 0 where it has no lines of its own.
    """

    place: Place
    content: str
    first: int = 0

    def at(self, section: str, option: str = "") -> Place:
        """The place of an option, otherwise of its section, otherwise of the text."""
        key = " ".join(filter(None, (self.place.key, f"[{section}]", option)))
        found = self._lines.get((section.lower(), _word(option)), self._lines.get((section.lower(), ""), 0))
        line = self.first + found - 1 if self.first and found else self.place.line
        return Place(self.place.file, line, key)

    def node(self, section: str, option: str, value: str | None) -> Node | None:
        """A value with its place, or None if it is absent or yet to be replaced."""
        if value is None or unknown(value):
            return None
        return Node(self.at(section, option), "text", value)

    def option(self, section: str, option: str) -> Node | None:
        """The option as oslo.config reads it."""
        return self.node(section, option, self.oslo.get(section, option))

    @cached_property
    def _lines(self) -> dict[tuple[str, str], int]:
        """(section, option) → its last line. The option is empty for the section's own line."""
        found, section = {}, ""
        for number, line in enumerate(self.content.splitlines(), 1):
            if match := re.match(r"\s*\[([^\]]+)\]", line):
                section = match[1].strip().lower()
                found[section, ""] = number
            elif match := re.match(r"\s*([^#;=:\s][^=:]*?)\s*[=:]", line):
                found[section, _word(match[1])] = number
        return found

    @cached_property
    def oslo(self) -> OsloConfig:
        return parse_oslo(self.content)

    @cached_property
    def ceph(self) -> CephConf:
        return parse_ceph_conf(self.content)

    @cached_property
    def keyring(self) -> Keyring:
        return parse_keyring(self.content)

    def broken(self, kind: str) -> list[Finding]:
        """Why the text is not `oslo`, `ceph` or `keyring`."""
        try:
            getattr(self, kind)
        except BadConfigFile as error:
            return [Finding(self.place, f"what its reader refuses: {error}", "sections, and options with values")]
        return []


def unknown(value: str) -> bool:
    """Whether a value is a template's or a placeholder."""
    return _PLACEHOLDER.search(value.strip()) is not None


def _word(option: str) -> str:
    return re.sub(r"[\s_-]+", "_", option.strip().lower())


@dataclass(frozen=True, eq=False, repr=False)
class Layered:
    """The texts that configure one service. Of an option in several texts, the last text's value counts."""

    texts: tuple[Text, ...]

    def option(self, section: str, *names: str) -> Node | None:
        """The last definition of an option under any of these names."""
        found = [node for text in self.texts for name in names if (node := text.option(section, name)) is not None]
        return found[-1] if found else None

    def has(self, section: str) -> bool:
        return any(section in text.oslo.sections or section.lower() in text.oslo.sections for text in self.texts)

    def place(self, section: str) -> Place:
        """The place of a section, otherwise of the last text."""
        holding = [text for text in self.texts if section.lower() in text.oslo.sections] or self.texts
        return holding[-1].at(section)

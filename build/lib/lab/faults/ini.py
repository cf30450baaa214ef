"""Change single options of a configuration file and leave the rest as it is, comments and order too."""

from __future__ import annotations

import re
from collections.abc import Callable

Edit = Callable[[str], str]


class NoSuchOptionError(LookupError):
    """The file does not have what was to be changed; a fault that changes nothing would be none."""


def set_option(text: str, section: str, name: str, value: str) -> str:
    """The text with `name = value` in place of that option's line in that section."""
    return _replace(text, section, name, f"{name} = {value}\n")


def setting(section: str, name: str, value: str) -> Edit:
    """What sets that option in a text."""
    return lambda text: set_option(text, section, name, value)


def without_option(text: str, section: str, name: str) -> str:
    """The text without that option's line."""
    return _replace(text, section, name, "")


def option(text: str, section: str, name: str) -> str:
    """The value of an option."""
    for line in _section(text, section).splitlines():
        key, is_option, value = line.partition("=")
        if is_option and key.strip() == name:
            return value.strip()
    raise NoSuchOptionError(f"no option {name} in section [{section}]")


def _replace(text: str, section: str, name: str, line: str) -> str:
    old = _section(text, section)
    new, changed = re.subn(rf"^{re.escape(name)}\s*=.*\n?", lambda _: line, old, count=1, flags=re.MULTILINE)
    if not changed:
        raise NoSuchOptionError(f"no option {name} in section [{section}]")
    return text.replace(old, new, 1)


def _section(text: str, section: str) -> str:
    found = re.search(rf"^\[{re.escape(section)}\]\n(?:(?!\[).*\n?)*", text, flags=re.MULTILINE)
    if not found:
        raise NoSuchOptionError(f"no section [{section}]")
    return found.group()

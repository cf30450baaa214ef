"""Change single options of a configuration file and leave the rest, including comments and order, as it is."""

from __future__ import annotations

import re
from collections.abc import Callable

Edit = Callable[[str], str]


class NoSuchOptionError(LookupError):
    """The file does not have the option to change, and a fault that changes nothing is not a fault."""


def set_option(text: str, section: str, name: str, value: str) -> str:
    """Return the text with `name = value` in place of that option's line in that section."""
    return _replace(text, section, name, f"{name} = {value}\n")


def setting(section: str, name: str, value: str) -> Edit:
    """Return the edit that sets the option in a text."""
    return lambda text: set_option(text, section, name, value)


def without_option(text: str, section: str, name: str) -> str:
    """Return the text without the option's line."""
    return _replace(text, section, name, "")


def option(text: str, section: str, name: str) -> str:
    """Return the value of an option."""
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

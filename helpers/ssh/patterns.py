"""The patterns of ssh_config and known_hosts: `*`, `?`, and lists in which `!` excludes.

Source: ssh_config(5), PATTERNS.
"""

from __future__ import annotations

import re


def matches(text: str, pattern: str) -> bool:
    """Return whether the pattern matches the whole text. Brackets are literal, as in `[192.0.2.1]:22`."""
    if "*" not in pattern and "?" not in pattern:
        return text == pattern
    parts = {"*": ".*", "?": "."}
    return re.fullmatch("".join(parts.get(part, re.escape(part)) for part in pattern), text, re.DOTALL) is not None


def in_list(text: str, patterns: str) -> bool:
    """Return whether a pattern of the comma-separated list matches, and no negated pattern does."""
    found = False
    for pattern in patterns.split(","):
        if pattern.startswith("!"):
            if matches(text, pattern[1:]):
                return False
        else:
            found = found or matches(text, pattern)
    return found

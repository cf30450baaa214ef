"""Fingerprints of secrets, made where the secret is: it does not leave the node, and nobody has to read it to compare.

They are those of `helpers.redact.fingerprint`, so that a key in a file and one that a service has can be compared.
"""

from __future__ import annotations

import re
import shlex

_DIGITS = 12


def digest_of(command: str) -> tuple[str, ...]:
    """The command that prints the fingerprint's digits of what `command`, a line for a shell, prints."""
    return ("bash", "-o", "pipefail", "-c", rf"{command} | tr -d '\n' | sha256sum | cut -c1-{_DIGITS}")


def key_of_keyring(path: str) -> str:
    """The line for a shell that prints the key of a keyring with one user."""
    return f"sed -n 's/^[[:space:]]*key[[:space:]]*=[[:space:]]*//p' {shlex.quote(path)}"


def parse_digest(text: str) -> str:
    """A fingerprint from what `digest_of` printed. Raises ValueError: it printed something else."""
    digits = text.strip()
    if not re.fullmatch(rf"[0-9a-f]{{{_DIGITS}}}", digits):
        raise ValueError(f"sha256sum printed {digits[:80]!r}")
    return f"sha256:{digits}"

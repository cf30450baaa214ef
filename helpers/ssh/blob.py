"""Public keys in the SSH wire format: strings with their lengths, starting with the key type. Source: RFC 4253, 6.6."""

from __future__ import annotations

import base64
import hashlib

#: Key type → number of strings after the type.
_STRINGS = {
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "ssh-dss": 4,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}


def strings(blob: bytes, number: int) -> tuple[list[bytes], bytes]:
    """Return the first `number` strings of a blob, and the rest. Raises ValueError if the blob is too short."""
    found = []
    for _ in range(number):
        end = 4 + int.from_bytes(blob[:4], "big")
        if len(blob) < end:
            raise ValueError("the blob ends within a string")
        found.append(blob[4:end])
        blob = blob[end:]
    return found, blob


def public_key(kind: str, encoded: str) -> bytes | None:
    """Return the blob of a public key as written in a file, or None if the text is not a public key."""
    try:
        blob = base64.b64decode(encoded, validate=True)
        (name, first, *_), rest = strings(blob, 1 + _STRINGS[kind])
    except (ValueError, KeyError):
        return None
    whole = name == kind.encode() and not rest
    return blob if whole and (kind != "ssh-ed25519" or len(first) == 32) else None


def kind(blob: bytes) -> str:
    """The key type at the beginning of a blob."""
    return strings(blob, 1)[0][0].decode(errors="replace")


def fingerprint(blob: bytes) -> str:
    """The fingerprint, as `ssh-keygen -l` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")

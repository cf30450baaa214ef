"""A fingerprint that a node makes is the one that is made here of the same secret."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from helpers.nodes.fingerprints import digest_of, key_of_keyring, parse_digest
from helpers.redact import fingerprint

CEPHX = "AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q=="


def printed(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(digest_of(line), capture_output=True, text=True, check=False)  # noqa: S603 - of our making


def test_the_shell_makes_the_same_fingerprint(tmp_path: Path):
    """With or without the line's end, from a keyring or from what a command prints."""
    keyring = tmp_path / "dcn0.client.external.keyring"
    keyring.write_text(f'[client.external]\n\tkey = {CEPHX}\n\tcaps mon = "profile rbd"\n')

    assert parse_digest(printed(f"printf %s {CEPHX}").stdout) == fingerprint(CEPHX)
    assert parse_digest(printed(f"echo {CEPHX}").stdout) == fingerprint(CEPHX)
    assert parse_digest(printed(key_of_keyring(str(keyring))).stdout) == fingerprint(CEPHX)


def test_a_command_that_fails_leaves_no_fingerprint_of_nothing():
    assert printed("false").returncode != 0


def test_what_is_no_digest_is_said():
    with pytest.raises(ValueError, match="sha256sum printed 'bash: sha256sum: command not found'"):
        parse_digest("bash: sha256sum: command not found")

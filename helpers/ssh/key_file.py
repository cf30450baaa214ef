"""Key files: the private key, the public part of an encrypted key, and the certificate beside it."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from paramiko.pkey import PublicBlob

from helpers.ssh.blob import kind, public_key, strings

_MAGIC = b"openssh-key-v1\0"
_PEM = serialization.PrivateFormat.TraditionalOpenSSL
#: Key class of cryptography → paramiko's class and the format to pass it. Paramiko reads fewer formats than OpenSSH.
_CLASSES: tuple[tuple[Any, type[paramiko.PKey], serialization.PrivateFormat], ...] = (
    (Ed25519PrivateKey, paramiko.Ed25519Key, serialization.PrivateFormat.OpenSSH),
    (RSAPrivateKey, paramiko.RSAKey, _PEM),
    (EllipticCurvePrivateKey, paramiko.ECDSAKey, _PEM),
)


class UnusableKey(Exception):
    """A file holds no usable private key. The message is the reason, worded to follow the file's name."""


class MissingKey(UnusableKey):
    """The file does not exist."""


def private_key(file: Path) -> paramiko.PKey:
    """Return the private key in a file. Raises UnusableKey."""
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise MissingKey("is not there") from error
    except OSError as error:
        raise UnusableKey(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    if _public_in(content) is not None:
        raise UnusableKey("is a public key, and no agent has its private key")
    header = _header(content)
    if header is not None and kind(header).startswith("sk-"):
        raise UnusableKey("is for a security key, which only an agent can use")
    try:
        return _private_in(content)
    except TypeError as error:
        raise UnusableKey(f"is encrypted; add it to an agent: ssh-add {file}") from error
    except Exception as error:
        # cryptography and paramiko raise errors of many kinds for a malformed file
        what = "a key of PuTTY, which OpenSSH does not read" if content.startswith(b"PuTTY") else "not a private key"
        raise UnusableKey(f"is {what}") from error


def public_part(file: Path) -> bytes | None:
    """Return the public key of an identity, even where its private key is encrypted or elsewhere, or None."""
    for each in (file, file.with_name(f"{file.name}.pub")):
        found = _public_in(_content(each))
        if found is not None:
            return found
    header = _header(_content(file))
    if header is not None:
        return header
    try:
        return private_key(file).asbytes()
    except UnusableKey:
        return None


def certificate(file: Path, public: bytes) -> PublicBlob | None:
    """Return the certificate in a file if it certifies this public key, otherwise None."""
    words = _content(file).decode(errors="replace").split()
    try:
        blob = base64.b64decode(words[1], validate=True)
        # in a certificate, the type is followed by a nonce and the fields of the key
        certified, key = strings(blob, 2)[1], strings(public, 1)[1]
    except (IndexError, ValueError):
        return None
    return PublicBlob(words[0], blob) if certified.startswith(key) else None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _public_in(content: bytes) -> bytes | None:
    lines = [line.split() for line in content.decode(errors="replace").splitlines()]
    keys = (public_key(*words[:2]) for words in lines if len(words) >= 2)
    return next((key for key in keys if key is not None), None)


def _private_in(content: bytes) -> paramiko.PKey:
    try:
        found: Any = serialization.load_ssh_private_key(content, None)
    except ValueError:
        found = serialization.load_pem_private_key(content, None)
    for of_cryptography, of_paramiko, form in _CLASSES:
        if isinstance(found, of_cryptography):
            text = found.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
            return of_paramiko.from_private_key(io.StringIO(text.decode()))
    raise ValueError("a key of a kind that is not used for logins")


def _header(content: bytes) -> bytes | None:
    """The public key in OpenSSH's own format, where it precedes the encrypted part."""
    try:
        _, body, _ = content.split(b" OPENSSH PRIVATE KEY-----", 2)
        blob = base64.b64decode(b"".join(body.rpartition(b"-----END")[0].split()), validate=True)
        _, rest = strings(blob.removeprefix(_MAGIC), 3)
        return strings(rest[4:], 1)[0][0]
    except ValueError:
        return None

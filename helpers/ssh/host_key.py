"""Whether a node shows a key that it may show: known_hosts and `StrictHostKeyChecking`, as OpenSSH judges."""

from __future__ import annotations

import base64
import time

import paramiko
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from helpers.ssh.blob import fingerprint, kind
from helpers.ssh.config import SshTarget
from helpers.ssh.known_hosts import KnownHosts, KnownKey

_CERTIFICATE = "-cert-v01@openssh.com"


class HostKeyRefused(Exception):
    """The node shows a key that it may not show; the message says which, and what to do."""


class HostKey:
    """What is known about the host keys of one target."""

    def __init__(self, target: SshTarget, known: KnownHosts) -> None:
        self._target, self._known = target, known
        self._name = target.host_key_name
        self._lines = known.about(self._name)

    def preferred(self, offered: tuple[str, ...]) -> tuple[str, ...]:
        """Algorithms, those first by which the node can show a key that is known."""
        kinds = {line.kind for line in self._lines if not line.marker}
        authority = any(line.marker == "@cert-authority" for line in self._lines)
        certificates = tuple(f"{name}{_CERTIFICATE}" for name in offered) if authority else ()
        return (*certificates, *sorted(offered, key=lambda name: _kind(name) not in kinds))

    def check(self, key: paramiko.PKey) -> None:
        """Raises HostKeyRefused."""
        blob = key.asbytes()
        certificate = _certificate(key)
        signer = _signer(certificate) if certificate else None
        revoked = next(
            (line for line in self._lines if line.marker == "@revoked" and line.blob in (blob, signer)), None
        )
        if revoked is not None:
            if not self._target.accept_changed_key:
                raise HostKeyRefused(
                    f"revoked host key: {revoked.file} line {revoked.line} revokes the key that the node shows"
                )
            return
        problem = "was not signed by it"
        if certificate and any(line.marker == "@cert-authority" and line.blob == signer for line in self._lines):
            problem = _problem(certificate, self._target.host_key_alias or self._target.host)
        if problem:  # then the key itself may still be known
            self._check_plain(blob, problem)

    def _check_plain(self, blob: bytes, problem: str) -> None:
        plain = [line for line in self._lines if not line.marker]
        if any(line.blob == blob for line in plain):
            return
        if plain:
            if not self._target.accept_changed_key:
                raise HostKeyRefused(self._changed(blob, plain))
            return
        without_port = () if self._target.host_key_alias else self._known.about(self._target.host)
        if self._target.accept_unknown_key or any(line.blob == blob for line in without_port if not line.marker):
            return
        raise HostKeyRefused(self._unknown(problem))

    def _changed(self, blob: bytes, plain: list[KnownKey]) -> str:
        line = next((line for line in plain if line.kind == kind(blob)), plain[0])
        return (
            f"host key mismatch: the node shows {fingerprint(blob)}, and {line.file} line {line.line} has "
            f"{fingerprint(line.blob)} for {self._name}; either the node was installed anew, or this is another machine"
        )

    def _unknown(self, problem: str) -> str:
        port = "" if self._target.port == 22 else f" -p {self._target.port}"
        files = ", ".join(self._known.described())
        where = f"{self._name} is not in {files}" if files else f"there is no known_hosts file for {self._name}"
        if any(line.marker == "@cert-authority" for line in self._lines):
            where += f" but for a @cert-authority, and what the node shows {problem}"
        fix = f"add it with ssh-keyscan{port} {self._target.host}, or set ssh.check_host_keys to false"
        return f"unknown host key: {where}; {fix}"


def _kind(algorithm: str) -> str:
    return "ssh-rsa" if algorithm.startswith("rsa-") else algorithm


def _certificate(key: paramiko.PKey) -> serialization.SSHCertificate | None:
    shown = getattr(key, "public_blob", None)
    if shown is None:
        return None
    line = f"{shown.key_type} {base64.b64encode(shown.key_blob).decode()}"
    try:
        found = serialization.load_ssh_public_identity(line.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, serialization.SSHCertificate) else None


def _signer(certificate: serialization.SSHCertificate) -> bytes | None:
    """The key that has signed it; None for one of a kind that is not known here."""
    try:
        key = certificate.signature_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])


def _problem(certificate: serialization.SSHCertificate, name: str) -> str:
    """What is wrong with a host's certificate, in words that follow it; nothing for one that holds."""
    names = [principal.decode(errors="replace") for principal in certificate.valid_principals]
    if certificate.type != serialization.SSHCertificateType.HOST:
        return "is a user's"
    if not certificate.valid_after <= time.time() < certificate.valid_before:
        return "is not valid now"
    if names and name not in names:
        return f"is for {', '.join(names)} and not for {name}"
    if certificate.critical_options:
        return "has critical options, which nobody knows"
    try:
        certificate.verify_cert_signature()
    except InvalidSignature:
        return "has a wrong signature"
    return ""

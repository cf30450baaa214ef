"""The keys that a login is tried with, in OpenSSH's order: keys of the agent, then keys in files.

Source: ssh_config(5), IdentityFile, IdentitiesOnly, CertificateFile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko
from paramiko.agent import AgentKey

from helpers.ssh.agent import Agent
from helpers.ssh.config import SshTarget
from helpers.ssh.key_file import MissingKey, UnusableKey, certificate, private_key, public_part
from helpers.ssh.tokens import home

#: The files in ~/.ssh that OpenSSH tries if ssh_config names no key. A missing one is not reported.
_USUAL = ("id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_xmss")


@dataclass
class Keys:
    """The keys for one login. `passed_over` says which files and agents provided none, and why."""

    target: SshTarget
    agent: Agent | None
    passed_over: list[str] = field(default_factory=list)

    def each(self) -> Iterator[tuple[paramiko.PKey, str]]:
        """Yield each key with its description. A file is opened only when its turn comes."""
        held = self._held()
        public = {file: public_part(file) for file in self.target.identity_files} if held else {}
        for blob, key in held.items():
            file = next((file for file in public if public[file] == blob), None)
            if file is not None:
                yield from self._with_certificates(key, file, f"key {file} of the agent")
        if not self.target.identities_only:
            for blob, key in held.items():
                if blob not in public.values():
                    yield key, "a key of the agent"
        for file in self.target.identity_files:
            if public.get(file) not in held:
                yield from self._in_file(file)

    def _held(self) -> dict[bytes, AgentKey]:
        if self.agent is None:
            return {}
        if self.agent.problem:
            self.passed_over.append(self.agent.problem)
        return {key.blob: key for key in self.agent.keys}

    def _in_file(self, file: Path) -> Iterator[tuple[paramiko.PKey, str]]:
        try:
            key = private_key(file)
        except UnusableKey as error:
            usual = file.parent == Path(home(), ".ssh") and file.name in _USUAL
            if not (usual and isinstance(error, MissingKey)):
                self.passed_over.append(f"{file} {error}")
        else:
            yield from self._with_certificates(key, file, f"key {file}")

    def _with_certificates(self, key: paramiko.PKey, file: Path, words: str) -> Iterator[tuple[paramiko.PKey, str]]:
        files = self.target.certificate_files or (file.with_name(f"{file.name.removesuffix('.pub')}-cert.pub"),)
        for each in files:
            key.public_blob = certificate(each, key.asbytes())
            if key.public_blob is not None:
                yield key, f"{words} with the certificate {each}"
        key.public_blob = None
        yield key, words

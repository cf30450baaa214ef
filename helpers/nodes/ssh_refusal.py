"""Why a login failed, in words that say what to look at."""

from __future__ import annotations

import socket
from pathlib import Path

import paramiko
from paramiko.ssh_exception import AuthenticationException, BadHostKeyException, SSHException

from helpers.environment import Ssh
from helpers.environment.ssh_config import SshTarget


def refusal(error: Exception, target: SshTarget, ssh: Ssh, known_hosts: tuple[Path, ...]) -> str:
    """Why a login failed, in words that say what to look at."""
    files = ", ".join(map(str, known_hosts)) or "no known_hosts file, because there is none"
    if isinstance(error, BadHostKeyException):
        return (
            f"host key mismatch: the node shows {error.key.fingerprint}, "
            f"and {files} has {error.expected_key.fingerprint} for {target.host_key_name}; "
            "either the node was installed anew, or this is another machine"
        )
    if isinstance(error, SSHException) and "not found in known_hosts" in str(error):
        return (
            f"unknown host key: {target.host_key_name} is not in {files}; add it with "
            f"ssh-keyscan{'' if target.port == 22 else f' -p {target.port}'} {target.host}, or set "
            "ssh.check_host_keys to false"
        )
    if isinstance(error, paramiko.PasswordRequiredException):
        return f"the passphrase of {_keys(target)} is needed; load it into ssh-agent"
    if isinstance(error, AuthenticationException):
        return f"authentication refused for user {target.user} with {_keys(target)}"
    if isinstance(error, socket.gaierror):
        return f"unknown host: {target.host} has no address"
    if isinstance(error, ConnectionRefusedError):
        return f"refused: nothing listens on port {target.port}"
    # paramiko says "No existing session" where the other side never got as far as showing its key
    if isinstance(error, TimeoutError) or any(s in str(error) for s in ("imeout", "No existing session")):
        return f"timed out: no answer within {ssh.connect_timeout} s"
    if isinstance(error, SSHException) and "banner" in str(error):
        return f"what listens on port {target.port} does not speak SSH"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _keys(target: SshTarget) -> str:
    named = ", ".join(map(str, target.identity_files))
    if target.identities_only:
        return f"key {named}" if named else "no key"
    return f"key {named}, and the agent's" if named else "the agent's keys and those of ~/.ssh"

"""The command line by which a person reaches a node just as the harness does."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from helpers.environment import Ssh
from helpers.ssh.config import SshTarget


def command_line(target: SshTarget, route: Sequence[SshTarget], ssh: Ssh) -> list[str]:
    """`ssh -F FILE HOST`, with what the environment file says beyond ssh_config."""
    user = f"{target.user}@" if target.user != target.configured_user else ""
    return [*_words(target, route, ssh), user + target.alias]


def _words(target: SshTarget, route: Sequence[SshTarget], ssh: Ssh) -> list[str]:
    words = ["ssh", "-F", str(ssh.config or "none"), *_options(target, ssh)]
    # `ssh` hands no -o on to a jump host, where the environment file's options hold too
    if any(_options(hop, ssh) for hop in route):
        words += ["-o", f"ProxyCommand={_to_jump_host(route, ssh)}"]
    return words


def _to_jump_host(route: Sequence[SshTarget], ssh: Ssh) -> str:
    *before, hop = route
    words = [*_words(hop, before, ssh), "-l", hop.user, "-p", str(hop.port)]
    return f"{shlex.join(words).replace('%', '%%')} -W '[%h]:%p' {shlex.quote(hop.alias)}"


def _options(target: SshTarget, ssh: Ssh) -> list[str]:
    if not ssh.check_host_keys:
        return ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    if ssh.known_hosts is None or ssh.known_hosts in target.known_hosts_files:
        return []
    return ["-o", f"UserKnownHostsFile={_quoted(ssh.known_hosts)}"]


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)

"""What an OpenSSH client configuration says about a node: its address, user, keys and proxy.

OpenSSH's client reads the file (`ssh -G`). Where it is not installed, `config_file` reads it. Source: ssh_config(5).
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from helpers.ssh import config_file as ssh_config_file
from helpers.ssh.answer import Answer, BadSshConfig, Question, ask, openssh
from helpers.ssh.tokens import expanded, expanded_path, home, local_user

__all__ = ["BadSshConfig", "Hop", "SshConfig", "SshTarget"]

#: `StrictHostKeyChecking` as `ssh -G` prints it → whether an unknown key and a changed key are accepted.
_ACCEPTED = {"false": (True, True), "accept-new": (True, False)}


class Hop(NamedTuple):
    """One host of ProxyJump: `[user@]host[:port]`."""

    user: str | None
    host: str
    port: int | None


@dataclass(frozen=True)
class SshTarget:
    """How one node is reached.

    `alias` is what a person types after `ssh`. `host`, `port` and `user` are what it resolves to. `jumps` are the hosts
    of ProxyJump, first hop first. `proxy_command` is ready for the shell. `identity_agent` is a socket, or None if no
    agent is used. `connect_timeout` is in seconds, or None if the file does not set it.
    """

    alias: str
    host: str
    port: int
    user: str
    configured_user: str
    identity_files: tuple[Path, ...]
    certificate_files: tuple[Path, ...]
    identities_only: bool
    identity_agent: Path | None
    known_hosts_files: tuple[Path, ...]
    global_known_hosts_files: tuple[Path, ...]
    host_key_alias: str | None
    accept_unknown_key: bool
    accept_changed_key: bool
    trust_localhost: bool
    jumps: tuple[Hop, ...]
    proxy_command: str | None
    address_family: socket.AddressFamily
    bind_address: str | None
    connect_timeout: int | None

    @property
    def place(self) -> tuple[str, int, str]:
        """The destination of the login, whatever its alias."""
        return self.host, self.port, self.user

    @property
    def host_key_name(self) -> str:
        """The name in known_hosts: `HostKeyAlias`, otherwise the host, with the port unless it is 22."""
        name = self.host_key_alias or self.host
        return name if self.port == 22 or self.host_key_alias else f"[{name}]:{self.port}"


class SshConfig:
    """One ssh_config file with its includes. `path=None` stands for an empty file."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @classmethod
    def read(cls, path: Path | None) -> SshConfig:
        """Read the file. Raises BadSshConfig when the file, or one that it includes, cannot be read."""
        config = cls(path)
        try:
            text = path is None or b"\0" not in path.read_bytes()
        except OSError as error:
            raise BadSshConfig(f"{path}: {(error.strerror or str(error)).lower()}") from error
        if not text:  # OpenSSH ignores the rest of such a line
            raise BadSshConfig(f"{path}: is not a text file")
        # OpenSSH reads the file for one host only, but also reports errors in the blocks of other hosts
        config.target("localhost")
        return config

    def target(
        self, name: str, address: str | None = None, user: str | None = None, port: int | None = None
    ) -> SshTarget:
        """Return how `name`, or `user@name`, is reached.

        If the file sets no HostName for `name`, `address` is the host, and blocks that match the address apply (`Host
        192.168.24.*`). `user` and `port`, where given, override those of the file. Raises BadSshConfig.
        """
        given, _, name = name.rpartition("@")
        user = user or given or None
        question = Question(name, port=port)
        try:
            said = self._ask(question)
            if address and said["hostname"] == (name.lower(),) != (address,):
                question = replace(question, host=address)
                said = self._ask(question)
            configured_user = said["user"][0]
            if user and user != configured_user:
                said = self._ask(replace(question, user=user))
            return _target(question.host, configured_user, said)
        except ValueError as error:
            raise BadSshConfig(f"{self.path}: Host {question.host}: {error}") from error

    def route(self, target: SshTarget) -> tuple[SshTarget, ...]:
        """The jump hosts before the target, first hop first. Raises BadSshConfig if they form a loop."""
        route: list[SshTarget] = []
        jumps = target.jumps
        while jumps:
            *earlier, last = jumps
            hop = self.target(last.host, user=last.user, port=last.port)
            if earlier:  # the jumps on the command line override those of the hop
                hop = replace(hop, jumps=tuple(earlier), proxy_command=None)
            if any(
                (hop.host, hop.port, hop.user) == (other.host, other.port, other.user) for other in [target, *route]
            ):
                reason = f"ProxyJump leads to {hop.alias} by way of {hop.alias} itself"
                raise BadSshConfig(f"{self.path}: {reason}; `ProxyJump none` in its Host block ends that")
            route.insert(0, hop)
            jumps = hop.jumps
        return tuple(route)

    def _ask(self, question: Question) -> Answer:
        program = openssh()
        if self.path is None or program is None:
            return ssh_config_file.read(self.path, question)
        return ask(program, self.path, question)


def _target(alias: str, configured_user: str, said: Answer) -> SshTarget:
    """Build the target. Raises ValueError for a value that is not a valid path, host or number."""

    def one(name: str) -> str | None:
        value = said.get(name, ("none",))[0]
        return None if value.lower() == "none" else value

    host, user, port = said["hostname"][0], said["user"][0], int(said["port"][0])
    host_key_alias = (one("hostkeyalias") or "").lower() or None
    tokens = _tokens(alias, host, port, user, host_key_alias)

    def paths(name: str) -> tuple[Path, ...]:
        return tuple(expanded_path(value, tokens) for value in said.get(name, ()) if value.lower() != "none")

    if one("proxyusefdpass") == "yes":
        raise ValueError("ProxyUseFdpass is not supported; leave it out, or use ProxyJump")
    command, timeout = one("proxycommand"), one("connecttimeout")
    unknown, changed = _ACCEPTED.get(said["stricthostkeychecking"][0], (False, False))
    return SshTarget(
        alias=alias,
        host=host,
        port=port,
        user=user,
        configured_user=configured_user,
        identity_files=paths("identityfile"),
        certificate_files=paths("certificatefile"),
        identities_only=one("identitiesonly") == "yes",
        identity_agent=_agent(said.get("identityagent", ("SSH_AUTH_SOCK",))[0], tokens),
        known_hosts_files=paths("userknownhostsfile"),
        global_known_hosts_files=paths("globalknownhostsfile"),
        host_key_alias=host_key_alias,
        accept_unknown_key=unknown,
        accept_changed_key=changed,
        trust_localhost=one("nohostauthenticationforlocalhost") == "yes",
        jumps=tuple(map(_hop, (one("proxyjump") or "").split(","))) if one("proxyjump") else (),
        proxy_command=expanded(command, tokens) if command else None,
        address_family={"inet": socket.AF_INET, "inet6": socket.AF_INET6}.get(
            one("addressfamily") or "", socket.AF_UNSPEC
        ),
        bind_address=one("bindaddress"),
        connect_timeout=int(timeout) if timeout else None,
    )


def _tokens(alias: str, host: str, port: int, user: str, host_key_alias: str | None) -> dict[str, str]:
    this = socket.gethostname()
    of_this_side = {"d": home(), "u": local_user(), "i": str(os.getuid()), "l": this, "L": this.partition(".")[0]}
    return {
        "%": "%",
        "h": host,
        "n": alias,
        "k": host_key_alias or alias,
        "p": str(port),
        "r": user,
        **of_this_side,
    }


def _agent(value: str, tokens: Mapping[str, str]) -> Path | None:
    """The socket that IdentityAgent names, otherwise the agent of the environment."""
    if value == "SSH_AUTH_SOCK":
        value = "$SSH_AUTH_SOCK"
    if value.startswith("$") and not value.startswith("${"):
        value = os.environ.get(value[1:], "")
    elif value.lower() != "none":
        return expanded_path(value, tokens)
    return None if value.lower() in ("", "none") else Path(value)


def _hop(text: str) -> Hop:
    match = re.fullmatch(r"\s*(?:ssh://)?(?:(?P<user>.+)@)?(?P<host>\[[^]]+\]|[^:@/\s]+)(?::(?P<port>\d+))?/?\s*", text)
    if match is None:
        raise ValueError(f"ProxyJump {text!r} is not [user@]host[:port]")
    port = None
    with contextlib.suppress(TypeError):
        port = int(match["port"])
    return Hop(match["user"], match["host"].strip("[]"), port)

"""What an OpenSSH client configuration says about a node: where it is, as whom, with which key, through what.

Paramiko parses the file; here are the parts that it leaves out (`Include`) and the questions asked of it.
Source: ssh_config(5).
"""

from __future__ import annotations

import getpass
import glob
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

import paramiko

_INCLUDE = re.compile(r"^\s*Include(?:\s+|\s*=\s*)(.+?)\s*$", re.IGNORECASE)
_DEEPEST_INCLUDE = 16  # as in OpenSSH's readconf.c


class BadSshConfig(Exception):
    """The file cannot be read or understood; the message is one line and names the file."""


@dataclass(frozen=True)
class SshTarget:
    """How one node is reached.

    `alias` is what a person types after `ssh`; `host`, `port` and `user` are what it comes to.
    `host_key_name` is the name that known_hosts has (`HostKeyAlias`, or the host, with the port if it is not
    22). `jumps` are the hosts of ProxyJump, first hop first.
    """

    alias: str
    host: str
    port: int
    user: str
    configured_user: str | None
    identity_files: tuple[Path, ...]
    identities_only: bool
    known_hosts_files: tuple[Path, ...]
    host_key_alias: str | None
    jumps: tuple[str, ...]
    proxy_command: str | None

    @property
    def host_key_name(self) -> str:
        name = self.host_key_alias or self.host
        return name if self.port == 22 or self.host_key_alias else f"[{name}]:{self.port}"


class SshConfig:
    """One ssh_config file, its includes read in; `path=None` is an empty one."""

    def __init__(self, path: Path | None, text: str = "") -> None:
        self.path = path
        self.text = text
        try:
            self._config = paramiko.SSHConfig.from_text(text)
        except Exception as error:
            # ConfigParseError, and ValueError of shlex for an open quote
            raise BadSshConfig(f"{path}: {error}") from error

    @classmethod
    def read(cls, path: Path | None) -> SshConfig:
        """Raises BadSshConfig when the file, or one that it includes, cannot be read."""
        return cls(path, _with_includes(path, 0) if path else "")

    def target(self, name: str, address: str | None = None, user: str | None = None) -> SshTarget:
        """How `name` is reached.

        Where the file gives no HostName for `name`, `address` is the host, and what the file says about the
        address holds (`Host 192.168.24.*`). `user`, where given, goes before the file's. Raises BadSshConfig
        for a port that is no number.
        """
        alias = name
        try:
            found = self._config.lookup(name)
            if address and found["hostname"] == name != address:
                alias, found = address, self._config.lookup(address)
        except Exception as error:
            raise BadSshConfig(f"{self.path}: Host {name}: {error}") from error
        port = found.get("port", "22")
        if not port.isdecimal():
            raise BadSshConfig(f"{self.path}: Host {name}: Port {port!r} is not a number")
        jump = found.get("proxyjump") or "none"
        command = found.get("proxycommand") or "none"
        return SshTarget(
            alias=alias,
            host=found["hostname"],
            port=int(port),
            user=user or found.get("user") or getpass.getuser(),
            configured_user=found.get("user"),
            identity_files=tuple(
                Path(file).expanduser() for file in found.get("identityfile", ()) if file.lower() != "none"
            ),
            identities_only=found.get("identitiesonly", "no").lower() == "yes",
            known_hosts_files=tuple(
                Path(file).expanduser()
                for file in shlex.split(found.get("userknownhostsfile") or "~/.ssh/known_hosts")
                if file.lower() != "none"
            ),
            host_key_alias=found.get("hostkeyalias"),
            jumps=() if jump.lower() == "none" else tuple(hop.strip() for hop in jump.split(",")),
            proxy_command=None if command.lower() == "none" else command,
        )

    def jump_target(self, hop: str) -> SshTarget:
        """A hop of ProxyJump, `[user@]host[:port]` or `ssh://…`; its own Host block holds for it."""
        match = re.fullmatch(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?P<host>\[[^]]+\]|[^:]+)(?::(?P<port>\d+))?/?", hop)
        if match is None:
            raise BadSshConfig(f"{self.path}: ProxyJump {hop!r} is not [user@]host[:port]")
        target = self.target(match["host"].strip("[]"), user=match["user"])
        return target if match["port"] is None else replace(target, port=int(match["port"]))


def _with_includes(path: Path, depth: int) -> str:
    if depth > _DEEPEST_INCLUDE:
        raise BadSshConfig(f"{path}: Include goes deeper than {_DEEPEST_INCLUDE} files; does a file include itself?")
    try:
        text = path.read_text()
    except OSError as error:
        raise BadSshConfig(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise BadSshConfig(f"{path}: is not a text file") from error
    lines: list[str] = []
    for line in text.splitlines():
        match = _INCLUDE.match(line)
        if match is None:
            lines.append(line)
            continue
        for pattern in shlex.split(match[1]):
            wanted = Path(pattern).expanduser()
            # as OpenSSH does, whatever folder the file is in: `ssh -F` by hand must find the same
            place = wanted if wanted.is_absolute() else Path("~/.ssh").expanduser() / wanted
            for included in sorted(glob.glob(str(place))):
                lines.append(_with_includes(Path(included), depth + 1))
    return "\n".join(lines)

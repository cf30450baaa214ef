"""How discovery reaches machines: by SSH, as ssh_config says, each by one kept connection."""

from __future__ import annotations

from collections.abc import Mapping

from helpers.discovery.cloud_view import short
from helpers.environment import NodeSpec, Ssh
from helpers.nodes.node import Node
from helpers.ssh.config import SshConfig


class Access:
    """Opens machines.

    :param known: machines that are connected already, by name; those are the caller's to close
    :raises BadSshConfig: ssh_config cannot be read
    """

    def __init__(self, ssh: Ssh, known: Mapping[str, Node] | None = None) -> None:
        self._ssh = ssh
        self._known = dict(known or {})
        self._config = SshConfig.read(ssh.config)
        self._opened: list[Node] = []

    def node(self, name: str, address: str, site: str) -> Node:
        """A machine, which is logged in to at its first command."""
        known = self._known.get(name)
        if known is not None and known.spec.address == address:
            return known
        node = Node(NodeSpec(name, address, (), site), self._ssh)
        self._opened.append(node)
        return node

    def address(self, given: str, hostname: str) -> str:
        """What an environment file has as the address of a machine that was reached as `given`.

        That is where ssh_config leads. A machine that calls itself otherwise keeps the name that was given, for what
        ssh_config says stands under that.
        """
        return self._config.target(given).host if short(given) == short(hostname) else given

    def leads(self, name: str) -> str | None:
        """Where ssh_config leads for this name; None: it does not know it."""
        host = self._config.target(name).host
        return None if host == name.lower() else host

    def close(self) -> None:
        """End every connection that was opened here."""
        for node in self._opened:
            node.close()

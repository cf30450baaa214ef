"""How discovery reaches machines: over SSH as ssh_config says, with one persistent connection for each."""

from __future__ import annotations

from collections.abc import Mapping

from helpers.environment import NodeSpec, Ssh
from helpers.environment.values import short
from helpers.nodes.node import Node
from helpers.ssh.config import SshConfig


class Access:
    """Provides connections to machines.

    :param known: machines that are already connected, by name; the caller closes these
    :raises BadSshConfig: ssh_config cannot be read
    """

    def __init__(self, ssh: Ssh, known: Mapping[str, Node] | None = None) -> None:
        self._ssh = ssh
        self._known = dict(known or {})
        self._config = SshConfig.read(ssh.config)
        self._opened: list[Node] = []

    def node(self, name: str, address: str, site: str) -> Node:
        """Return a machine. The login happens with its first command."""
        known = self._known.get(name)
        if known is not None and known.spec.address == address:
            return known
        node = Node(NodeSpec(name, address, (), site), self._ssh)
        self._opened.append(node)
        return node

    def address(self, given: str, hostname: str) -> str:
        """The address in the environment file for a machine that was reached as `given`.

        This is the host that ssh_config resolves to. If the machine's own name differs, the given name is kept, because
        the settings in ssh_config are under that name.
        """
        return self._config.target(given).host if short(given) == short(hostname) else given

    def leads(self, name: str) -> str | None:
        """The host that ssh_config resolves this name to, or None if it does not know the name."""
        host = self._config.target(name).host
        return None if host == name.lower() else host

    def close(self) -> None:
        """Close the connections that were opened here."""
        for node in self._opened:
            node.close()

"""The SSH servers: one a node, with its own host key; a command line becomes a run of the node's shell."""

from __future__ import annotations

import socket
from pathlib import Path

import asyncssh

from simulator.commands import ceph, containers, curl, files, libvirt, rbd, shell, undercloud
from simulator.world.content import Content
from simulator.world.nodes import Node
from simulator.world.world import World

USER = "heat-admin"
# importing them is what makes their commands known
_COMMANDS = (ceph, containers, curl, files, libvirt, rbd, undercloud)


class _Login(asyncssh.SSHServer):
    def __init__(self, node: Node) -> None:
        self._node = node

    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        if not self._node.reachable:
            connection.abort()


def host_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


async def serve(world: World, node: Node, listener: socket.socket, key: asyncssh.SSHKey, authorized: Path) -> None:
    """Answer on this socket as the node."""

    async def answer(process: asyncssh.SSHServerProcess[bytes]) -> None:
        line = process.command
        if line is None:
            process.stderr.write(b"no interactive shell here; give a command\n")
            process.exit(1)
            return
        await world.clock.answers(f"shell of {node.name}")
        await world.silence.over("ssh", node.name, node.site)
        output = await shell.run_line(shell.Call(world, node, [], user=process.get_extra_info("username")), line)
        try:
            process.stdout.write(world.shell_text)
            if isinstance(output.stdout, Content):
                for chunk in output.stdout.chunks():
                    process.stdout.write(chunk)
                    await process.stdout.drain()
            else:
                process.stdout.write(output.stdout)
            process.stderr.write(output.stderr.encode())
            process.exit(output.status)
        except (BrokenPipeError, ConnectionError, asyncssh.Error):
            process.close()

    await asyncssh.listen(
        sock=listener,
        server_factory=lambda: _Login(node),
        process_factory=answer,
        server_host_keys=[key],
        authorized_client_keys=str(authorized),
        encoding=None,
        line_editor=False,
        login_timeout=30,
    )

"""The SSH servers: one a node, with its own host key; a command line becomes a run of the node's shell."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import asyncssh

from simulator.commands import ceph, cephadm, containers, curl, files, libvirt, pods, rbd, shell, undercloud
from simulator.world.content import Content
from simulator.world.nodes import Node
from simulator.world.world import World

USER = "heat-admin"
# how many of the logins and commands that the weather spoils end before they begin
_EARLY = 0.5
# importing them is what makes their commands known
_COMMANDS = (ceph, cephadm, containers, curl, files, libvirt, pods, rbd, undercloud)


_Forward = Callable[["asyncssh.SSHReader[bytes]", "asyncssh.SSHWriter[bytes]"], Coroutine[Any, Any, None]]


async def _pass_on(reader: Any, writer: Any) -> None:
    with contextlib.suppress(OSError, asyncssh.Error):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


class _Login(asyncssh.SSHServer):
    def __init__(self, world: World, node: Node) -> None:
        self._world, self._node = world, node
        self._fate = world.weather.becomes(f"login at {node.name}", ("logins",))

    def connection_made(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connection = connection
        if not self._node.reachable or (self._fate and self._fate[1].random() < _EARLY):
            connection.abort()

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> _Forward:
        """Forward to the Glance of the node's site, whose internal name the node resolves."""
        glance = self._world.sites[self._node.site].glance
        if glance is None or f"//{dest_host}:{dest_port}" not in glance.url or dest_host not in self._world.internal:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection refused")

        async def forward(reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes]) -> None:
            theirs, ours = await asyncio.open_connection(self._world.internal[dest_host], dest_port)
            await asyncio.gather(_pass_on(reader, ours), _pass_on(theirs, writer))

        return forward

    def begin_auth(self, username: str) -> bool:
        if self._fate:
            self._connection.set_authorized_keys(asyncssh.import_authorized_keys(_NOBODYS))
        return True


def host_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


_NOBODYS = host_key().export_public_key().decode()


def _end(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """End the connection with everything that goes over it."""
    process.get_extra_info("connection").abort()


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
        fate = world.weather.becomes(f"command at {node.name}", ("connections",))
        if fate and fate[1].random() < _EARLY:
            return _end(process)
        output = await shell.run_line(shell.Call(world, node, [], user=process.get_extra_info("username")), line)
        try:
            process.stdout.write(world.shell_text)
            if fate:
                process.stdout.write(
                    b"" if isinstance(output.stdout, Content) else output.stdout[: len(output.stdout) // 2]
                )
                return _end(process)
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
        server_factory=lambda: _Login(world, node),
        process_factory=answer,
        server_host_keys=[key],
        authorized_client_keys=str(authorized),
        encoding=None,
        line_editor=False,
        login_timeout=30,
    )

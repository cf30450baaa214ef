"""An SSH server on loopback, in this process, that runs commands in a shell of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Any

import asyncssh


class Server:
    """`hang` never ends, and `lose` loses all connections. `text` is printed before each answer.

    :param folder: the key `id_ed25519` there is the one that logs in; it is made where it is not there
    :param login: decides how one logs in
    :param options: of `asyncssh.listen`
    """

    def __init__(self, folder: Path, login: type[asyncssh.SSHServer] = asyncssh.SSHServer, **options: Any) -> None:
        self._login, self._options = login, options
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.user_key = folder / "id_ed25519"
        if not self.user_key.exists():
            asyncssh.generate_private_key("ssh-ed25519").write_private_key(self.user_key)
            self.user_key.chmod(0o600)
        self.text = b""
        self.commands: list[str] = []
        self.connections: list[Any] = []
        self.running = self.most_running = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._acceptor = self._call(self._listen())
        self.port: int = self._acceptor.sockets[0].getsockname()[1]
        public = self.key.export_public_key().decode().strip()
        self.known_hosts_line = f"[127.0.0.1]:{self.port} {public}\n"

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    async def _listen(self) -> Any:
        outer = self

        class Asked(self._login):  # type: ignore[misc, name-defined]
            def connection_made(self, conn: Any) -> None:
                super().connection_made(conn)
                outer.connections.append(conn)

            def connection_requested(self, *_: object) -> bool:
                return True

        public = asyncssh.read_private_key(self.user_key).export_public_key().decode()
        options = {
            "server_host_keys": [self.key],
            "authorized_client_keys": asyncssh.import_authorized_keys(public),
            "server_factory": Asked,
            **self._options,
        }
        return await asyncssh.listen("127.0.0.1", 0, process_factory=self._handle, encoding=None, **options)

    async def _handle(self, process: Any) -> None:
        self.commands.append(process.command)
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            if "hang" in process.command:
                await asyncio.sleep(300)
            if "lose" in process.command:
                return self._abort()
            process.stdout.write(self.text)
            real = await asyncio.create_subprocess_shell(
                process.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            await asyncio.gather(_forward(real.stdout, process.stdout), _forward(real.stderr, process.stderr))
            process.exit(await real.wait())
        finally:
            self.running -= 1

    def drop_connections(self) -> None:
        self._loop.call_soon_threadsafe(self._abort)

    def _abort(self) -> None:
        for connection in self.connections:
            connection.abort()

    def close(self) -> None:
        if self._loop.is_closed():
            return

        async def stop() -> None:
            self._acceptor.close()
            self._abort()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        with contextlib.suppress(Exception):
            self._call(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()


async def _forward(source: Any, sink: Any) -> None:
    # not asyncssh's redirect: resumed while it still waits for input, it reads twice, and ends the whole connection
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()

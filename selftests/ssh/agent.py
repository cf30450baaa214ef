"""An SSH agent on a socket, in this process. Source: the protocol, draft-ietf-sshm-ssh-agent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import paramiko

_FAILURE, _IDENTITIES, _SIGNATURE = 5, 12, 14


@contextmanager
def agent(path: Path, keys: Sequence[paramiko.PKey], *, refuses: Sequence[paramiko.PKey] = ()) -> Iterator[list[str]]:
    """Serves these keys, and refuses to sign with some; yields the names of the requests that it gets."""
    asked: list[str] = []

    def answer(request: paramiko.Message) -> paramiko.Message:
        reply = paramiko.Message()
        if request.get_byte() == b"\x0b":
            asked.append("identities")
            reply.add_byte(bytes([_IDENTITIES]))
            reply.add_int(len(keys))
            for key in keys:
                reply.add_string(key.asbytes())
                reply.add_string("a comment")
            return reply
        asked.append("sign")
        blob, data, flags = request.get_binary(), request.get_binary(), request.get_int()
        key = next(key for key in keys if key.asbytes() == blob)
        if key in refuses:
            reply.add_byte(bytes([_FAILURE]))
            return reply
        algorithm = {2: "rsa-sha2-256", 4: "rsa-sha2-512"}.get(flags)
        reply.add_byte(bytes([_SIGNATURE]))
        reply.add_string(key.sign_ssh_data(data, algorithm))
        return reply

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            while length := stream.read(4):
                reply = answer(paramiko.Message(stream.read(int.from_bytes(length, "big")))).asbytes()
                stream.write(len(reply).to_bytes(4, "big") + reply)
                stream.flush()

    with served(path, serve):
        yield asked


@contextmanager
def served(path: Path, serve: object) -> Iterator[None]:
    """A socket there whose connections are each given to `serve`, in a thread."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()  # type: ignore[arg-type]

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()

"""A socket to a service that only a node reaches: a channel of the node's SSH connection behind a pair of sockets.

A channel is no socket of the kernel's, which TLS needs. Source: RFC 4254, 7.2, `direct-tcpip`.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import paramiko
from paramiko.ssh_exception import SSHException

_CHUNK = 65536


def dial(transport: paramiko.Transport, host: str, port: int, seconds: float) -> socket.socket:
    """A connection that the node opens to this host, whose name it resolves itself.

    :raises OSError: the node does not open it; says why
    """
    try:
        channel = transport.open_channel("direct-tcpip", (host, port), ("127.0.0.1", 0), timeout=seconds)
    except (SSHException, EOFError) as error:
        raise OSError(f"{host}:{port}: {error or type(error).__name__}") from error
    mine, theirs = socket.socketpair()

    def end() -> None:
        channel.close()
        with contextlib.suppress(OSError):
            theirs.shutdown(socket.SHUT_RDWR)
        theirs.close()

    for read, write in ((theirs.recv, channel.sendall), (channel.recv, theirs.sendall)):
        threading.Thread(target=_pass_on, args=(read, write, end), name=f"{host}:{port}", daemon=True).start()
    return mine


def _pass_on(read: Callable[[int], bytes], write: Callable[[bytes], object], end: Callable[[], None]) -> None:
    # whoever ends first ends both: HTTP has no connection that is open in one direction only
    with contextlib.suppress(OSError, EOFError):
        while data := read(_CHUNK):
            write(data)
    end()

"""The guest image as a file of this machine, served over HTTP while the central Glance downloads it."""

from __future__ import annotations

import errno
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from helpers.environment import ImageSource
from helpers.outcomes import Unknown

#: Glance downloads from it unless `[import_filtering_opts] allowed_ports` says otherwise.
_HTTP = 80
_TAKEN = {errno.EACCES, errno.EADDRINUSE}


@contextmanager
def served(source: ImageSource, towards: str) -> Iterator[str]:
    """The URL of the file, with a random path, at the address that this machine has towards a URL.

    :raises OSError: there is no way to that URL, or the port is in use
    """
    file, path = source.local, f"/{secrets.token_urlsafe(16)}/guest.{source.disk_format}"

    class OneFile(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._begin()

        def do_GET(self) -> None:
            if self._begin():
                with file.open("rb") as content, suppress(ConnectionError):
                    shutil.copyfileobj(content, self.wfile)

        def _begin(self) -> bool:
            if self.path != path:
                self.send_error(404)
                return False
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(file.stat().st_size))
            self.end_headers()
            return True

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing to the terminal."""

    family, address = _address_towards(towards)
    server = _server(family, address, source.port, OneFile)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        shown = f"[{address}]" if family == socket.AF_INET6 else address
        yield f"http://{shown}:{server.server_address[1]}{path}"
    finally:
        server.shutdown()
        server.server_close()


def _server(
    family: socket.AddressFamily, address: str, port: int | None, handler: type[BaseHTTPRequestHandler]
) -> ThreadingHTTPServer:
    class Server(ThreadingHTTPServer):
        address_family = family
        daemon_threads = True
        block_on_close = False

    if port:
        return Server((address, port), handler)
    try:
        return Server((address, _HTTP), handler)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
    return Server((address, 0), handler)


def _address_towards(url: str) -> tuple[socket.AddressFamily, str]:
    """The address of this machine on the way to a URL. No packet is sent."""
    parts = urlsplit(url)
    [family, *_, target] = socket.getaddrinfo(parts.hostname, parts.port or _HTTP, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(target)
        return family, str(probe.getsockname()[0])


@contextmanager
def as_raw(source: ImageSource) -> Iterator[Path]:
    """The file in the format that servers and volumes are cloned from. An upload, unlike an import, converts nothing.

    :raises Unknown: the file has another format, and qemu-img is missing here or cannot convert it
    """
    if source.disk_format == "raw":
        yield source.local
        return
    with tempfile.TemporaryDirectory(prefix="dcn-verify-") as folder:
        raw = Path(folder, "guest.raw")
        command = ("qemu-img", "convert", "-f", source.disk_format, "-O", "raw", str(source.local), str(raw))
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
            problem = (done.stderr.strip() or f"exit status {done.returncode}") if done.returncode else ""
        except FileNotFoundError:
            problem = "qemu-img is not installed here"
        if problem or not raw.exists():
            said = f"image.file is {source.disk_format}, and only a raw image can be uploaded: {problem}"
            raise Unknown(said, reproduce=(f"qemu-img convert -O raw {source.local} guest.raw",))
        yield raw

"""`curl`, as far as status codes need it: a real request to the simulator's own services, on loopback only."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

from cryptography import x509

from simulator.commands.shell import Call, Output, command
from simulator.tls import unverified
from simulator.world.sites import ETCD_PORT
from simulator.world.world import World

_WITH_VALUE = ("-o", "-w", "--write-out", "--output", "--max-time", "-m", "--connect-timeout", "-H", "-X")
_REFUSED, _TIMED_OUT = 7, 28


@command("curl")
async def _curl(call: Call) -> Output:
    words, values = list(call.args), {}
    urls = []
    while words:
        word = words.pop(0)
        if word in _WITH_VALUE and words:
            values[word] = words.pop(0)
        elif not word.startswith("-"):
            urls.append(word)
    remote = local = told = ""
    patience = float(values.get("--max-time", values.get("-m", 60)))
    try:
        url = urls[0] if urls else ""
        status, body, told = await asyncio.wait_for(_get(url, call.world), patience)
    except TimeoutError:
        status, body, code = "000", b"", _TIMED_OUT
    except OSError:
        status, body, code = "000", b"", _REFUSED
    else:
        code = 0
        host = urlsplit(url).hostname or ""
        remote, local = call.world.internal.get(host, host), call.node.address
    out = b"" if {"-o", "--output"} & set(values) else body
    asked = values.get("-w", values.get("--write-out", ""))
    seen = {"%{http_code}": status, "%{remote_ip}": remote, "%{local_ip}": local, "\\n": "\n"}
    for name, value in seen.items():
        asked = asked.replace(name, value)
    verbose = any(word.startswith("-") and not word.startswith("--") and "v" in word for word in call.args)
    return Output(out + asked.encode(), told if verbose else "", code)


async def _get(url: str, world: World) -> tuple[str, bytes, str]:
    """Return status code, body, and what is told of the certificate.

    Raises OSError if the service does not answer, or for an address beyond loopback.
    """
    parts = urlsplit(url)
    host = world.internal.get(parts.hostname or "", parts.hostname or "")
    if not host.startswith("127."):
        raise OSError(f"{host} is not on loopback")
    for node in world.nodes:
        # the simulator's socket stays open even if the HAProxy is not running
        if node.address == host and "haproxy" in node.roles and node.containers["haproxy"].state != "running":
            raise ConnectionRefusedError(f"nothing runs in place of a Glance on {node.name}")
    if parts.port == ETCD_PORT:
        return _etcd(host, world)
    context = unverified() if parts.scheme == "https" else None
    reader, writer = await asyncio.open_connection(host, parts.port or (443 if context else 80), ssl=context)
    try:
        request = (
            f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
        )
        shown: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        told = _of_certificate(shown.getpeercert(binary_form=True) or b"") if shown else ""
        writer.write(request.encode())
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    line = head.split(b"\r\n")[0].split()
    if len(line) < 2:
        raise OSError("an empty reply")
    return line[1].decode(), body, told


def _etcd(host: str, world: World) -> tuple[str, bytes, str]:
    """What an etcd says of its health. It is on the first node of each site whose volume services form a cluster."""
    there = [site.cinder for site in world.storage_sites if site.nodes[0].address == host]
    if not there or there[0] is None or not there[0].cluster or not there[0].etcd:
        raise ConnectionRefusedError(f"no etcd listens on {host}")
    healthy = there[0].etcd == "true"
    reason = "" if healthy else "RAFT NO LEADER"
    body = f'{{"health":"{there[0].etcd}","reason":"{reason}"}}'
    return ("200" if healthy else "503"), body.encode(), ""


def _of_certificate(der: bytes) -> str:
    until = x509.load_der_x509_certificate(der).not_valid_after_utc
    return f"* Server certificate:\n*  expire date: {until:%b %e %H:%M:%S %Y} GMT\n"

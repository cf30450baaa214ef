"""Requests by way of a node: any scheme, the names of the URL, and what is said when it does not lead there."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from helpers.openstack.via import Through, around_curl

HOST = "glance.dcn0.internal"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class FakeWay:
    """A node that leads every connection to one address on loopback, and notes where to it was meant to lead."""

    name = "dcn0-0"

    def __init__(self, address: tuple[str, int] | None) -> None:
        self.address = address
        self.asked: list[tuple[str, int]] = []

    def dial(self, host: str, port: int, seconds: float) -> socket.socket:
        self.asked.append((host, port))
        if self.address is None:
            raise OSError(f"{host}:{port}: Connection refused")
        return socket.create_connection(self.address, timeout=seconds)

    def forwarding(self, host: str, port: int, local: int) -> str:
        return f"ssh -L {local}:{host}:{port} {self.name}"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of that name, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *private)
    )
    return path


@pytest.fixture(params=["http", "https"])
def served(request: pytest.FixtureRequest, certificate: Path) -> Iterator[tuple[str, tuple[str, int]]]:
    """A server of that scheme: scheme and address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            if request.param == "https":
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                connection.recv(65536)
                connection.sendall(ANSWER)

        thread = threading.Thread(target=serve)
        thread.start()
        yield request.param, listener.getsockname()
        thread.join(10)


def test_a_request_goes_by_way_of_the_node(
    served: tuple[str, tuple[str, int]], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node resolves the name, the certificate is checked against it, and no proxy is asked."""
    scheme, address = served
    monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")
    way = FakeWay(address)
    with requests.Session() as session:
        session.mount(f"{scheme}://{HOST}:9292/", Through(way))
        answer = session.get(f"{scheme}://{HOST}:9292/v2", verify=str(certificate), timeout=10)

    assert (answer.status_code, answer.text) == (200, "ok")
    assert way.asked == [(HOST, 9292)]


def test_a_node_that_does_not_lead_there_is_told() -> None:
    with requests.Session() as session:
        session.mount("http://", Through(FakeWay(None)))
        with pytest.raises(requests.ConnectionError, match=rf"by way of dcn0-0: {HOST}:9292: Connection refused"):
            session.get(f"http://{HOST}:9292/v2", timeout=10)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"http://{HOST}:9292", (f"ssh -L 9292:{HOST}:9292 dcn0-0; ", "--connect-to ::localhost:9292")),
        (f"https://{HOST}", (f"ssh -L 20443:{HOST}:443 dcn0-0; ", "--connect-to ::localhost:20443")),
    ],
)
def test_the_command_by_hand_forwards_a_port(url: str, expected: tuple[str, str]) -> None:
    """One that anybody may listen on; the URL and its name stay."""
    assert around_curl(FakeWay(None), url) == expected

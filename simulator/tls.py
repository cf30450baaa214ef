"""TLS for the Glances: a CA made at the start, and a certificate for each site."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.world.sites import Site

CA = "ca.pem"
_CA_KEY = "ca.key"
_CA_DAYS = 3650


def make_ca(folder: Path) -> None:
    """Write a new CA, its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated CA")])
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    certificate = (
        _builder(name, name, key, _CA_DAYS).add_extension(constraints, critical=True).sign(key, hashes.SHA256())
    )
    _write(folder / CA, folder / _CA_KEY, certificate, key)


def server_files(folder: Path, site: Site) -> tuple[Path, Path]:
    """Write a certificate for all nodes of the site, signed by the CA, and its key; return their paths."""
    ca = x509.load_pem_x509_certificate((folder / CA).read_bytes())
    ca_key = serialization.load_pem_private_key((folder / _CA_KEY).read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, site.nodes[0].address)])
    addresses = [x509.IPAddress(ipaddress.ip_address(node.address)) for node in site.nodes]
    hosts = x509.SubjectAlternativeName([x509.DNSName(str(urlsplit(site.images.url).hostname)), *addresses])
    builder = _builder(name, ca.subject, key, site.images.certificate_days).add_extension(hosts, critical=False)
    certificate, key_file = folder / f"{site.name}.pem", folder / f"{site.name}.key"
    _write(certificate, key_file, builder.sign(ca_key, hashes.SHA256()), key)  # type: ignore[arg-type]
    return certificate, key_file


def _builder(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _write(path: Path, key_path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    key_path.touch(mode=0o600)
    key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


class Beside(uvicorn.Server):
    """A server beside the one that ends at a signal."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def unverified() -> ssl.SSLContext:
    """What `curl -k` uses."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context

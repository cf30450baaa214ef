"""The TLS certificate of a server: until when it is valid. Nobody's trust in it is judged: whoever logs in does that.

Source: `curl --verbose` prints the certificate's dates with OpenSSL, in the form of `openssl x509 -enddate`.
"""

from __future__ import annotations

import re
import shlex
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

_EXPIRES = re.compile(r"^\*\s+expire date: (.+?) GMT\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Certificate:
    """The certificate that a server shows: the moment when it expires, ISO 8601 in UTC, and the days until then."""

    expires: str
    days: float

    def __str__(self) -> str:
        return f"{self.days:.1f} days, until {self.expires}"


def certificate_until(moment: datetime) -> Certificate:
    return Certificate(f"{moment:%F %T} UTC", (moment - datetime.now(UTC)).total_seconds() / 86400)


def certificate_at(url: str, timeout: float) -> Certificate:
    """The certificate of the server at an https URL.

    :raises OSError: it does not answer, or not by TLS
    """
    parts = urlsplit(url)
    host = str(parts.hostname)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host, parts.port or 443), timeout) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True) or b""
    return certificate_until(x509.load_der_x509_certificate(shown).not_valid_after_utc)


def certificate_in(verbose: str) -> Certificate | None:
    """The server's certificate, as `curl --verbose` tells of it; None where it tells of none."""
    found = _EXPIRES.search(verbose)
    if not found:
        return None
    return certificate_until(datetime.strptime(found[1], "%b %d %H:%M:%S %Y").replace(tzinfo=UTC))


def certificate_command(url: str) -> str:
    """The command line that shows until when the certificate at an https URL is valid."""
    parts = urlsplit(url)
    host = shlex.quote(str(parts.hostname))
    server = f"openssl s_client -connect {host}:{parts.port or 443} -servername {host} </dev/null 2>/dev/null"
    return f"{server} | openssl x509 -noout -enddate"

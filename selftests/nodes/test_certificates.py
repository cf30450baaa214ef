"""Until when a server's certificate is valid: from what it shows, and from what curl tells of it."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.stages.topology import own_url
from helpers.nodes.certificates import certificate_at, certificate_command, certificate_in
from helpers.nodes.config_files import parse_oslo
from simulator.tls import make_ca, server_files
from simulator.world.build import healthy_world

#: Of curl 7.61.1 with OpenSSL, as RHEL 8 has it.
TOLD = """\
* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
* Server certificate:
*  subject: CN=overcloud.internalapi.example.com
*  start date: Nov 20 10:00:00 2025 GMT
*  expire date: Nov  3 10:00:00 2035 GMT
*  issuer: CN=Example CA
"""


def test_curl_tells_of_the_server_s_certificate():
    found = certificate_in(TOLD)

    assert found is not None
    assert found.expires == "2035-11-03 10:00:00 UTC"
    assert certificate_in("* Connection refused\n") is None


def test_a_server_shows_its_certificate_whoever_has_signed_it(tmp_path: Path):
    site = healthy_world(0, speed="none").central
    site.images.certificate_days = 5
    make_ca(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server_files(tmp_path, site))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=lambda: context.wrap_socket(listener.accept()[0], server_side=True).close())
        server.start()
        found = certificate_at(f"https://127.0.0.1:{listener.getsockname()[1]}", 5)
        server.join()

    assert 4.9 < found.days < 5
    assert found.expires.startswith(f"{datetime.now(UTC) + timedelta(days=5):%F}")


def test_nothing_that_listens_has_no_certificate():
    with pytest.raises(OSError, match="refused"):
        certificate_at("https://127.0.0.1:1", 1)


def test_it_is_shown_by_hand():
    assert certificate_command("https://192.0.2.10:13292").startswith("openssl s_client -connect 192.0.2.10:13292 ")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("bind_host = 192.0.2.11\nbind_port = 9292", "http://192.0.2.11:9292"),
        ("bind_host = 0.0.0.0\ncert_file = /etc/a.pem", "https://127.0.0.1:9292"),
        ("bind_host = fd00::11", "http://[fd00::11]:9292"),
        ("worker_self_reference_url = https://dcn0-0.internalapi:9292", "https://dcn0-0.internalapi:9292"),
        ("debug = true", None),
    ],
)
def test_a_glance_says_where_it_listens(text: str, url: str | None):
    assert own_url(parse_oslo(f"[DEFAULT]\n{text}\n")) == url

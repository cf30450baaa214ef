"""What the session of all requests registers and logs."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from keystoneauth1.exceptions import Forbidden

from helpers.openstack.session import Session

#: A token of no known shape, such as a UUID token.
TOKEN = "6f1d3c9e-no-shape-2b7a"


class Repeating(BaseHTTPRequestHandler):
    """A service that shows in its error messages what it was asked, token included."""

    def do_GET(self) -> None:
        body = json.dumps({"error": {"message": f"refused: {dict(self.headers)}"}}).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def repeating() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Repeating) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_token_that_a_service_repeats_is_in_no_log(repeating: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    with pytest.raises(Forbidden):
        Session().get(repeating, headers={"X-Auth-Token": TOKEN}, authenticated=False)

    assert "RESP BODY" in caplog.text
    assert "refused: " in caplog.text
    assert TOKEN not in caplog.text

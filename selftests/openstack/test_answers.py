"""What is said of a service that answers with an error, or not at all."""

from __future__ import annotations

from functools import partial

import pytest
import requests
from keystoneauth1.exceptions import ConnectFailure
from openstack.exceptions import HttpException, NotFoundException

from helpers.openstack.answers import Refusal, curl, error_commands, in_words, refusal

TOKEN = '-H "X-Auth-Token: $(openstack --os-cloud lab token issue -f value -c id)"'


def answered(status: int, url: str, method: str = "GET") -> requests.Response:
    response = requests.Response()
    response.status_code, response.request = status, requests.Request(method, url).prepare()
    return response


def test_an_error_names_request_status_and_the_service_s_words():
    url = "http://192.0.2.10:8774/v2.1/servers/8083"
    error = NotFoundException("No Server found for 8083", response=answered(404, url), details="Instance\n8083 is gone")

    assert in_words(error) == f"GET {url}: HTTP 404 Instance 8083 is gone"
    assert error_commands(error, partial(curl, "lab")) == (f"curl -s {TOKEN} {url}",)


def test_an_action_is_shown_by_what_it_was_done_to():
    error = HttpException(response=answered(500, "http://192.0.2.10/servers/8083/action", "POST"))

    assert error_commands(error, partial(curl, "lab")) == (f"curl -s {TOKEN} http://192.0.2.10/servers/8083",)


def test_no_answer_is_said_without_the_layers_that_pass_it_on():
    url = "http://192.0.2.10:9292/v2/images/8083"
    reason = "Failed to establish a new connection: [Errno 111] Connection refused"
    layer = f"""NewConnectionError("HTTPConnection(host='192.0.2.10', port=9292): {reason}")"""
    error = ConnectFailure(f"Unable to establish connection to {url}: HTTPConnectionPool(...) (Caused by {layer})")

    assert in_words(error) == f"192.0.2.10:9292: {reason}"
    assert error_commands(error, partial(curl, "lab")) == (f"curl -s {TOKEN} {url}",)


def test_what_names_no_address_has_no_command():
    assert error_commands(ConnectFailure("it is gone"), partial(curl, "lab")) == ()


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("", "HTTP 409"),
        ("409 Conflict: in\nuse", "HTTP 409 Conflict: in use"),
        ("in use", "HTTP 409 in use"),
        ("in use<br /><br />\n", "HTTP 409 in use"),
    ],
)
def test_a_refusal_says_its_status_once(message: str, shown: str):
    assert str(Refusal(409, message)) == shown


def test_a_refusal_has_the_service_s_details_before_the_sdk_s_words():
    error = HttpException("Error", response=answered(403, "http://192.0.2.10/"), details="not yours")

    assert refusal(error) == Refusal(403, "not yours")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("Unknown import method name &#x27;glance-direct&#x27;.", "Unknown import method name 'glance-direct'."),
        ("a &lt;b&gt; &amp; &quot;c&quot;", 'a <b> & "c"'),
        ("R&D", "R&D"),
    ],
)
def test_what_the_service_has_written_for_html_is_text_again(sent: str, said: str):
    """webob escapes the words of an error, in HTML and in JSON; whoever shows them on a page escapes them then."""
    url = "http://192.0.2.10:9292/v2/images/8083/import"
    error = HttpException("Error", response=answered(400, url, "POST"), details=sent)

    assert refusal(error).message == said
    assert in_words(error) == f"POST {url}: HTTP 400 {said}"


def test_a_request_with_a_body_is_typed_with_it():
    url = "http://192.0.2.10:9292/v2/images/8083/import"

    assert curl("lab", url, "POST", '{"a": 1}') == (
        f"curl -s {TOKEN} -X POST -H 'Content-Type: application/json' -d '{{\"a\": 1}}' {url}"
    )

"""How a client discovers API versions, and the answer to a request without a token."""

from __future__ import annotations

from typing import Any

import pytest
import requests


@pytest.fixture
def get(cloud: Any, simulator: Any) -> Any:
    """GET from a service at central, with or without the token. Redirections are not followed."""
    host = simulator.environment["sites"]["central"]["glance"].rsplit(":", 1)[0]
    ports = {each["type"]: each["endpoints"][0]["url"].split(":")[2].split("/")[0] for each in cloud.service_catalog}

    def get(service: str, path: str, token: bool = True) -> requests.Response:
        headers = {"Accept": "application/json"} | ({"X-Auth-Token": cloud.auth_token} if token else {})
        url = f"{host}:{ports[service]}{path}"
        return requests.get(url, headers=headers, allow_redirects=False, timeout=10)

    return get


def test_glance_sends_on_from_its_versions_path_and_has_nothing_there(get: Any):
    first, second = get("image", "/v2"), get("image", "/v2/")
    assert (first.status_code, first.headers["location"]) == (302, second.url)
    assert (second.status_code, second.json()["title"]) == (404, "Not Found")


def test_glance_refuses_in_its_own_words_before_a_request_has_an_id(get: Any):
    answer = get("image", "/v2", token=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "401 Unauthorized")
    assert answer.headers["www-authenticate"].startswith("Keystone uri=")
    assert "x-openstack-request-id" not in answer.headers


def test_cinder_shows_its_version_with_a_token_only(get: Any):
    refused, shown = get("volumev3", "/v3/", token=False), get("volumev3", "/v3/")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, 401)
    assert (shown.status_code, shown.headers["openstack-api-version"]) == (200, "volume 3.0")
    assert shown.headers["x-compute-request-id"] == shown.headers["x-openstack-request-id"]


def test_nova_shows_its_version_to_anybody(get: Any):
    answer = get("compute", "/v2.1", token=False)
    assert (answer.status_code, answer.headers["openstack-api-version"]) == (200, "compute 2.1")
    assert answer.headers["x-openstack-nova-api-version"] == "2.1"

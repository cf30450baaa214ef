"""Any bytes and any values in clouds.yaml give a login or one line, never the exception of a library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selftests.simulator.test_clouds_yaml import said

numbers = st.booleans() | st.integers() | st.floats() | st.dates()
scalars = st.none() | numbers | st.text(max_size=8) | st.binary(max_size=4)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(scalars, inner, max_size=2))
#: The keys of a real entry. One or two of them get another value, or none at all.
KEYS = (
    *("region_name", "regions", "auth_type", "interface", "verify", "insecure", "cacert", "cert", "key", "networks"),
    *("identity_api_version", "compute_api_version", "volume_api_version", "compute_default_microversion", "metrics"),
    *("connect_retries", "status_code_retries", "retriable_status_codes", "api_timeout", "force_ipv4", "auth_methods"),
    *("compute_endpoint_override", "image_api_version", "has_compute", "domain_name", "additional_metric_tags"),
)
#: `auth_url` is not among them, so that no other machine is contacted.
OF_AUTH = ("username", "password", "project_name", "project_id", "user_domain_name", "project_domain_name", "token")
TOP = ("clouds", "cache", "client", "metrics")

once = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def is_login_or_one_line(file: Path) -> bool:
    line = said(file)
    return line == "login" or (line.startswith(f"{file}: ") and "\n" not in line)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clouds.yaml"


@once
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes(file: Path, content: bytes):
    file.write_bytes(content)

    assert is_login_or_one_line(file)


@once
@given(data=st.data())
def test_any_values_in_the_place_of_those_of_an_entry(simulator: Any, file: Path, data: st.DataObject):
    entry = simulator.clouds()
    places = (({"clouds": {"dcn-sim": entry}}, TOP), (entry, KEYS), (entry["auth"], OF_AUTH))
    document = places[0][0]
    for held, keys in places:
        held.update(data.draw(st.dictionaries(st.sampled_from(keys), values, max_size=2)))
    file.write_text(yaml.safe_dump(document))

    assert is_login_or_one_line(file)

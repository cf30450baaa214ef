"""The parts of the recorder: shapes, kinds of requests and commands, and what a record leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers.environment import load_environment
from simulator.record import commands, requests
from simulator.record.record import BadRecord, Record
from simulator.record.shapes import Field, shape_of, union

IDENTIFIER = "8083c7e7-32d8-4f7a-b1da-0ed7884f1076"


def shown(value: Any) -> dict[str, str]:
    return {path: str(field) for path, field in shape_of(value).items()}


def test_shape_is_a_line_for_each_key():
    assert shown({"a": {"b": [1, 2.5]}, "c.d": None, "e": True}) == {
        ".": "object",
        ".a": "object",
        ".a.b": "array",
        ".a.b[]": "number",
        '."c.d"': "null",
        ".e": "boolean",
    }


def test_elements_of_a_list_are_one_shape():
    assert shown([{"a": 1}, {"a": "x", "b": {"c": 1}}]) == {
        ".": "array",
        ".[]": "object",
        ".[].a": "number|string",
        ".[].b": "object, optional",
        ".[].b.c": "number",
    }


def test_answers_are_joined_whatever_their_order():
    empty, full = shape_of({"servers": []}), shape_of({"servers": [{"fault": {"code": 1}}, {}]})
    assert union((empty, full)) == union((full, empty)) == full
    # an answer in which the key is impossible does not make it optional
    assert union((shape_of({"image": ""}), shape_of({"image": {"id": "x"}})))[".image.id"] == Field(
        frozenset({"string"})
    )


def test_names_and_ids_among_keys_are_not_kept():
    value = {"server": {"addresses": {"dcn0-network": [{"addr": "10.0.0.1"}]}}, IDENTIFIER: 1}
    assert set(shown(value)) == {
        *(".", ".server", ".server.addresses", ".server.addresses.*", ".server.addresses.*[]"),
        *(".server.addresses.*[].addr", ".*"),
    }


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "kind"),
    [
        ("GET", f"/v2/images/{IDENTIFIER}/tasks", {}, None, "GET /v2/images/{id}/tasks"),
        ("DELETE", f"/v2/stores/dcn0/{IDENTIFIER}", {}, None, "DELETE /v2/stores/{name}/{id}"),
        ("GET", "/v3/0123456789abcdef0123456789abcdef/volumes/detail?limit=5&all_tenants=1", {}, None,
         "GET /v3/{id}/volumes/detail?all_tenants&limit"),
        ("POST", f"/v2.1/servers/{IDENTIFIER}/action", {"openstack-api-version": "compute 2.93"}, '{"os-stop": null}',
         "POST /v2.1/servers/{id}/action {os-stop} (2.93)"),
        ("GET", "/v2.1/flavors/tiny", {"x-openstack-nova-api-version": "2.61"}, None,
         "GET /v2.1/flavors/{name} (2.61)"),
        ("GET", "", {}, None, "GET /"),
    ],
)  # fmt: skip
def test_kind_of_a_request(method: str, path: str, headers: dict[str, str], body: str | None, kind: str):
    assert requests.kind(method, f"http://198.51.100.10:8774{path}", headers, body) == kind


def test_kind_of_a_command(simulator: Any):
    names = commands.Names(load_environment(simulator.folder / "environment.yaml"))
    node = "dcn0-distributedcomputehci-0"
    line = f"podman exec ceph-mon-{node} rbd --conf /etc/ceph/central.conf du volume-{IDENTIFIER} --format json"
    assert commands.kind(line.split(), names) == (
        "podman exec ceph-mon-{node} rbd --conf /etc/ceph/{cluster}.conf du volume-{id} --format json"
    )
    assert commands.kind(["curl", "http://198.51.100.10:9292/v2", "198.51.100.10"], names) == "curl {url}/v2 {address}"


def test_answer_has_the_headers_that_clients_go_by():
    headers = {"content-type": "text/html; charset=UTF-8", "location": "/v2/images/x", "date": "today"}
    assert {path: str(field) for path, field in requests.answer(headers, requests.NotJson("empty")).items()} == {
        "header content-type": "text/html",
        "header location": "there",
        ".": "empty",
    }


def test_what_a_command_prints_is_a_shape_only_where_json_was_asked_for():
    assert commands.answer(("ceph", "fsid", "--format", "json"), '\n{"fsid": "x"}\n') == shape_of({"fsid": "x"})
    assert str(commands.answer(("cat", "--", "/etc/hosts"), '{"a": 1}')["."]) == "text"
    assert str(commands.answer(("true",), "\n")["."]) == "empty"


def test_record_is_the_same_file_again(tmp_path: Path):
    record = Record()
    record.add("image", "GET /v2/images/{id}", "200", shape_of({"size": None}))
    record.add("image", "GET /v2/images/{id}", "200", shape_of({"size": 1, "stores": "a"}))
    record.write(tmp_path / "one.json")
    Record.read(tmp_path / "one.json").write(tmp_path / "two.json")

    text = (tmp_path / "one.json").read_text()
    assert text == (tmp_path / "two.json").read_text()
    assert json.loads(text)["image"]["GET /v2/images/{id}"]["200"] == {
        ".": "object",
        ".size": "null|number",
        ".stores": "string, optional",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "`make record` makes it"), ("{", "no record"), ('{"a": 1}', "no record"),
     ('{"a": {"b": {"200": {".": "object, maybe"}}}}', "'object, maybe' is not")],
)  # fmt: skip
def test_what_is_no_record_is_one_line(tmp_path: Path, content: str | None, said: str):
    file = tmp_path / "lab.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadRecord, match=said) as raised:
        Record.read(file)
    assert str(raised.value).startswith(f"{file}: ")
    assert len(str(raised.value).splitlines()) == 1

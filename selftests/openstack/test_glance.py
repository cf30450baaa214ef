"""Glance, by what its API answers: imports that end well, badly and not at all, with tasks and without."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import openstack.exceptions
import pytest
import requests

from helpers.environment import Site
from helpers.openstack.glance import Glance
from helpers.openstack.imports import ImportFailed
from helpers.openstack.records import Task

ID = "8083c7e7-32d8-4f7a-b1da-0ed7884f1076"
SITE = Site("central", True, "nova", "default_backend", "default_backend", None, "http://192.0.2.10:9292", None)


def answer(status: int, body: object = None) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, json.dumps(body).encode()
    response.headers["Content-Type"] = "application/json"
    response.request = requests.Request("GET", "http://192.0.2.10:9292").prepare()
    return response


def image(status: str = "active", stores: str = "default_backend", **more: object) -> dict[str, object]:
    absent = dict.fromkeys(("container_format", "size", "checksum"))
    return {"id": ID, "name": "guest", "status": status, "stores": stores, "disk_format": "raw", **absent, **more}


def task(status: str) -> dict[str, object]:
    return {"id": "t1", "status": status, "message": None}


class Api:
    """Answers with one record after the other, and then with the last; the same for an image's tasks.

    `tasks=None`: it has no such request.
    """

    def __init__(self, records: Iterable[dict[str, object]], tasks: Iterable[str] | None) -> None:
        self.records = list(records)
        self.tasks = None if tasks is None else list(tasks)
        self.puts: list[tuple[str, bytes, dict[str, str]]] = []
        self.put_answer = answer(204)

    def get(self, path: str, **options: object) -> requests.Response:
        if not path.endswith("/tasks"):
            return answer(200, self._next(self.records))
        if self.tasks is None:
            return answer(404, {"message": "The resource could not be found."})
        return answer(200, {"tasks": [task(self._next(self.tasks))]})

    def put(self, path: str, data: bytes, headers: dict[str, str], **options: object) -> requests.Response:
        self.puts.append((path, data, headers))
        return self.put_answer

    @staticmethod
    def _next(listed: list[Any]) -> Any:
        return listed.pop(0) if len(listed) > 1 else listed[0]


def glance(records: Iterable[dict[str, object]], tasks: Iterable[str] | None) -> Glance:
    return Glance(Api(records, tasks), SITE, "overcloud")


def test_a_glance_without_tasks_shows_none():
    """404 of an image's tasks is not an empty list of them: nobody can look."""
    assert glance([image()], None).tasks(ID) is None
    assert glance([image()], ["success"]).tasks(ID) == (Task("t1", "success", ""),)


@pytest.mark.parametrize("under_way", [{"os_glance_importing_to_stores": "dcn0"}, {"os_glance_import_task": "t1"}])
def test_without_tasks_the_record_tells_when_an_import_is_over(under_way: dict[str, object]):
    """The store is there, and the copy is over only when no store is being imported to and no lock is held."""
    api = glance(
        [image(), image(stores="default_backend,dcn0", **under_way), image(stores="default_backend,dcn0")], None
    )

    record = api.wait_imported(ID, frozenset({"dcn0"}), timeout=20)

    assert (record.stores, record.import_task, record.importing_to) == ({"default_backend", "dcn0"}, None, frozenset())


def test_without_tasks_a_failed_store_is_a_failure():
    """A store that the record lists as failed, once no other is being imported to."""
    records = [image(os_glance_importing_to_stores="dcn0"), image(os_glance_failed_import="dcn0")]
    with pytest.raises(ImportFailed, match="Glance reports failed stores dcn0") as caught:
        glance(records, None).wait_imported(ID, frozenset({"dcn0"}), timeout=20)
    assert caught.value.tasks is None


def test_without_tasks_what_never_begins_is_told_by_the_time():
    """Nobody can say that a task has ended; the message says what was seen, for how long."""
    with pytest.raises(ImportFailed, match=r"no(t within| change for) 0\.3 s"):
        glance([image()], None).wait_imported(ID, frozenset({"dcn0"}), timeout=0.3)


def test_without_tasks_what_has_ended_without_a_word_is_a_failure(monkeypatch: pytest.MonkeyPatch):
    """A copy that was seen under way, and is over without the store: nobody waits for the whole time."""
    monkeypatch.setattr("helpers.openstack.imports._SETTLING", 0.0)
    records = [image(os_glance_importing_to_stores="dcn0"), image()]
    with pytest.raises(ImportFailed, match=r"the import has ended, but the image is active in \{default_backend\}"):
        glance(records, None).wait_imported(ID, frozenset({"dcn0"}), timeout=600)


def test_a_failed_task_is_a_failure_with_its_state():
    """Where tasks are shown, the error has them as they were."""
    with pytest.raises(ImportFailed, match="import task t1 failed: no message") as caught:
        glance([image()], ["processing", "failure"]).wait_imported(ID, frozenset({"dcn0"}), timeout=20)
    assert caught.value.tasks == (Task("t1", "failure", ""),)


def test_an_upload_names_its_store():
    """The bytes go into the store that the header names, with one request."""
    api = Api([image()], None)

    Glance(api, SITE, "overcloud").upload(ID, b"bytes", "default_backend", timeout=5)

    headers = {"Content-Type": "application/octet-stream", "x-image-meta-store": "default_backend"}
    assert api.puts == [(f"/images/{ID}/file", b"bytes", headers)]


def test_an_upload_beyond_a_quota_is_refused():
    """Glance's refusal is raised as it is, for the stage to say."""
    api = Api([image()], None)
    api.put_answer = answer(413, {"message": "Quota exceeded", "code": "413", "title": "Too large"})
    with pytest.raises(openstack.exceptions.HttpException):
        Glance(api, SITE, "overcloud").upload(ID, b"bytes", "default_backend", timeout=5)


def test_requests_by_hand_are_those_that_were_made():
    """The command lines have the method, the stores, and the header of the store."""
    here = glance([image()], None)
    assert here.import_command(ID, "web-download", ["a", "b"], uri="http://192.0.2.10/x").endswith(
        f"""-X POST -H 'Content-Type: application/json' -d '{
            json.dumps({"method": {"name": "web-download", "uri": "http://192.0.2.10/x"}, "stores": ["a", "b"]})
        }' http://192.0.2.10:9292/v2/images/{ID}/import"""
    )
    assert '"all_stores": true' in here.import_command(ID, "copy-image", (), all_stores=True)
    assert here.upload_command(ID, "a", 7).startswith("head -c 7 /dev/urandom | curl -s -H")
    assert "-H 'x-image-meta-store: a' --data-binary @- http://192.0.2.10:9292" in here.upload_command(ID, "a", 7)

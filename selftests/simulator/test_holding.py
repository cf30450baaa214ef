"""Stages hold what they change: how the requests of a run are interpreted, and how each rule is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from helpers.engine.capacity import Common
from helpers.engine.stages import Registry, StageKey
from simulator.holding.rules import Rules
from simulator.holding.touches import Touch, of_command, of_request

SERVER, VOLUME, IMAGE = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2, 3))
POOL = Common("the pool")


@pytest.mark.parametrize(
    ("request_", "sent", "touches"),
    [
        (f"GET /v2.1/servers/{SERVER}", None, {Touch(SERVER, "reads")}),
        (f"POST /v2.1/servers/{SERVER}/action", {"os-stop": None}, {Touch(SERVER, "changes")}),
        (f"POST /v2.1/servers/{SERVER}/action", {"os-getConsoleOutput": {}}, {Touch(SERVER, "reads")}),
        (
            f"POST /v2.1/servers/{SERVER}/os-volume_attachments",
            {"volumeAttachment": {"volumeId": VOLUME}},
            {Touch(SERVER, "changes"), Touch(VOLUME, "changes")},
        ),
        ("POST /v3/snapshots", {"snapshot": {"volume_id": VOLUME}}, {Touch(VOLUME, "changes")}),
        ("POST /v3/volumes", {"volume": {"imageRef": IMAGE}}, {Touch(IMAGE, "uses", data=True)}),
        ("POST /v2.1/servers", {"server": {"imageRef": IMAGE}}, {Touch(IMAGE, "uses", data=True)}),
        (
            "POST /v2.1/servers",
            {"server": {"block_device_mapping_v2": [{"uuid": VOLUME, "source_type": "volume"}]}},
            {Touch(VOLUME, "changes")},
        ),
        (
            f"POST /v2/images/{IMAGE}/import",
            {"method": {"name": "copy-image"}},
            {Touch(IMAGE, "copies", data=True)},
        ),
        (f"POST /v2/images/{IMAGE}/import", {"method": {"name": "web-download"}}, {Touch(IMAGE, "changes")}),
        (f"DELETE /v2/stores/dcn0/{IMAGE}", None, {Touch(IMAGE, "changes")}),
    ],
)
def test_what_a_request_touches(request_: str, sent: Any, touches: set[Touch]):
    method, path = request_.split()

    assert set(of_request(method, path, sent, 202, None)) == touches


@pytest.mark.parametrize(
    ("path", "answer", "made"),
    [
        ("/v2.1/servers", {"server": {"id": SERVER}}, SERVER),
        ("/v3/volumes", {"volume": {"id": VOLUME}}, VOLUME),
        ("/v2/images", {"id": IMAGE}, IMAGE),
        (f"/v2.1/servers/{SERVER}/action", {"image_id": IMAGE}, IMAGE),
    ],
)
def test_what_a_request_makes(path: str, answer: Any, made: str):
    assert Touch(made, "makes") in set(of_request("POST", path, {}, 202, answer))


def test_a_refused_request_touches_too_but_moves_no_data():
    sent = {"method": {"name": "copy-image"}}

    assert set(of_request("POST", f"/v2/images/{IMAGE}/import", sent, 409, {})) == {Touch(IMAGE, "copies")}
    assert set(of_request("POST", f"/v2/images/{IMAGE}/import", sent, 404, {})) == set()


def test_what_a_command_reads():
    line = f"rbd --cluster dcn0 export --no-progress images/{IMAGE}@snap - | sha512sum"

    assert set(of_command(("bash", "-c", line))) == {Touch(IMAGE, "reads", data=True)}
    assert set(of_command(("virsh", "dumpxml", SERVER))) == {Touch(SERVER, "reads")}


@dataclass(frozen=True)
class Site:
    name: str

    def __str__(self) -> str:
        return self.name


class Environment:
    def site(self, name: str) -> Site:
        return Site(name)


def made() -> int:
    return 1


def stopped(made) -> int:
    return 1


def attached(made) -> int:
    return 1


def later(stopped, attached) -> int:
    return 1


def broken(touched: dict[str, Touch], **declared: dict[str, Any]) -> list[str]:
    """The rules that are broken if each of these stages touches what `made` has made."""
    registry = Registry(axes=())
    for act in (made, stopped, attached, later):
        registry.add(act, **declared.get(act.__name__, {}))
    seen = {StageKey(name): {touch} for name, touch in touched.items()}
    return list(Rules(registry, Environment(), POOL).broken({StageKey("made"): {Touch(SERVER, "makes")}, **seen}))


CHANGE, COPY, READ = Touch(SERVER, "changes"), Touch(SERVER, "copies"), Touch(SERVER, "reads")
HELD: dict[str, Any] = {"changes": ("made",)}


@pytest.mark.parametrize("how", [CHANGE, COPY])
def test_what_is_changed_must_be_held(how: Touch):
    """A stage must hold what it changes, even if no other stage changes it."""
    assert broken({"stopped": how}) == [f"stopped {how.how} {SERVER} of made and does not hold it"]
    assert broken({"stopped": how}, stopped=HELD) == []


def test_what_no_stage_has_made_must_not_be_changed():
    assert broken({"stopped": Touch(VOLUME, "changes")}, stopped=HELD) == [
        f"stopped changes {VOLUME}, which no stage has made, and does not hold it"
    ]


def test_what_others_change_must_be_shared_by_who_reads_it():
    found = broken({"stopped": CHANGE, "attached": READ}, stopped=HELD)

    assert found == [f"attached reads {SERVER} of made, which stopped changes, and does not share it"]
    assert broken({"stopped": CHANGE, "attached": READ}, stopped=HELD, attached={"shares": ("made",)}) == []


def test_what_is_read_before_or_after_the_change_need_not_be_shared():
    assert broken({"stopped": CHANGE, "later": READ}, stopped=HELD) == []


def test_a_copy_does_not_disturb_who_reads_but_who_uses_an_image_disturbs_it():
    """A copy does not affect a stage that reads the image, but one that uses it: Glance may rewrite the record."""
    assert broken({"stopped": COPY, "attached": READ}, stopped=HELD) == []
    assert broken({"stopped": COPY, "attached": Touch(SERVER, "uses")}, stopped=HELD) == [
        f"attached uses {SERVER} of made, which stopped changes, and does not share it"
    ]


def test_who_has_bytes_read_must_share_the_pool():
    data = {"stopped": Touch(IMAGE, "reads", data=True)}

    assert broken(data) == [f"stopped has the bytes of image {IMAGE} read, and does not share the pool"]
    assert broken(data, stopped={"shares": (POOL,)}) == broken(data, stopped={"alone": POOL}) == []


def test_every_stage_of_the_suite_holds_what_it_changes(
    start: Callable[..., Any], suite: Callable[..., Any], tmp_path: Path
):
    """In a deployment with every kind of site, each stage holds what it changes. One run shows it."""
    with start(tmp_path, "--dcn", "3", "--nodes", "4", "--without-storage", "dcn1") as simulator:
        ended = suite(simulator.folder / "environment.yaml", "-q", "-p", "simulator.holding.plugin")

    (told,) = (line for line in ended.printed.splitlines() if line.startswith("holding: "))
    assert told.endswith("touches: each holds what it changes")
    assert ended.exit_code == 0

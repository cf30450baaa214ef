"""The undercloud of the lab: its Heat and its stacks, and how they are broken and healed."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from faults.catalogue import find
from lab import heat, keystone, packages, poll, stacks, status, up
from lab.command import CommandError
from lab.faults import breaking, healing, undo
from lab.faults.healing import heal
from lab.faults.lab import Lab
from lab.faults.registry import break_lab
from lab.plan import Plan, make_plan
from lab.state import State

NAMES = ("control-plane", "dcn0", "dcn1")


class FakeHeat:
    """Answers as Heat does, for stacks of one TestResource. Unexpected calls and unknown stacks fail the test."""

    def __init__(self, states: dict[str, str] | None = None) -> None:
        self.states = dict(states or {})
        self.properties: dict[str, dict[str, Any]] = {}
        self.done: list[str] = []

    def heat(self, method: str, path: str, body: Any = None, timeout: float = 60) -> Any:
        if (method, path) == ("GET", "stacks"):
            return {"stacks": [self._stack(name) for name in self.states]}
        if (method, path) == ("POST", "stacks"):
            name = body["stack_name"]
            assert name not in self.states, f"Heat answers 409: {name} is there already"
            return self._act("CREATE", name, body)
        _, name, of = path.split("/")
        assert of == f"id-of-{name}", "Heat answers 302"
        if method == "PUT":
            return self._act("UPDATE", name, body)
        assert method == "DELETE"
        return self._delete(name)

    def _stack(self, name: str) -> dict[str, str]:
        reason = "because" if self.states[name].endswith("FAILED") else ""
        return {
            "stack_name": name,
            "id": f"id-of-{name}",
            "stack_status": self.states[name],
            "stack_status_reason": reason,
        }

    def _act(self, action: str, name: str, body: Any) -> None:
        (resource,) = body["template"]["resources"].values()
        assert resource["type"] == "OS::Heat::TestResource"
        wanted = resource["properties"]
        # An update takes effect only if the value of the resource changes.
        ignored = action == "UPDATE" and wanted.get("value") == self.properties.get(name, {}).get("value")
        seconds = wanted.get("action_wait_secs", {}).get(action.lower(), 0)
        failed = "FAILED" if wanted.get("fail") else "COMPLETE"
        self.states[name] = f"{action}_{'COMPLETE' if ignored else 'IN_PROGRESS' if seconds else failed}"
        self.properties[name] = wanted
        self.done.append(f"{action} {name}")

    def _delete(self, name: str) -> None:
        if self.properties.get(name, {}).get("action_wait_secs", {}).get("delete", 0):
            self.states[name] = "DELETE_IN_PROGRESS"
        else:
            del self.states[name]
        self.done.append(f"DELETE {name}")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "lab")


@pytest.fixture
def plan(state: State) -> Plan:
    return make_plan("nowhere", "192.0.2.0/24", state.folder, 2)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that must time out are shorter than in the lab."""
    monkeypatch.setattr(stacks, "_SECONDS", 0.2)


# Heat


def test_heat_is_one_process_on_the_undercloud(plan: Plan, state: State) -> None:
    conf = ConfigParser(interpolation=None, strict=True)
    conf.read_string(heat.configuration(plan, state))

    assert conf["heat_api"]["bind_host"] == "192.0.2.2"
    assert (conf["DEFAULT"]["num_engine_workers"], conf["heat_api"]["workers"]) == ("1", "1")
    assert len(conf["DEFAULT"]["auth_encryption_key"]) == 32
    # A trust determines its project itself.
    assert "project_name" not in conf["trustee"]


@pytest.mark.parametrize("instances", [True, False])
def test_every_lab_has_an_undercloud(instances: bool, state: State) -> None:
    plan = make_plan("lab", "192.0.2.0/24", state.folder, 2, instances=instances)
    needs = {step.name: set(step.needs) for step in up.steps(plan, state)}

    assert "heat-common" in packages.wanted(plan)
    assert "http://192.0.2.2:8004/v1/%(project_id)s" in {one.url for one in keystone.catalog(plan)}
    assert {"heat", "keystone-catalog"} <= needs["stacks"]
    assert not any("stacks" in others or "heat" in others for name, others in needs.items() if name != "stacks")


# Stacks


def test_missing_stacks_are_made() -> None:
    cloud = FakeHeat()

    stacks.make(cloud, NAMES)  # type: ignore[arg-type]

    assert cloud.states == dict.fromkeys(NAMES, "CREATE_COMPLETE")


def test_complete_stacks_are_left_alone() -> None:
    cloud = FakeHeat({"control-plane": "UPDATE_COMPLETE", "dcn0": "CREATE_COMPLETE", "somebody-s": "CREATE_FAILED"})

    stacks.make(cloud, ["control-plane", "dcn0"])  # type: ignore[arg-type]

    assert cloud.done == []


@pytest.mark.parametrize("found", ["CREATE_IN_PROGRESS", "CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED"])
def test_what_a_killed_lab_left_half_made_is_made_anew(found: str) -> None:
    cloud = FakeHeat({"dcn0": found})

    stacks.make(cloud, ["dcn0"])  # type: ignore[arg-type]

    assert cloud.done == ["DELETE dcn0", "CREATE dcn0"]


def test_a_stack_that_fails_is_not_waited_for() -> None:
    cloud = FakeHeat()
    stacks.create(cloud, "dcn0", fail=True)  # type: ignore[arg-type]

    with pytest.raises(CommandError, match="stack dcn0 is CREATE_FAILED: because"):
        stacks.wait_for(cloud, "dcn0", "CREATE_COMPLETE")  # type: ignore[arg-type]


def test_a_stack_that_does_not_go_is_said() -> None:
    cloud = FakeHeat()
    stacks.create(cloud, "dcn0", action_wait_secs={"delete": -1})  # type: ignore[arg-type]

    with pytest.raises(poll.NotReadyError, match="stack dcn0 is gone: not so"):
        stacks.delete(cloud, "dcn0")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"control-plane": "CREATE_COMPLETE", "dcn0": "UPDATE_COMPLETE", "dcn1": "CREATE_COMPLETE"}, "3 complete"),
        ({"control-plane": "CREATE_COMPLETE", "dcn0": "UPDATE_FAILED"}, "dcn0 is UPDATE_FAILED, dcn1 is missing"),
    ],
)
def test_status_says_which_are_not_complete(
    found: dict[str, str], said: str, plan: Plan, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "Cloud", lambda *_: FakeHeat(found))
    (probe,) = [one for one in status._of_undercloud(plan, state, state.log("status")) if one.service == "stacks"]

    assert status._answer(probe) == status.Answer("undercloud", "stacks", said == "3 complete", said)


# Faults


@pytest.mark.parametrize(
    ("fault", "name", "seen"),
    [
        ("stack-missing", "dcn1", None),
        ("stack-create-failed", "dcn1", "CREATE_FAILED"),
        ("stack-update-in-progress", "dcn1", "UPDATE_IN_PROGRESS"),
        ("stack-update-failed", "control-plane", "UPDATE_FAILED"),
    ],
)
def test_a_stack_is_broken_and_healed(
    fault: str, name: str, seen: str | None, plan: Plan, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heat has the broken stack in the state of the fault and leaves the others. Healed, all are complete again."""
    cloud = FakeHeat()
    stacks.make(cloud, NAMES)  # type: ignore[arg-type]
    whole = dict(cloud.states)
    for module in (breaking, undo):
        monkeypatch.setattr(module, "Cloud", lambda *_: cloud)
    monkeypatch.setattr(healing, "_wait", lambda lab: None)
    lab = Lab(plan, state)

    break_lab(lab, fault)
    broken = dict(cloud.states)
    heal(lab)

    assert broken.pop(name, None) == seen
    assert broken.items() <= whole.items()
    assert cloud.states == whole
    assert find(fault).must == {"A18"}

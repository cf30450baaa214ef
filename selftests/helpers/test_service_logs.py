"""What the services' logs say of a failure, from lines as Nova's services of the lab write them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from helpers.environment import Environment, load_environment
from helpers.runner import Completed, Unreachable
from helpers.service_logs import LogTail, ServiceLogs, ids_in

SERVER, OTHER = "98e1794c-1b28-40cb-b376-4e0664cb5ff3", "a4b85821-c45a-44d9-9b57-10587b158e08"
ASKED, LOOKED = "req-247751f1-d97e-4571-983c-7c8de1b9729f", "req-6ba1b3b1-c1f7-494e-8ce0-5264903d9873"
NOVA = "/var/log/containers/nova/"
STARTED = "2026-11-23 01:04:11.000 1 INFO nova.service [-] Starting scheduler node (version 26.2.2)"
NO_CANDIDATES = "nova.scheduler.manager [None {0} fb27 badb - - default default] Got no allocation candidates"
LOGS = {
    "control-plane-controller-0": {
        f"{NOVA}nova-api.log": [
            f'2026-11-23 01:04:18.100 1 INFO nova.api [None {LOOKED} fb27] "GET /v2.1/servers/{SERVER}" status: 200',
        ],
        f"{NOVA}nova-scheduler.log": [
            STARTED,
            "2026-11-23 01:04:18.334 1 INFO " + NO_CANDIDATES.format(ASKED),
            "2026-11-23 01:04:19.334 1 INFO " + NO_CANDIDATES.format(LOOKED),
        ],
        f"{NOVA}nova-conductor.log": [
            f"2026-11-23 01:04:18.334 1 INFO nova.conductor [None {ASKED} fb27] [instance: {SERVER}] building",
            f"2026-11-23 01:04:18.335 1 ERROR nova.conductor [None {ASKED} fb27] [instance: {SERVER}] Failed to build",
            f"2026-11-23 01:04:18.336 1 ERROR nova.conductor [instance: {SERVER}] Traceback (most recent call last):",
            f"2026-11-23 01:04:18.337 1 ERROR nova.conductor [instance: {SERVER}]   File: line 1",
        ],
    },
    "dcn0-distributedcomputehci-0": {
        f"{NOVA}nova-compute.log": [
            f"2026-11-23 01:03:18.334 1 WARNING nova.compute [None {ASKED} fb27] [instance: {OTHER}] not this one's",
        ],
    },
}


class FakeNode:
    """A node with these logs."""

    def __init__(self, name: str, logs: dict[str, list[str]]) -> None:
        self.name = self.hostname = name
        self.logs, self.asked = logs, list[str]()

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        words, path = {argv[at + 1] for at, word in enumerate(argv) if word == "-e"}, argv[-1]
        self.asked.append(path)
        if path not in self.logs:
            return Completed(self.name, argv, "", 2, "", f"grep: {path}: No such file or directory", "")
        found = [line for line in self.logs[path] if any(word in line for word in words)]
        return Completed(self.name, argv, "", int(not found), "\n".join(found), "", "")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        raise AssertionError("a log is asked for by what may fail")


class SilentNode(FakeNode):
    """A node that does not answer."""

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        raise Unreachable(self.name, "192.0.2.20", "timed out")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Central and two DCN sites, of the nodes and roles of the lab's example."""
    declared = yaml.safe_load(Path("environments/lab.example.yaml").read_text())
    declared = {name: declared[name] for name in ("cloud", "image", "flavor", "sites")}
    path = tmp_path / "environment.yaml"
    path.write_text(yaml.safe_dump(declared, sort_keys=False))
    return load_environment(path)


@pytest.fixture
def nodes() -> dict[str, FakeNode]:
    return {name: FakeNode(name, logs) for name, logs in LOGS.items()}


def test_the_reason_is_found_by_the_request(environment: Environment, nodes: dict[str, FakeNode]):
    found = ServiceLogs(environment, nodes, [(("dcn1",), {SERVER})]).of(("dcn1",), {SERVER})

    assert found == (
        LogTail(
            "control-plane-controller-0",
            f"{NOVA}nova-scheduler.log",
            ("2026-11-23 01:04:18.334 1 INFO nova.scheduler.manager Got no allocation candidates",),
        ),
        LogTail(
            "control-plane-controller-0",
            f"{NOVA}nova-conductor.log",
            (f"2026-11-23 01:04:18.335 1 ERROR nova.conductor [instance: {SERVER}] Failed to build",),
        ),
    )


def test_only_the_failures_sites_and_central_are_asked(environment: Environment, nodes: dict[str, FakeNode]):
    ServiceLogs(environment, nodes, [(("dcn1",), {SERVER})])

    assert nodes["dcn0-distributedcomputehci-0"].asked == []


def test_each_failure_has_its_own_lines(environment: Environment, nodes: dict[str, FakeNode]):
    logs = ServiceLogs(environment, nodes, [(("dcn0",), {OTHER}), ((), {SERVER})])

    at_dcn0 = [tail for tail in logs.of(("dcn0",), {OTHER}) if tail.node.startswith("dcn0")]
    assert [tail.path for tail in at_dcn0] == [f"{NOVA}nova-compute.log"]
    assert {tail.node for tail in logs.of((), {SERVER})} == {"control-plane-controller-0"}


def test_a_node_that_does_not_answer_says_nothing(environment: Environment, nodes: dict[str, FakeNode]):
    nodes["control-plane-controller-0"] = SilentNode("control-plane-controller-0", {})

    assert ServiceLogs(environment, nodes, [((), {SERVER})]).of((), {SERVER}) == ()


def test_nothing_is_read_for_a_failure_that_names_nothing(environment: Environment, nodes: dict[str, FakeNode]):
    assert ServiceLogs(environment, nodes, [(("dcn0",), ids_in("the catalog has two endpoints"))]).of((), ()) == ()
    assert [node.asked for node in nodes.values()] == [[], []]


def test_ids_are_those_of_resources():
    assert ids_in(f"server {SERVER}: ERROR", "openstack server show x") == {SERVER}

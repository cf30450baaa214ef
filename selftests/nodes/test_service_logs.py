"""What the services' logs say of a failure, from lines as Nova's services of the lab write them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from helpers.environment import Environment, load_environment
from helpers.nodes.concerns import Concern
from helpers.nodes.logs import LogTail, ServiceLogs
from helpers.nodes.runner import Completed, Unreachable

SERVER, OTHER = "98e1794c-1b28-40cb-b376-4e0664cb5ff3", "a4b85821-c45a-44d9-9b57-10587b158e08"
ASKED, LOOKED = "req-247751f1-d97e-4571-983c-7c8de1b9729f", "req-6ba1b3b1-c1f7-494e-8ce0-5264903d9873"
NOVA = "/var/log/containers/nova/"
BEGUN = "2026-11-23 01:04:11.000 1 INFO nova.service [-] Starting scheduler node (version 26.2.2)"
NO_CANDIDATES = "nova.scheduler.manager [None {0} fb27 badb - - default default] Got no allocation candidates"
LOGS = {
    "control-plane-controller-0": {
        f"{NOVA}nova-api.log": [
            f'2026-11-23 01:04:18.100 1 INFO nova.api [None {LOOKED} fb27] "GET /v2.1/servers/{SERVER}" status: 200',
        ],
        f"{NOVA}nova-scheduler.log": [
            BEGUN,
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


#: When the run of these tests began, before any of the lines above.
STARTED = datetime(2026, 11, 23, 1, tzinfo=UTC).timestamp()


class FakeNode:
    """A node with these logs, whose clock is as this machine's, in UTC."""

    def __init__(self, name: str, logs: dict[str, list[str]]) -> None:
        self.name = self.hostname = name
        self.logs, self.asked = logs, list[str]()
        self.date: str | None = None

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        if argv[0] == "date":
            said = f"{time.time():.0f} +0000\n" if self.date is None else self.date
            return Completed(self.name, argv, "", 0, said, "", "")
        words, path = {argv[at + 1] for at, word in enumerate(argv) if word == "-e"}, argv[-1]
        self.asked.append(path)
        if path not in self.logs:
            return Completed(self.name, argv, "", 2, "", f"grep: {path}: No such file or directory", "")
        found = [line for line in self.logs[path] if argv[0] == "tail" or any(word in line for word in words)]
        return Completed(self.name, argv, "", int(not found), "\n".join(found), "", "")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        raise AssertionError("a log is asked for by what may fail")


class SilentNode(FakeNode):
    """A node that does not answer."""

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        raise Unreachable(self.name, "192.0.2.20", "timed out")


def concern(*sites: str, ids: set[str] = frozenset(), services: set[tuple[str, str]] = frozenset()) -> Concern:  # type: ignore[assignment]
    return Concern(frozenset(sites), frozenset(ids), frozenset(services))


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
    """A scheduler's line is found by the request's id, which the conductor's line names with the server's."""
    about = concern("dcn1", ids={SERVER})

    assert ServiceLogs(environment, nodes, [about], STARTED).of(about) == (
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
    """Another site's node is left alone."""
    ServiceLogs(environment, nodes, [concern("dcn1", ids={SERVER})], STARTED)

    assert nodes["dcn0-distributedcomputehci-0"].asked == []


def test_each_failure_has_its_own_lines(environment: Environment, nodes: dict[str, FakeNode]):
    """Logs that are read for several failures at once are told apart."""
    of_dcn0, of_central = concern("dcn0", ids={OTHER}), concern(ids={SERVER})
    logs = ServiceLogs(environment, nodes, [of_dcn0, of_central], STARTED)

    at_dcn0 = [tail for tail in logs.of(of_dcn0) if tail.node.startswith("dcn0")]
    assert [tail.path for tail in at_dcn0] == [f"{NOVA}nova-compute.log"]
    assert {tail.node for tail in logs.of(of_central)} == {"control-plane-controller-0"}


def test_a_node_that_does_not_answer_says_nothing(environment: Environment, nodes: dict[str, FakeNode]):
    """What cannot be read has no lines, and fails nothing."""
    nodes["control-plane-controller-0"] = SilentNode("control-plane-controller-0", {})
    about = concern(ids={SERVER}, services={("central", "glance")})

    assert ServiceLogs(environment, nodes, [about], STARTED).of(about) == ()


def test_nothing_is_read_for_a_failure_that_names_nothing(environment: Environment, nodes: dict[str, FakeNode]):
    """No id and no service: no log is asked for."""
    assert ServiceLogs(environment, nodes, [concern("dcn0")], STARTED).of(concern("dcn0")) == ()
    assert [node.asked for node in nodes.values()] == [[], []]


@pytest.mark.parametrize(
    ("ahead", "zone", "expected"),
    [(0, "+0000", 1), (0, "+0230", 0), (9000, "+0000", 0), (-9000, "-0230", 1), (-9000, "+0000", 1)],
    ids=["as here", "another zone", "fast", "slow, another zone", "slow"],
)
def test_lines_older_than_the_run_are_left_out(
    environment: Environment, nodes: dict[str, FakeNode], ahead: int, zone: str, expected: int
):
    """What a log says is older is so by the node's own clock and zone, which `date` there tells."""
    nodes["dcn0-distributedcomputehci-0"].date = f"{time.time() + ahead:.0f} {zone}\n"
    about = concern("dcn0", ids={OTHER})

    tails = ServiceLogs(environment, nodes, [about], STARTED).of(about)
    assert len([tail for tail in tails if tail.node.startswith("dcn0")]) == expected


def test_a_clock_that_cannot_be_read_is_said(environment: Environment, nodes: dict[str, FakeNode]):
    """Nobody can tell then whether the lines are older than the run."""
    nodes["dcn0-distributedcomputehci-0"].date = "date: invalid option"
    about = concern("dcn0", ids={OTHER})

    tails = ServiceLogs(environment, nodes, [about], STARTED + 86400).of(about)
    assert [str(tail) for tail in tails] == [
        f"dcn0-distributedcomputehci-0, {NOVA}nova-compute.log "
        "(the node's clock could not be read, so that these lines may be older than the run)"
    ]


def test_a_service_that_does_not_answer_says_why(environment: Environment, nodes: dict[str, FakeNode]):
    """Of a Glance that ends as soon as it begins: the reason that its log names, once, and nothing of last week's."""
    crash = [
        "{} 7 CRITICAL glance [-] Unhandled error: glance_store.exceptions.UnknownScheme: Unknown scheme 'central:rdb'",
        "{} 7 ERROR glance Traceback (most recent call last):",
        '{} 7 ERROR glance   File "/usr/bin/glance-api", line 10, in <module>',
        "{} 7 ERROR glance glance_store.exceptions.UnknownScheme: Unknown scheme 'central:rdb' found in URI",
    ]
    old = ["2026-11-16 01:04:18.336 7 CRITICAL glance [-] Unhandled error: a disk that was full"]
    times = ("2026-11-23 01:04:18.336", "2026-11-23 01:04:28.336")
    log = old + [line.format(moment) for moment in times for line in crash]
    nodes["dcn0-distributedcomputehci-0"].logs = {"/var/log/containers/glance/api.log": log}
    about = concern("dcn0", services={("dcn0", "glance")})

    (tail,) = ServiceLogs(environment, nodes, [about], STARTED).of(about)
    assert [line.partition(" 7 ")[2] for line in tail.lines] == [
        "CRITICAL glance Unhandled error: glance_store.exceptions.UnknownScheme: Unknown scheme 'central:rdb'",
        "ERROR glance glance_store.exceptions.UnknownScheme: Unknown scheme 'central:rdb' found in URI",
    ]
    assert {line[:19] for line in tail.lines} == {"2026-11-23 01:04:28"}

"""A cluster, queried on a node that answers from recordings (`selftests/data`)."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from helpers.ceph.asking import BadAnswer, ClusterUnreachable, NoSuchEntity, NoSuchPool
from helpers.ceph.cluster import Cluster
from helpers.environment import Ceph, NodeSpec, Site
from helpers.nodes.node import CommandFailed, Completed, DeadlinePassed, Unreachable
from helpers.outcomes import Unknown
from helpers.redact import Secret, fingerprint

DATA = Path(__file__).parents[1] / "data"
FSID = "5bb3a1f0-9a4e-4c9c-8b1c-0d6a7f6f4d21"
IMAGE = "8083c7e7-32d8-4f7a-b1da-0ed7884f1076"
CEPHX = "AQD29WteAAAAABAAphgOjFD7nyjdYe8Lz0mQ5Q=="
CEPH = "podman exec ceph-mon-a ceph --cluster dcn0 --connect-timeout 15"
RBD = "podman exec ceph-mon-a rbd --cluster dcn0"
EXTERNAL = ("external", "/etc/ceph/central.conf", "/etc/ceph/central.client.external.keyring")

Answer = tuple[int, str, str] | Exception


class FakeNode:
    """Answers the commands that it was given, and fails the test at any other command."""

    def __init__(self, name: str, answers: Mapping[str, Answer]) -> None:
        self.name = self.hostname = name
        self.answers = answers
        self.asked: list[str] = []
        self.deadlines: list[float | None] = []

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        command = shlex.join(argv)
        self.asked.append(command)
        self.deadlines.append(deadline)
        answer = self.answers[command]
        if isinstance(answer, Exception):
            raise answer
        status, stdout, stderr = answer
        return Completed(self.name, argv, command, status, stdout, stderr, f"ssh {self.name} {command}")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        completed = self.run(*argv, deadline=deadline)
        if completed.exit_status:
            raise CommandFailed(completed)
        return completed


class Turns(dict[str, Answer]):
    """A sequence of answers, one for each time."""

    def __init__(self, answers: Mapping[str, list[Answer]]) -> None:
        super().__init__({command: turns[0] for command, turns in answers.items()})
        self._left = {command: iter(turns) for command, turns in answers.items()}

    def __getitem__(self, command: str) -> Answer:
        return next(self._left[command])


def recorded(name: str) -> Answer:
    return 0, (DATA / name).read_text(), ""


def site(runtime: str = "podman") -> Site:
    return Site(
        name="dcn0",
        central=False,
        availability_zone="dcn0",
        store="dcn0",
        local_store="dcn0",
        central_store="central",
        glance="http://192.0.2.20:9292",
        ceph=Ceph.model_validate({"cluster": "dcn0", "runtime": runtime}),
        nodes=(NodeSpec("a", "192.0.2.20", ("ceph-mon",), "dcn0"),),
    )


def cluster(answers: Mapping[str, Answer]) -> Cluster:
    return Cluster(site(), [FakeNode("a", answers)])


def test_who_may_not_ask_for_users_knows_nothing_of_them() -> None:
    """A service's client is told little: that is no finding about the user."""
    ask = f"{CEPH} auth get client.external --format json"
    with pytest.raises(Unknown, match="dcn0: cluster dcn0 tells podman on a nothing of its users"):
        cluster({ask: (13, "", "Error EACCES: access denied")}).auth("client.external")


def test_the_fsid_is_asked_once() -> None:
    node = FakeNode("a", {f"{CEPH} fsid --format json": (0, f'\n{{"fsid":"{FSID}"}}\n', "")})
    asked = Cluster(site(), [node])
    assert asked.fsid() == asked.fsid() == FSID
    assert len(node.asked) == 1


@pytest.mark.parametrize(
    ("name", "status", "codes"),
    [
        ("ceph_health_detail.json", "HEALTH_OK", []),
        ("ceph_health_detail_warn.json", "HEALTH_WARN", ["MON_DOWN", "POOL_NO_REDUNDANCY"]),
    ],
)
def test_health_has_its_codes_and_what_they_say(name: str, status: str, codes: list[str]) -> None:
    health = cluster({f"{CEPH} health detail --format json": recorded(name)}).health()
    assert health.status == status
    assert [check.code for check in health.checks] == codes
    assert {check.code for check in health.checks} == set(codes)
    if codes:
        assert str(health.checks[0]) == "MON_DOWN: 1/3 mons down, quorum a,b"


def test_the_quorum_and_its_addresses() -> None:
    asked = cluster({f"{CEPH} quorum_status --format json": recorded("ceph_quorum_status_one_missing.json")})
    quorum = asked.quorum()
    assert quorum.fsid == FSID
    assert quorum.names == ("dcn0-distributedcomputehci-0",)
    assert quorum.missing == {"dcn0-distributedcomputehci-1"}
    assert quorum.mons[0].addresses == ("v2:192.0.2.20:3300", "v1:192.0.2.20:6789")
    assert asked.mon_addresses() == {"192.0.2.20", "2001:db8::21"}


@pytest.mark.parametrize(
    ("kind", "address"),
    [("none", ":/0"), ("v2", ":/0"), ("none", "-"), ("any", ":0/0"), ("none", "(unrecognized address family 0)")],
)
def test_a_monitor_without_an_address(kind: str, address: str) -> None:
    """A monitor without an address in the map has none, and is named as such."""
    status, text, _ = recorded("ceph_quorum_status_one_missing.json")
    answer = json.loads(text)
    answer["monmap"]["mons"][1]["public_addrs"]["addrvec"] = [{"type": kind, "addr": address, "nonce": 0}]
    asked = cluster({f"{CEPH} quorum_status --format json": (status, json.dumps(answer), "")})
    assert asked.mon_addresses() == {"192.0.2.20"}
    assert str(asked.quorum()) == (
        "in quorum: dcn0-distributedcomputehci-0; not in quorum: dcn0-distributedcomputehci-1 (without an address)"
    )


def test_a_user_has_caps_and_a_key_that_is_not_shown() -> None:
    auth = cluster({f"{CEPH} auth get client.external --format json": recorded("ceph_auth_get.json")}).auth(
        "client.external"
    )
    assert auth.caps["mgr"] == "allow *"
    assert auth.key == Secret(CEPHX)
    assert CEPHX not in repr(auth)
    assert fingerprint(CEPHX) in repr(auth)


def test_a_user_that_is_not_there() -> None:
    answer = (2, "", "Error ENOENT: failed to find client.a in keyring\n")
    with pytest.raises(NoSuchEntity, match=r"a: cluster dcn0 has no user client\.a: ssh a podman"):
        cluster({f"{CEPH} auth get client.a --format json": answer}).auth("client.a")


def fingerprint_of(entity: str) -> str:
    """The command that computes the fingerprint of a user's key."""
    line = f"ceph --cluster dcn0 --connect-timeout 15 auth get-key {entity} | tr -d '\\n' | sha256sum | cut -c1-12"
    return f"podman exec ceph-mon-a {shlex.join(['bash', '-o', 'pipefail', '-c', line])}"


def test_a_key_is_compared_without_being_read() -> None:
    digits = fingerprint(CEPHX).removeprefix("sha256:")
    found = cluster({fingerprint_of("client.external"): (0, f"{digits}\n", "")}).key_fingerprint("client.external")

    assert found.fingerprint == fingerprint(CEPHX)
    assert found.command == f"ssh a {fingerprint_of('client.external')}"


def test_a_fingerprint_of_nobody_s_key() -> None:
    answer = (2, "", "Error ENOENT: failed to find client.a in keyring\n")
    with pytest.raises(NoSuchEntity):
        cluster({fingerprint_of("client.a"): answer}).key_fingerprint("client.a")
    with pytest.raises(BadAnswer, match="sha256sum printed ''"):
        cluster({fingerprint_of("client.a"): (0, "", "")}).key_fingerprint("client.a")


def test_a_pools_listing_trash_and_usage() -> None:
    asked = cluster(
        {
            f"{RBD} -p images ls -l --format json": recorded("rbd_ls.json"),
            f"{RBD} -p images trash ls --format json": recorded("rbd_trash_ls.json"),
            f"{RBD} -p images du {IMAGE} --format json": recorded("rbd_du.json"),
        }
    )
    listing = asked.listing("images")
    assert listing.snapshot(IMAGE, "snap").protected
    assert (listing.site, listing.command) == ("dcn0", f"ssh a {RBD} -p images ls -l --format json")
    assert [entry.name for entry in asked.trash("images")] == [IMAGE]
    assert asked.du("images", IMAGE).used == 16777216


def test_a_pool_that_is_not_there() -> None:
    refused = (2, "", "rbd: error opening pool 'nope': (2) No such file or directory\n")
    answers: dict[str, Answer] = {
        f"{RBD} -p nope ls -l --format json": refused,
        f"{CEPH} osd pool ls --format json": (0, '["vms","images"]', ""),
        f"{CEPH} df detail --format json": recorded("ceph_df_detail.json"),
    }
    with pytest.raises(NoSuchPool, match="a: no pool nope in dcn0; pools there: vms, images: ssh a "):
        cluster(answers).listing("nope")
    with pytest.raises(NoSuchPool, match="no pool nope in dcn0; pools there: vms, volumes, images, device_hea"):
        cluster(answers).pool_read_bytes("nope")


REMOVED = (2, "", f"rbd: error opening {IMAGE}: (2) No such file or directory\nrbd: listing images failed\n")


def test_an_image_that_is_removed_while_it_is_listed_is_asked_for_again() -> None:
    command = f"{RBD} -p images ls -l --format json"
    node = FakeNode("a", {})
    node.answers = Turns({command: [REMOVED, REMOVED, recorded("rbd_ls.json")]})

    assert Cluster(site(), [node]).listing("images").snapshot(IMAGE, "snap").protected
    assert node.asked == [command] * 3


def test_a_listing_that_never_comes_to_its_end_is_given_up() -> None:
    node = FakeNode("a", {f"{RBD} -p images ls -l --format json": REMOVED})

    with pytest.raises(CommandFailed, match="error opening 8083c7e7"):
        Cluster(site(), [node]).listing("images")
    assert len(node.asked) == 6


def test_what_was_read_from_a_pool() -> None:
    reads = cluster({f"{CEPH} df detail --format json": recorded("ceph_df_detail.json")}).pool_read_bytes("images")
    assert reads.read_bytes == 70160384


def sha512_command(name: str = IMAGE, spec: str | None = None) -> str:
    export = f"rbd --cluster dcn0 export --no-progress {spec or f'images/{name}@snap'} -"
    return shlex.join(("podman", "exec", "ceph-mon-a", "bash", "-o", "pipefail", "-c", f"{export} | sha512sum"))


def test_the_checksum_of_an_image() -> None:
    node = FakeNode("a", {sha512_command(): (0, f"{'a' * 128}  -\n", "")})
    digest = Cluster(site(), [node]).sha512("images", IMAGE, "snap")
    assert digest.sha512 == "a" * 128
    assert digest.command == f"ssh a {sha512_command()}"
    assert node.deadlines == [900.0]


def test_a_name_in_the_checksums_shell_is_quoted() -> None:
    command = sha512_command(spec="'images/a b;id@snap'")
    node = FakeNode("a", {command: (0, f"{'a' * 128}  -\n", "")})
    Cluster(site(), [node]).sha512("images", "a b;id", "snap")
    assert node.asked == [command]


def test_an_export_that_breaks_off_has_no_checksum() -> None:
    answers: dict[str, Answer] = {sha512_command(): (1, f"{'c' * 128}  -\n", "rbd: error reading image\n")}
    with pytest.raises(CommandFailed, match="rbd: error reading image"):
        cluster(answers).sha512("images", IMAGE, "snap")
    answers = {sha512_command(): (0, "", "")}
    with pytest.raises(BadAnswer, match="sha512sum printed ''"):
        cluster(answers).sha512("images", IMAGE, "snap")


def test_the_docs_words_ask_another_sites_cluster() -> None:
    external = (
        "podman exec ceph-mon-b {} --id external --keyring /etc/ceph/central.client.external.keyring "
        "--conf /etc/ceph/central.conf"
    )
    command = f"{external.format('rbd')} -p images ls -l --format json"
    node = FakeNode(
        "b",
        {
            command: recorded("rbd_ls.json"),
            f"{external.format('rbd')} -p vms ls -l --format json": (1, "", "rbd: error opening pool 'vms'"),
        },
    )
    other = cluster({}).as_external(node, "central", EXTERNAL)
    assert other.listing("images").command == f"ssh b {command}"
    with pytest.raises(LookupError, match="no x in central/images"):
        other.listing("images").image("x")
    with pytest.raises(NoSuchPool, match="no pool vms in central: "):
        other.listing("vms")


@pytest.mark.parametrize(
    ("stdout", "reason"),
    [
        ("", "Expecting value"),
        ("[]", "TypeError"),
        ('{"quorum_names": []}', "KeyError 'monmap'"),
        ("null", "TypeError"),
    ],
)
def test_an_answer_that_is_not_this_commands(stdout: str, reason: str) -> None:
    asked = cluster({f"{CEPH} quorum_status --format json": (0, stdout, "")})
    with pytest.raises(BadAnswer, match="a: not the answer of this command") as caught:
        asked.quorum()
    assert reason in str(caught.value)


def test_the_next_node_is_asked_when_the_first_cannot_be() -> None:
    down = FakeNode("a", {f"{RBD} -p images ls -l --format json": Unreachable("a", "192.0.2.20:22", "refused")})
    stopped = FakeNode(
        "b",
        {
            f"{RBD} -p images ls -l --format json".replace("mon-a", "mon-b"): (
                255,
                "",
                "Error: can only create exec sessions on running containers: container state improper\n",
            )
        },
    )
    good = FakeNode("c", {f"{RBD} -p images ls -l --format json".replace("mon-a", "mon-c"): recorded("rbd_ls.json")})
    assert Cluster(site(), [down, stopped, good]).listing("images").command.startswith("ssh c ")
    # one node accepted the login, so the fault is in the deployment, not in the connection
    with pytest.raises(CommandFailed, match="can only create exec sessions on running containers"):
        Cluster(site(), [down, stopped]).listing("images")
    with pytest.raises(ClusterUnreachable) as caught:
        Cluster(site(), [down]).listing("images")
    assert str(caught.value) == "cluster dcn0 (site dcn0): a (192.0.2.20:22): refused"
    with pytest.raises(ClusterUnreachable, match="site dcn0 has no node with the role ceph-mon"):
        Cluster(site(), []).listing("images")


@pytest.mark.parametrize(
    "failure", [DeadlinePassed("a", "ssh a", 60), (1, "", "[errno 110] RADOS timed out (error connecting)\n")]
)
def test_a_cluster_without_quorum_is_not_asked_again(failure: Answer) -> None:
    second = FakeNode("b", {})
    with pytest.raises((DeadlinePassed, CommandFailed)):
        Cluster(site(), [FakeNode("a", {f"{CEPH} health detail --format json": failure}), second]).health()
    assert second.asked == []


def test_a_site_without_storage_has_no_cluster() -> None:
    bare = Site("dcn2", False, "dcn2", None, None, None, None, None)
    with pytest.raises(ValueError, match="site dcn2 has no storage"):
        Cluster(bare, [])

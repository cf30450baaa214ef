"""The shell and the commands of the nodes, without SSH."""

from __future__ import annotations

import asyncio
import json

import pytest

from simulator.commands import ceph, containers, files, rbd, shell, undercloud
from simulator.world.build import healthy_world
from simulator.world.content import Content
from simulator.world.guest import guest_disk
from simulator.world.world import World

NODE = "dcn0-distributedcomputehci-0"
MON = "sudo podman exec ceph-mon-$(hostname)"
EXTERNAL = "--id external --keyring /etc/ceph/dcn0.client.external.keyring --conf /etc/ceph/dcn0.conf"
MODULES = (ceph, containers, files, rbd, undercloud)


@pytest.fixture
def world() -> World:
    found = healthy_world(2, nodes=3, speed="none")
    cluster = found.cluster("dcn0")
    cluster.create("images", "i1", guest_disk(8))
    cluster.snapshot("images", "i1", "snap")
    cluster.clone("vms", "s1_disk", "images", "i1", "snap", 1 << 30).locked = True
    return found


def run(world: World, line: str, node: str = NODE, user: str = "heat-admin") -> tuple[int, str, str]:
    at = next(each for each in world.machines if each.name == node)
    output = asyncio.run(shell.run_line(shell.Call(world, at, [], user=user), line))
    return output.status, output.bytes().decode(), output.stderr


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("echo 'a  b' \"c $(hostname)\" d\\ e", f"a  b c {NODE} d e\n"),
        ("echo $HOSTNAME ${HOSTNAME}x `hostname`", f"{NODE} {NODE}x {NODE}\n"),
        ("echo '$(hostname)'", "$(hostname)\n"),
        ("false || echo yes; true && echo too", "yes\ntoo\n"),
        ("false && echo no; echo end", "end\n"),
        ("echo abc | sha512sum | head -c 8", "4f285d0c"),
        ("sh -c 'echo in; exit' 2>/dev/null", "in\n"),
        ("timeout -k 5 10 env LC_ALL=C echo ok", "ok\n"),
        ("A=1 sh -c 'echo ok' > /dev/null", ""),
        ("printf '%s-%s\\n' a b", "a-b\n"),
    ],
)
def test_lines_mean_what_they_mean_to_a_shell(world: World, line: str, printed: str):
    assert run(world, line)[1] == printed


def test_an_unknown_command_is_not_found(world: World):
    assert run(world, "rm -rf /") == (127, "", "bash: line 1: rm: command not found\n")


def test_pipefail_keeps_the_first_failure(world: World):
    missing = f"{MON} rbd --cluster dcn0 export images/nope - | sha512sum"
    assert run(world, missing)[0] == 0
    assert run(world, f"set -o pipefail; {missing}")[0] == 2
    assert run(world, f"bash -o pipefail -c '{missing}'")[0] == 2


def test_a_deadline_ends_a_command(world: World):
    world.cluster("dcn0").reachable = False
    assert run(world, f"timeout 0.05 {MON} rbd --cluster dcn0 ls images")[0] == 124
    assert run(world, f"{MON} timeout -k 5 0.05 rbd --cluster dcn0 ls images")[0] == 124


def test_the_docs_listing_is_the_docs_table(world: World):
    _, text, _ = run(world, f"{MON} rbd {EXTERNAL} -p images ls -l")
    assert text.splitlines() == [
        "NAME     SIZE   PARENT  FMT  PROT  LOCK",
        "i1       8 MiB            2            ",
        "i1@snap  8 MiB            2  yes       ",
    ]
    _, text, _ = run(world, f"{MON} rbd {EXTERNAL} -p vms ls -l")
    assert text.splitlines()[1] == "s1_disk  1 GiB  images/i1@snap    2        excl"


def test_listing_as_json_has_strings_for_protected(world: World):
    _, text, _ = run(world, f"{MON} rbd {EXTERNAL} -p images ls -l --format json")
    image, snapshot = json.loads(text)
    assert (image["image"], image["size"], image["format"]) == ("i1", 8 << 20, 2)
    assert (snapshot["snapshot"], snapshot["protected"]) == ("snap", "true")
    _, text, _ = run(world, f"{MON} rbd {EXTERNAL} -p vms ls -l --format json")
    assert json.loads(text)[0]["parent"] == {"pool": "images", "pool_namespace": "", "image": "i1", "snapshot": "snap"}


def test_an_export_has_the_images_bytes(world: World):
    _, text, _ = run(world, f"{MON} rbd --cluster dcn0 export --no-progress images/i1@snap - | sha512sum")
    assert text == f"{guest_disk(8).digest('sha512')}  -\n"
    inside = "rbd --cluster dcn0 export --no-progress images/i1@snap - | sha512sum"
    assert run(world, f"{MON} timeout -k 5 9 bash -o pipefail -c '{inside}'")[1] == text


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("rbd ls", 127, "command not found"),
        ("podman exec ceph-mon-$(hostname) rbd ls", 125, "no such container"),
        (f"{MON}x rbd ls", 125, "no such container"),
        (f"{MON} rbd --cluster nope ls", 2, "couldn't connect"),
        (f"{MON} rbd --id external --conf /etc/ceph/nope.conf ls", 1, "unable to open config file"),
        (
            f"{MON} rbd --id external --keyring /none --conf /etc/ceph/dcn0.conf ls images",
            95,
            "unable to find a keyring",
        ),
        (f"{MON} rbd --id no --cluster dcn0 ls images", 95, "unable to find a keyring"),
        (f"{MON} rbd {EXTERNAL} -p device_health_metrics ls", 1, "(1) Operation not permitted"),
        (f"{MON} rbd {EXTERNAL} -p nope ls", 2, "error opening pool 'nope'"),
        (f"{MON} rbd --cluster dcn0 info images/nope", 2, "error opening image nope: (2)"),
        (f"{MON} ceph --cluster dcn0 auth get client.nope", 2, "failed to find client.nope in keyring"),
        (f"{MON} ceph --cluster nope fsid", 1, "conf_read_file"),
        ("cat /etc/ceph/dcn0.client.external.keyring", 1, "Permission denied"),
        ("sudo cat /etc/nothing", 1, "No such file or directory"),
        ("sudo stat -c %a /etc/nothing", 1, "No such file or directory"),
    ],
)
def test_failures_have_the_tools_own_status_and_words(world: World, line: str, status: int, words: str):
    got, _, err = run(world, line)
    assert (got, words in err) == (status, True), err


def test_another_clusters_key_is_refused(world: World):
    keyring = "--keyring /etc/ceph/central.client.external.keyring"
    status, _, err = run(world, f"{MON} rbd --id external {keyring} --conf /etc/ceph/dcn0.conf -p images ls")
    assert (status, "(13) Permission denied" in err) == (13, True)


def test_every_node_reaches_the_clusters_that_it_is_a_client_of(world: World):
    central = "control-plane-controller-2"
    for name in ("dcn0", "dcn1"):
        conf = f"--id external --keyring /etc/ceph/{name}.client.external.keyring --conf /etc/ceph/{name}.conf"
        assert run(world, f"{MON} rbd {conf} -p images ls", central)[0] == 0
    conf = "--id external --keyring /etc/ceph/central.client.external.keyring --conf /etc/ceph/central.conf"
    assert run(world, f"{MON} rbd {conf} -p images ls")[0] == 0


def test_a_files_facts(world: World):
    path = "/etc/ceph/central.client.external.keyring"
    _, text, _ = run(world, f"sudo -n env LC_ALL=C stat -L -c '%f|%a|%U|%G|%s' -- {path}")
    mode, octal, owner, group, size = text.strip().split("|")
    assert (int(mode, 16) & 0o170000, octal, owner, group) == (0o100000, "600", "glance", "glance")
    _, content, _ = run(world, f"sudo cat -- {path}")
    assert int(size) == len(content)


def test_services_have_their_configuration_in_their_containers(world: World):
    for container, path, words in (
        ("glance_api", "/etc/glance/glance-api.conf", "enabled_backends = dcn0:rbd,http:http,central:rbd"),
        ("nova_compute", "/etc/nova/nova.conf", "cross_az_attach = False"),
        ("cinder_volume", "/etc/cinder/cinder.conf", "cluster = dcn0"),
    ):
        _, text, _ = run(world, f"sudo podman exec {container} cat {path}")
        assert words in text.splitlines()


def test_podman_lists_containers_as_json(world: World):
    _, text, _ = run(world, "sudo podman ps --all --format json")
    names = {name for row in json.loads(text) for name in row["Names"]}
    assert f"ceph-mon-{NODE}" in names
    assert {row["State"] for row in json.loads(text)} == {"running"}


def test_docker_has_no_daemon(world: World):
    status, text, told = run(world, "sudo docker ps --all --no-trunc --format '{{json .}}'")
    assert (status, text, "Cannot connect to the Docker daemon" in told) == (1, "", True)


def test_ceph_says_who_it_is(world: World):
    cluster = world.cluster("dcn0")
    for words, check in (
        ("fsid", lambda answer: answer["fsid"] == cluster.fsid),
        ("status", lambda answer: answer["health"]["status"] == "HEALTH_OK"),
        ("quorum_status", lambda answer: len(answer["quorum_names"]) == 3),
        ("auth get client.external", lambda answer: answer[0]["caps"]["mon"] == "profile rbd"),
        ("df detail", lambda answer: {"vms", "volumes", "images"} <= {pool["name"] for pool in answer["pools"]}),
    ):
        status, text, _ = run(world, f"{MON} ceph --cluster dcn0 --connect-timeout 15 {words} --format json")
        assert (status, check(json.loads(text))) == (0, True), words


def test_a_large_disk_costs_nothing_until_it_is_read(world: World):
    world.cluster("dcn0").create("volumes", "large", Content(1 << 40, {}))
    _, text, _ = run(world, f"{MON} rbd --cluster dcn0 -p volumes ls -l")
    assert "1 TiB" in text


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("source ./stackrc && openstack stack list --format json", 0, ""),
        ("bash -c '. /home/stack/stackrc; openstack stack list -f json'", 0, ""),
        ("OS_AUTH_URL=https://192.168.24.2:13000 openstack stack list -f json", 0, ""),
        ("openstack stack list -f json", 1, "Missing value auth-url required for auth plugin password\n"),
        ("bash -c 'source ./stackrc'; openstack stack list -f json", 1, "Missing value auth-url"),
        ("source ./stackrc | true; openstack stack list -f json", 1, "Missing value auth-url"),
        ("source ./stackrc && openstack server list", 2, "openstack: 'server list' is not an openstack command here"),
        ("source ./nope", 1, "bash: line 1: ./nope: No such file or directory\n"),
    ],
)
def test_the_undercloud_knows_its_stacks(world: World, line: str, status: int, said: str):
    ended = run(world, line, "undercloud", "stack")

    assert (ended[0], ended[2].startswith(said)) == (status, True), ended
    if status == 0:
        assert [stack["Stack Name"] for stack in json.loads(ended[1])] == ["control-plane", "dcn0", "dcn1"]


def test_the_undercloud_s_credentials_are_its_user_s(world: World):
    assert run(world, "source /home/stack/stackrc", "undercloud")[2].endswith("Permission denied\n")
    assert run(world, "openstack stack list -f json")[0] == 127

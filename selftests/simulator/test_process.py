"""The process: startup, any number of sites, the state folder, bad arguments."""

from __future__ import annotations

import resource
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.environment import load_environment


def test_a_hundred_sites_start_in_seconds(start: Any, tmp_path: Path):
    before = _cpu_seconds_of_ended_processes()
    with start(tmp_path, "--dcn", "100") as found:
        assert len(found.environment["sites"]) == 101
        assert found.run("dcn99-distributedcomputehci-0", "hostname")[1] == "dcn99-distributedcomputehci-0\n"
        assert found.connection().image.get("/info/stores").json()["stores"][-1]["id"] == "dcn99"
    # CPU time, because wall time depends on what else this machine does
    assert _cpu_seconds_of_ended_processes() - before < 5


def _cpu_seconds_of_ended_processes() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_several_nodes_a_site_form_a_quorum(start: Any, tmp_path: Path):
    with start(tmp_path, "--nodes", "4", "--dcn", "1") as found:
        site = found.environment["sites"]["dcn0"]
        assert (len(site["nodes"]), site["ceph"]["min_mons"]) == (4, 3)
        assert found.run("control-plane-controller-3", "hostname")[0] == 0


def test_a_scale_out_node_has_a_haproxy_in_place_of_a_glance(start: Any, tmp_path: Path):
    with start(tmp_path, "--nodes", "4", "--dcn", "1") as found:
        node = "dcn0-distributedcomputehciscaleout-0"
        described = found.environment["sites"]["dcn0"]["nodes"][node]
        assert described["roles"] == ["compute", "haproxy"]
        nova_conf = found.run(node, "sudo podman exec nova_compute cat /etc/nova/nova.conf")[1]
        (glance,) = [line.split(" = ")[1] for line in nova_conf.splitlines() if line.startswith("api_servers")]
        assert glance.startswith(f"http://{described['address']}:")
        cloud = found.connection()
        stores = cloud.session.get(f"{glance}/v2/info/stores", headers={"X-Auth-Token": cloud.session.get_token()})
        assert [store["id"] for store in stores.json()["stores"]] == ["dcn0", "http", "central"]
        cloud.close()


def test_a_site_without_storage_has_no_store(start: Any, tmp_path: Path):
    with start(tmp_path, "--without-storage", "dcn1") as found:
        assert not {"store", "ceph", "glance"} & set(found.environment["sites"]["dcn1"])
        stores = found.connection().image.get("/info/stores").json()["stores"]
        assert [store["id"] for store in stores] == ["default_backend", "http", "dcn0"]


def test_sites_may_call_their_stores_alike_and_their_zones_otherwise(start: Any, tmp_path: Path):
    with start(tmp_path, "--same-store-names", "--other-zone-names", "--dcn", "1") as found:
        site = found.environment["sites"]["dcn0"]
        assert (site["store"], site["local_store"], site["availability_zone"]) == ("dcn0", "default_backend", "az-dcn0")
        cloud = found.connection()
        stores = cloud.session.get(
            f"{site['glance']}/v2/info/stores", headers={"X-Auth-Token": cloud.session.get_token()}
        )
        assert [store["id"] for store in stores.json()["stores"]] == ["default_backend", "http", "central"]
        cloud.close()


def test_the_environment_file_is_the_harness_s(simulator: Any):
    environment = load_environment(simulator.folder / "environment.yaml")
    assert [site.name for site in environment.sites] == ["central", "dcn0", "dcn1"]


def test_a_node_sees_the_services_by_curl(simulator: Any):
    glance = simulator.environment["sites"]["dcn0"]["glance"]
    line = "sudo curl -s -o /dev/null -w '%{http_code}' --max-time 10 "
    assert simulator.run("dcn0-distributedcomputehci-0", line + glance) == (0, "300", "")
    assert simulator.run("dcn0-distributedcomputehci-0", line + glance.rsplit(":", 1)[0] + ":9") == (7, "000", "")


def test_curl_says_whether_a_service_is_on_the_node_itself(simulator: Any):
    glance = simulator.environment["sites"]["dcn0"]["glance"]
    line = f"curl -s -o /dev/null -w '%{{local_ip}} %{{remote_ip}}' {glance}"
    here, there = (simulator.run(f"{site}-distributedcomputehci-0", line)[1].split() for site in ("dcn0", "dcn1"))
    assert here[0] == here[1]
    assert there[0] != there[1] == here[1]


def test_secrets_are_for_their_owner_only(simulator: Any):
    for name in ("clouds.yaml", "control-planerc", "ssh/id_ed25519"):
        assert stat.S_IMODE((simulator.folder / name).stat().st_mode) == 0o600


def test_two_simulators_do_not_meet(simulator: Any, start: Any, tmp_path: Path):
    with start(tmp_path) as other:
        assert other.environment["image"]["uri"] != simulator.environment["image"]["uri"]
        assert (
            other.environment["sites"]["dcn0"]["nodes"].keys() == simulator.environment["sites"]["dcn0"]["nodes"].keys()
        )


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "--state is needed"),
        (["--state", "{folder}", "--nodes", "0"], 2, "--nodes is 1 to 200"),
        (["--state", "{folder}", "--fault", "nope"], 4, "no fault nope; faults: "),
        (["--state", "{folder}", "--without-storage", "dcn9"], 4, "no DCN site dcn9"),
        (["--state", "{folder}", "--port-base", "{used}"], 4, "are in use"),
    ],
)
def test_bad_arguments_are_one_line(simulator: Any, tmp_path: Path, arguments: list[str], status: int, words: str):
    used = simulator.environment["image"]["uri"].split(":")[2].split("/")[0]
    given = [each.format(folder=tmp_path, used=int(used) - 6) for each in arguments]
    command = [sys.executable, "-m", "dcn_verify", "simulate", *given]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    assert (ended.returncode, words in ended.stderr, "Traceback" in ended.stderr) == (status, True, False), ended.stderr

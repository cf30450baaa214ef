"""The preflight against the simulator, healthy and broken, as an operator runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml


def row(printed: str, site: str) -> list[str]:
    return next(line.split() for line in printed.splitlines() if line.startswith(f"{site} "))


@pytest.mark.parametrize("options", [(), ("-q", "-n", "2")])
def test_a_ready_deployment_is_exit_code_0_and_nothing_is_run(simulator: Any, suite: Any, options: tuple[str, ...]):
    ended = suite(simulator.folder / "environment.yaml", "--preflight-only", *options)

    assert ended.exit_code == 0, ended.printed
    assert "preflight: 3 sites ready; 23 probes in " in ended.printed
    assert row(ended.printed, "central") == ["central", *"✓✓✓✓✓✓✓✓✓✓", "podman"]
    assert row(ended.printed, "dcn1") == ["dcn1", *"✓✓✓✓✓✓", "podman"]
    assert "no tests ran" in ended.printed
    assert ended.summary == {}


def test_findings_are_exit_code_1(start: Any, suite: Any, tmp_path: Path):
    with start(tmp_path / "sim", "--fault", "mon-stopped:dcn1", "--fault", "dcn-glance-answers-500:dcn0") as found:
        ended = suite(found.folder / "environment.yaml", "--preflight-only")

    assert ended.exit_code == 1
    assert "preflight: 2 findings at 3 sites; 23 probes in " in ended.printed
    assert row(ended.printed, "dcn0") == ["dcn0", *"✓✗✓✓✓✓", "podman"]
    assert row(ended.printed, "dcn1") == ["dcn1", *"✓✓✓✓✗·"]
    assert "answers 500" in ended.printed
    assert "containers: not running: ceph-mon-dcn1-distributedcomputehci-0; " in ended.printed
    assert "reproduce: ssh " in ended.printed


@pytest.fixture(scope="module")
def without_monitor(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The environment file of a deployment whose single monitor at dcn1 is stopped."""
    with start(tmp_path_factory.mktemp("sim"), "--fault", "mon-stopped:dcn1") as found:
        yield found.folder / "environment.yaml"


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_stopped_monitor_fails_its_claim_and_blocks_the_rest(
    without_monitor: Path, suite: Any, tmp_path: Path, workers: tuple[str, ...]
):
    ended = suite(without_monitor, "-m", "A1 or A11 or B3", *workers)

    checks = ended.summary["checks"]
    assert {(check["claim"], check["site"]) for check in checks if check["outcome"] == "failed"} == {("A1", "dcn1")}
    key = "preflight[dcn1-distributedcomputehci-0-containers]"
    assert [finding["node"] for finding in ended.summary["preflight"]] == ["dcn1-distributedcomputehci-0"]
    blocked = {
        check["claim"] for check in checks if check["outcome"] == "blocked" and check["cause"] == "ceph_cluster[dcn1]"
    }
    assert blocked >= {"A11", "B3"}, "the finding is told by the claim that judges it"
    assert f"✗ {key}" not in ended.printed
    assert (
        not (tmp_path / "reports" / "latest" / "ledger.jsonl").exists()
        or not (tmp_path / "reports" / "latest" / "ledger.jsonl").read_text()
    ), "nothing is created that nobody could witness"


def test_a_finding_that_no_selected_claim_judges_is_said_with_what_it_blocks(without_monitor: Path, suite: Any):
    ended = suite(without_monitor, "-m", "A11", "-q")

    assert ended.exit_code == 1
    assert set(ended.outcomes("A11").values()) == {"blocked", "passed"}
    assert "✗ preflight[dcn1-distributedcomputehci-0-containers]" in ended.printed
    assert "blocks 1 check: A11 at dcn1" in ended.printed


def test_a_site_that_is_not_asked_for_does_not_fail_the_run(start: Any, suite: Any, tmp_path: Path):
    with start(tmp_path / "sim", "--fault", "dcn-glance-answers-500:dcn1") as found:
        ended = suite(found.folder / "environment.yaml", "-m", "A5", "-k", "dcn0")

    assert ended.exit_code == 0, ended.printed
    assert [finding["site"] for finding in ended.summary["preflight"]] == ["dcn1"]


def test_a_neutron_that_is_down_is_one_cause_and_nothing_is_booted(start: Any, suite: Any, tmp_path: Path):
    with start(tmp_path / "sim", "--fault", "neutron-answers-500:central") as found:
        ended = suite(found.folder / "environment.yaml", "-m", "A14 or C1 or C3", "-q")

    assert ended.exit_code == 1
    assert set(ended.outcomes("A14").values()) == set(ended.outcomes("C3").values()) == {"passed"}
    assert set(ended.outcomes("C1").values()) == {"blocked"}
    assert ended.summary["outcomes"]["failed"] == 0
    assert ended.printed.count("✗ preflight[central-network]\n") == 1
    assert "/v2.0/networks: HTTP 500 " in ended.printed
    assert "reproduce: openstack --os-cloud dcn-sim network list\n" in ended.printed


def test_a_login_without_the_role_admin_is_one_line(simulator: Any, suite: Any):
    declared = yaml.safe_load((simulator.folder / "environment.yaml").read_text())
    path = simulator.folder / "demo.yaml"
    path.write_text(yaml.safe_dump({**declared, "cloud": "dcn-sim-demo"}))

    ended = suite(path, "--preflight-only")

    assert ended.exit_code == 4
    assert "user demo has member, reader in project demo, and the checks need the role admin" in ended.printed
    assert "Traceback" not in ended.printed


def test_reports_where_no_folder_can_be_made_are_one_line(simulator: Any, suite: Any, tmp_path: Path):
    (tmp_path / "file").touch()

    ended = suite(simulator.folder / "environment.yaml", "--preflight-only", f"--reports={tmp_path / 'file'}")

    assert ended.exit_code == 4
    assert f"--reports={tmp_path / 'file'}: no folder can be made there: File exists" in ended.printed
    assert "Traceback" not in ended.printed
    assert "INTERNALERROR" not in ended.printed


def test_a_node_out_of_reach_is_one_unknown_that_blocks_what_needs_it(start: Any, suite: Any, tmp_path: Path):
    with start(tmp_path / "sim") as found:
        config = found.folder / "ssh_config"
        config.write_text(config.read_text().replace("HostName 127.0.2.10", "HostName 127.0.2.99"))
        refused = suite(found.folder / "environment.yaml", "-m", "A1", "-k", "dcn1")
        ended = suite(found.folder / "environment.yaml", "-m", "A1 or A7", "-k", "dcn1", "--allow-unreachable", "-q")

    assert refused.exit_code == 4
    assert ended.exit_code == 1
    assert ended.summary["outcomes"]["failed"] == ended.summary["outcomes"]["unknown"] == 0
    assert "? preflight[dcn1-distributedcomputehci-0-ssh]\n" in ended.printed
    assert "blocks 2 checks: A1 A7 at dcn1\n" in ended.printed


def test_text_of_a_shell_is_one_finding_a_node_and_no_claim_s_failure(start: Any, suite: Any, tmp_path: Path):
    with start(tmp_path / "sim", "--dcn", "1", "--shell-text", "Site EDGE-7: authorised use only") as found:
        file = found.folder / "environment.yaml"
        refused = suite(file, "-m", "A5", "-q")
        ended = suite(file, "-m", "not mutating", "--allow-unreachable", "-q")

    said = "this account prints 'Site EDGE-7: authorised use only' before every answer; guard it in ~/.bashrc"
    assert (refused.exit_code, refused.printed.count(said)) == (4, 2)
    found_at = [finding["node"] for finding in ended.summary["preflight"]]
    assert found_at == ["control-plane-controller-0", "dcn0-distributedcomputehci-0", "undercloud"]
    assert all(said in finding["problem"] for finding in ended.summary["preflight"])
    assert ended.summary["outcomes"]["failed"] == 0
    assert set(ended.outcomes("A5").values()) == {"passed"}
    for claim in ("A1", "A8", "A9", "A18"):
        assert set(ended.outcomes(claim).values()) <= {"blocked", "unknown", "skipped"}


def test_an_unknown_flavor_is_one_finding_that_names_those_that_there_are(simulator: Any, suite: Any):
    path = simulator.folder / "flavor.yaml"
    path.write_text(yaml.safe_dump({**simulator.environment, "flavor": "tinny"}))

    ended = suite(path, "-m", "C1 or A5", "-q")

    assert ended.exit_code == 1
    assert ended.summary["outcomes"]["failed"] == 0
    assert set(ended.outcomes("C1").values()) == {"blocked"}
    assert set(ended.outcomes("A5").values()) == {"passed"}
    [finding] = ended.summary["preflight"]
    assert finding["problem"].startswith(f"no flavor 'tinny', which {path} names; there are ")
    assert "tiny" in finding["problem"]

"""The deployment files that the lab writes are consistent, and discovery derives the lab's own file from them."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from helpers.environment import load_environment
from helpers.tripleo import checks, roles
from helpers.tripleo.facts import has_storage
from helpers.tripleo.layout import read as layout_read
from helpers.tripleo.machines import machines
from lab import ceph, clients, deployment_files, up
from lab.plan import Layout, Plan, make_plan
from lab.state import State
from selftests.discovery.meaning import choices, discovery, meaning

ROOT = Path(__file__).parents[2]
#: The lab has one machine for each site. With an environment file, the suite requires its `min_mons`.
SMALL = {"roles.ceph_monitors", "roles.storage_nodes"}


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


@pytest.fixture
def plan(state: State) -> Plan:
    plan = make_plan("lab", "192.0.2.0/24", state.folder, 2)
    deployment_files.write_all(plan, state, state.log("deployment-files"))
    return plan


def test_files_contradict_each_other_nowhere(plan: Plan, state: State) -> None:
    """Every check of deployment files passes, except for those of redundancy, as a site has one machine."""
    files = layout_read(state.deployment_files)

    assert (files.unreadable, files.doubtful) == ({}, {})
    assert {check for (check, _), found in checks.results(files).items() if found} == SMALL
    assert [finding for stack in files.stacks for finding in roles.ceph_monitors(files, stack, 1)] == []
    assert [finding for stack in files.stacks for finding in roles.storage_nodes(files, stack, 1)] == []


def test_files_have_the_labs_own_facts(plan: Plan, state: State) -> None:
    """The FSIDs, keys and addresses are those of the clusters, and only the owner may read the files."""
    dcn0 = plan.site("dcn0")
    folder = state.deployment_files
    external = yaml.safe_load((folder / "control-plane/dcn_ceph_external.yaml").read_text())
    entry = external["parameter_defaults"]["CephExternalMultiConfig"][0]

    assert (entry["fsid"], entry["external_cluster_mon_ips"]) == (ceph.fsid(dcn0, state), "192.0.2.20")
    assert entry["keys"][0]["key"] == ceph.entities(dcn0, state)["client.external"].key
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*.y*ml")} == {0o600}


LAYOUTS = {
    "three hosts": Layout(three_hosts=("dcn0",)),
    "scale-out": Layout(three_hosts=("dcn0",), scale_out=("dcn0",)),
    "without storage": Layout(without_storage=1),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_files_suit_every_layout(layout: Layout, state: State) -> None:
    """The files of every layout are consistent, contain each host with its services, and their step can begin."""
    plan = make_plan("lab", "192.0.2.0/24", state.folder, 2, layout=layout)
    deployment_files.write_all(plan, state, state.log("deployment-files"))
    files = layout_read(state.deployment_files)

    found = {check for (check, _), found in checks.results(files).items() if found}
    assert (files.unreadable, files.doubtful, found - SMALL) == ({}, {}, set())
    assert {one.name: (one.address, set(one.roles)) for stack in files.stacks for one in machines(stack)} == {
        host.name: (host.address, set(clients.roles(plan, host))) for host in plan.hosts
    }
    storage = {("central" if s.central else s.name) for s in files.stacks if has_storage(s)}
    assert storage == {site.name for site in plan.sites if site.storage}
    steps = up.steps(plan, state)
    assert {need for step in steps for need in step.needs} - {step.name for step in steps} == set()


def test_step_comes_after_every_cluster_and_glance(plan: Plan, state: State) -> None:
    (step,) = [step for step in up.steps(plan, state) if step.name == "deployment-files"]

    wanted = {f"{what}-{site}" for what in ("ceph-health", "glance") for site in ("central", "dcn0", "dcn1")}
    assert set(step.needs) == wanted


@pytest.mark.lab
def test_discovered_file_is_the_labs_own(tmp_path: Path) -> None:
    """On a real lab, discovery from its files and from one machine of each site gives a file with the same meaning."""
    folder = tmp_path / "state"

    def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dcn_verify", "lab", arguments[0], "--state", str(folder), *arguments[1:]]
        return subprocess.run(  # noqa: S603 - arguments of our own making
            command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
        )

    try:
        begun = lab("up", "--name", "t3", "--dcn", "1")
        assert begun.returncode == 0, begun.stdout + begun.stderr
        document = yaml.safe_load((folder / "environment.yaml").read_text())
        hosts = [f"--ssh-host={site}={next(iter(of['nodes']))}" for site, of in document["sites"].items()]
        for source in (["--deployment-files", str(folder / "deployment-files")], hosts):
            done = discovery(*choices(document, folder), *source)
            assert done.returncode == 0, done.stderr
            (tmp_path / "discovered.yaml").write_text(done.stdout)
            found = load_environment(tmp_path / "discovered.yaml")
            assert meaning(found) == meaning(load_environment(folder / "environment.yaml"))
    finally:
        ended = lab("down")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not folder.exists()

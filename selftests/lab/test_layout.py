"""Labs with more than one host for each site: three hosts, a scale-out host, a site without storage."""

from configparser import ConfigParser
from functools import partial
from pathlib import Path

import pytest
import yaml

from faults.catalogue import find
from helpers.environment import Environment, load_environment
from lab import agents, ceph, cinder, clients, compute, glance, haproxy, instances, packages, subnet, up
from lab import main as command_line
from lab.faults.registry import place
from lab.plan import Layout, Plan, PlanError, Role, make_plan
from lab.state import Settings, State, write
from lab.steps import Step, run_steps

LAYOUT = Layout(three_hosts=("dcn0",), scale_out=("dcn0", "dcn1"), without_storage=1)
SCALE_OUT = "dcn0-distributedcomputehciscaleout-0"


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


@pytest.fixture
def plan(state: State) -> Plan:
    """dcn0: three hosts and a scale-out host; dcn1: one and a scale-out host; dcn2: without storage."""
    return make_plan("lab", "192.0.2.0/24", state.folder, 2, layout=LAYOUT)


@pytest.fixture
def environment(plan: Plan, tmp_path: Path) -> Environment:
    """The lab's environment file, as the harness reads it."""
    for name in ("clouds.yaml", "ssh_config", "known_hosts"):
        write(tmp_path / name, "clouds: {}\n" if name == "clouds.yaml" else "")
    write(tmp_path / "environment.yaml", yaml.safe_dump(clients.environment(plan)))
    return load_environment(tmp_path / "environment.yaml")


def parsed(text: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=True)
    parser.read_string(text)
    return parser


def compute_conf(plan: Plan, host: str, state: State) -> ConfigParser:
    found = plan.host(host)
    return parsed(compute.configuration(plan, plan.site(found.site), found, state))


# Hosts


def test_hosts_are_named_and_addressed_by_site_and_role(plan: Plan) -> None:
    assert {host.name: host.address for host in plan.hosts} == {
        "control-plane-controller-0": "192.0.2.10",
        "dcn0-distributedcomputehci-0": "192.0.2.20",
        "dcn0-distributedcomputehci-1": "192.0.2.21",
        "dcn0-distributedcomputehci-2": "192.0.2.22",
        SCALE_OUT: "192.0.2.25",
        "dcn1-distributedcomputehci-0": "192.0.2.30",
        "dcn1-distributedcomputehciscaleout-0": "192.0.2.35",
        "dcn2-distributedcompute-0": "192.0.2.40",
    }


def test_the_largest_lab_has_no_two_hosts_of_one_address_or_link() -> None:
    names = tuple(f"dcn{number}" for number in range(20))
    plan = make_plan("lab", "198.18.7.0/24", Path("/nowhere"), 20, layout=Layout(names, names, 2))

    assert len({host.address for host in plan.hosts}) == len({plan.veth(host) for host in plan.hosts}) == 83


def test_sites_without_storage_come_last(plan: Plan) -> None:
    assert [site.name for site in plan.storage_sites] == ["central", "dcn0", "dcn1"]
    assert [host.role for host in plan.site("dcn2").hosts] == [Role.COMPUTE]


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        (Layout(three_hosts=("dcn7",)), "--site dcn7: no DCN site with storage has this name; those are dcn0, dcn1"),
        (Layout(three_hosts=("central",)), "--site central"),
        (Layout(scale_out=("dcn2",), without_storage=1), "--scale-out dcn2"),
        (Layout(without_storage=21), "--dcn-without-storage 21"),
        (Layout(without_storage=-1), "--dcn-without-storage -1"),
    ],
)
def test_what_cannot_be_laid_out_is_said_by_its_option(layout: Layout, said: str) -> None:
    with pytest.raises(PlanError, match=said):
        make_plan("lab", "192.0.2.0/24", Path("/nowhere"), 2, layout=layout)


def test_a_site_without_storage_is_none_of_a_lab_of_images() -> None:
    with pytest.raises(PlanError, match="leave --services images out"):
        make_plan("lab", "192.0.2.0/24", Path("/nowhere"), 2, instances=False, layout=Layout(without_storage=1))


# Ceph


def test_three_hosts_have_three_monitors_and_keep_three_copies_on_different_hosts(plan: Plan, state: State) -> None:
    conf = parsed(ceph.cluster_conf(plan, plan.site("dcn0"), state))["global"]

    assert conf["mon host"] == "192.0.2.20,192.0.2.21,192.0.2.22"
    assert conf["mon initial members"].count("dcn0-distributedcomputehci-") == 3
    assert (conf["osd pool default size"], conf["osd pool default min size"]) == ("3", "2")
    assert conf["osd crush chooseleaf type"] == "1"


def test_only_where_there_is_one_copy_ceph_does_not_warn_of_it(plan: Plan, state: State) -> None:
    three, one = (parsed(ceph.cluster_conf(plan, plan.site(name), state))["global"] for name in ("dcn0", "dcn1"))

    assert one["mon warn on pool no redundancy"] == "false"
    assert one["osd pool default size"] == "1"
    assert "mon warn on pool no redundancy" not in three
    assert "mon allow pool size one" not in three


def test_a_scale_out_host_has_an_osd_and_no_monitor(plan: Plan, state: State) -> None:
    dcn0 = plan.site("dcn0")

    assert ceph.container_names(dcn0, plan.host(SCALE_OUT)) == ("ceph-osd-3",)
    assert {"osd.3", "mgr.dcn0-distributedcomputehci-2"} <= ceph.entities(dcn0, state).keys()
    assert f"mgr.{SCALE_OUT}" not in ceph.entities(dcn0, state)


# Glance and HAProxy


def test_every_host_asks_for_images_at_the_nearest(plan: Plan, state: State) -> None:
    asked = {host.name: compute_conf(plan, host.name, state)["glance"]["api_servers"] for host in plan.hosts}

    assert asked["dcn0-distributedcomputehci-2"] == "http://192.0.2.22:9292"
    assert asked[SCALE_OUT] == "http://192.0.2.25:9292"
    assert asked["dcn2-distributedcompute-0"] == "http://192.0.2.10:9292"


def test_haproxy_leads_to_the_glances_of_its_site_only(plan: Plan) -> None:
    lines = haproxy.configuration(plan.site("dcn0"), plan.host(SCALE_OUT)).split("listen glance_api\n")[1].splitlines()

    assert "    bind 192.0.2.25:9292" in lines
    assert [line.split()[2] for line in lines if line.split()[:1] == ["server"]] == [
        "192.0.2.20:9292",
        "192.0.2.21:9292",
        "192.0.2.22:9292",
    ]


def test_haproxy_is_installed_where_a_host_has_it(plan: Plan, state: State) -> None:
    usual = make_plan("lab", "192.0.2.0/24", state.folder, 2)

    assert set(packages.wanted(plan)) - set(packages.wanted(usual)) == {"haproxy"}


def test_a_site_without_storage_is_no_store(plan: Plan) -> None:
    assert [store.id for store in glance.stores(plan, plan.central)] == ["default_backend", "dcn0", "dcn1"]


# Nova and Cinder


def test_disks_of_a_site_without_storage_are_files(plan: Plan, state: State) -> None:
    conf = compute_conf(plan, "dcn2-distributedcompute-0", state)

    assert conf["libvirt"]["images_type"] == "qcow2"
    assert not [name for name in conf["libvirt"] if "rbd" in name]
    assert conf["cinder"]["cross_az_attach"] == "false"


def test_the_volume_services_of_a_site_are_one_cluster_with_locks_that_all_of_them_see(
    plan: Plan, state: State
) -> None:
    dcn0, dcn1 = plan.site("dcn0"), plan.site("dcn1")
    of_three = [parsed(cinder.configuration(plan, dcn0, host, state)) for host in dcn0.hosts if host.cinder_volume]

    assert {conf["DEFAULT"]["cluster"] for conf in of_three} == {"dcn0"}
    assert len({conf["DEFAULT"]["host"] for conf in of_three}) == 3
    (backend,) = {conf["coordination"]["backend_url"] for conf in of_three}
    assert backend.startswith("mysql://cinder:")
    alone = parsed(cinder.configuration(plan, dcn1, dcn1.first, state))
    assert alone["coordination"]["backend_url"].startswith("file://")


def test_every_host_is_a_compute_node_and_only_those_of_hci_have_volumes(plan: Plan) -> None:
    volumes = [host for binary, host in agents.expected(plan, "cinder") if binary == "cinder-volume"]

    assert [host for binary, host in agents.expected(plan, "nova") if binary == "nova-compute"] == [
        host.name for host in plan.hosts
    ]
    assert len(volumes) == 5
    assert not [host for host in volumes if "scaleout" in host or "dcn2" in host]
    assert "cinder_volume" not in instances.containers(plan, plan.host(SCALE_OUT))


def test_the_steps_can_all_begin_some_time(plan: Plan, state: State) -> None:
    begun: list[str] = []
    steps = [Step(one.name, partial(_note, begun, one.name), one.needs) for one in up.steps(plan, state)]

    run_steps(steps, state.log, lambda line: None)

    assert begun.index("glance-dcn0") < begun.index(f"haproxy-{SCALE_OUT}")
    assert "ceph-dcn2" not in begun
    assert begun.index("compute-dcn2-distributedcompute-0") < begun.index("zone-dcn2")


def _note(begun: list[str], name: str, log: Path) -> None:
    begun.append(name)


# The environment file


def test_the_harness_is_told_what_runs_where(environment: Environment) -> None:
    dcn0 = environment.site("dcn0")

    assert dcn0.ceph is not None
    assert dcn0.ceph.min_mons == 3
    assert environment.node(SCALE_OUT).roles == ("compute", "haproxy")
    assert len(dcn0.nodes_with("cinder-volume")) == 3


def test_the_harness_is_told_of_the_site_without_storage(environment: Environment) -> None:
    dcn2 = environment.site("dcn2")

    assert not dcn2.has_storage
    assert (dcn2.store, dcn2.glance, dcn2.availability_zone) == (None, None, "dcn2")
    assert [node.roles for node in dcn2.nodes] == [("compute",)]


def test_a_lab_of_images_boots_nothing(state: State) -> None:
    plan = make_plan("lab", "192.0.2.0/24", state.folder, 1, instances=False)

    assert "flavor" not in clients.environment(plan)


# Faults


def test_a_fault_is_at_a_site_with_storage(plan: Plan) -> None:
    assert place(find("cluster-warns"), plan, None).name == "dcn1"
    with pytest.raises(PlanError, match="a fault of sites with storage, not of dcn2; here: central, dcn0, dcn1"):
        place(find("cluster-warns"), plan, "dcn2")


# The command line


def asked(*arguments: str) -> command_line.argparse.Namespace:
    return command_line._parser().parse_args(["up", *arguments])


def test_options_are_remembered(state: State) -> None:
    wanted = Settings("lab", "192.0.2.0/24", 2, layout=LAYOUT)
    state.keep_settings(wanted)

    assert command_line._settings(asked(), State(state.folder)) == wanted


def test_the_same_options_again_are_the_same_lab(state: State) -> None:
    wanted = Settings("lab", "192.0.2.0/24", 2, layout=LAYOUT)
    state.keep_settings(wanted)
    options = ("--hosts", "3", "--site", "dcn0", "--scale-out", "dcn1", "--scale-out", "dcn0")

    assert command_line._settings(asked(*options, "--dcn-without-storage", "1"), state) == wanted


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--hosts", "1"), "take it down first, to have one host at each site"),
        (("--scale-out", "dcn0"), "take it down first, to have a scale-out host at dcn0"),
        (("--dcn", "3"), "none can be added before those"),
    ],
)
def test_other_options_for_a_lab_that_is_there_are_one_line_and_exit_code_4(
    options: tuple[str, ...],
    said: str,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(packages, "check_machine", lambda: None)
    state.keep_settings(Settings("lab", "192.0.2.0/24", 2, layout=LAYOUT))

    assert command_line.main(["up", "--state", str(state.folder), *options]) == 4
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--hosts", "3"), "--hosts 3 and --site go together"),
        (("--site", "dcn0"), "--hosts 3 and --site go together"),
        (("--hosts", "3", "--site", "dcn9"), "--site dcn9: no DCN site with storage"),
    ],
)
def test_a_request_that_cannot_be_met_is_one_line_and_leaves_nothing(
    options: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(packages, "check_machine", lambda: None)
    monkeypatch.setattr(subnet, "neighbours", lambda shell: [])  # needs `ip`, which a minimal machine lacks
    folder = tmp_path / "lab"

    assert command_line.main(["up", "--state", str(folder), "--subnet", "198.18.9.0/24", *options]) == 4
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not folder.exists()


def test_an_option_that_is_none_is_one_line_and_exit_code_4(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(["up", "--hosts", "2"])

    assert ended.value.code == 4
    assert capsys.readouterr().err.count("\n") == 1

"""Nova, Cinder and Neutron of the lab at each site."""

from configparser import ConfigParser
from functools import partial
from pathlib import Path

import pytest

from lab import agents, ceph, cinder, clients, compute, instances, neutron, nova, tenants
from lab.plan import Plan, Site, make_plan
from lab.state import State
from lab.steps import Step, run_steps
from lab.up import steps
from lab.web import WebError


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path)


@pytest.fixture
def plan(state: State) -> Plan:
    return make_plan("lab", "192.0.2.0/24", state.folder, 2)


def parsed(text: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=True)
    parser.read_string(text)
    return parser


def compute_conf(plan: Plan, site: Site, state: State) -> ConfigParser:
    return parsed(compute.configuration(plan, site, site.first, state))


def test_a_dcn_compute_node_attaches_no_volume_of_another_zone(plan: Plan, state: State) -> None:
    assert compute_conf(plan, plan.site("dcn0"), state)["cinder"]["cross_az_attach"] == "false"
    assert "cross_az_attach" not in compute_conf(plan, plan.central, state)["cinder"]


def test_a_compute_node_uses_its_own_sites_glance_and_cluster(plan: Plan, state: State) -> None:
    dcn1 = plan.site("dcn1")
    conf = compute_conf(plan, dcn1, state)

    assert conf["glance"]["api_servers"] == "http://192.0.2.30:9292"
    assert conf["libvirt"]["images_type"] == "rbd"
    assert conf["libvirt"]["images_rbd_ceph_conf"] == "/etc/ceph/dcn1.conf"
    assert conf["libvirt"]["rbd_secret_uuid"] == ceph.fsid(dcn1, state)


def test_a_compute_node_is_not_told_the_databases(plan: Plan, state: State) -> None:
    assert {"database", "api_database"}.isdisjoint(compute_conf(plan, plan.central, state).sections())
    assert {"database", "api_database"} <= set(parsed(nova.configuration(plan, state)).sections())


def test_cinder_is_a_cluster_at_a_dcn_site_and_not_at_central(plan: Plan, state: State) -> None:
    central, dcn0 = (parsed(cinder.configuration(plan, site, site.first, state)) for site in plan.sites[:2])

    assert "cluster" not in central["DEFAULT"]
    assert central["tripleo_ceph"]["backend_host"] == "hostgroup"
    assert dcn0["DEFAULT"]["cluster"] == "dcn0"
    assert dcn0["DEFAULT"]["storage_availability_zone"] == "dcn0"
    assert dcn0["DEFAULT"]["glance_api_servers"] == "http://192.0.2.20:9292"
    assert dcn0["tripleo_ceph"]["rbd_ceph_conf"] == "/etc/ceph/dcn0.conf"


def test_neutron_has_a_flat_network_a_site(plan: Plan, state: State) -> None:
    assert {neutron.physical_network(site) for site in plan.sites} == {"central", "dcn0", "dcn1"}
    assert [tenants.network(site) for site in plan.sites] == ["central-network", "dcn0-network", "dcn1-network"]
    assert parsed(neutron.configuration(plan, state))["experimental"]["linuxbridge"] == "true"


def test_every_service_that_reports_is_waited_for(plan: Plan) -> None:
    assert ("nova-compute", "dcn1-distributedcomputehci-0") in agents.expected(plan, "nova")
    assert agents.expected(plan, "cinder") == [
        ("cinder-scheduler", "control-plane-controller-0"),
        ("cinder-volume", "hostgroup@tripleo_ceph"),
        ("cinder-volume", "dcn0-distributedcomputehci-0@tripleo_ceph"),
        ("cinder-volume", "dcn1-distributedcomputehci-0@tripleo_ceph"),
        ("pool", "hostgroup@tripleo_ceph#tripleo_ceph"),
        ("pool", "dcn0@tripleo_ceph#tripleo_ceph"),
        ("pool", "dcn1@tripleo_ceph#tripleo_ceph"),
    ]


def test_containers_have_the_names_of_a_tripleo_deployment(plan: Plan) -> None:
    of_dcn = {"nova_libvirt", "nova_compute", "cinder_volume", "neutron_linuxbridge_agent"}
    of_central = {"nova_api", "nova_conductor", "nova_scheduler", "placement_api", "neutron_api"}

    assert set(instances.containers(plan, plan.site("dcn0").first)) == of_dcn
    assert set(instances.containers(plan, plan.controller)) == of_dcn | of_central | {"cinder_api", "cinder_scheduler"}


def test_a_lab_of_images_only_has_none_of_it(state: State) -> None:
    plan = make_plan("lab", "192.0.2.0/24", state.folder, 1, instances=False)

    assert instances.containers(plan, plan.controller) == ()
    assert not [step for step in steps(plan, state) if step.name.startswith(("nova", "cinder", "neutron"))]
    assert clients.environment(plan)["network"] == "none"


def test_the_steps_can_all_begin_some_time(plan: Plan, state: State) -> None:
    """No step needs one that does not exist, or depends on itself."""
    begun: list[str] = []
    empty = [Step(one.name, partial(_note, begun, one.name), one.needs) for one in steps(plan, state)]

    run_steps(empty, state.log, lambda line: None)

    assert (
        begun.index("nova-conductor") < begun.index("compute-dcn0-distributedcomputehci-0") < begun.index("zone-dcn0")
    )
    assert begun.index("zone-dcn0") < begun.index("agents")


def _note(begun: list[str], name: str, log: Path) -> None:
    begun.append(name)


class FakePlacement:
    """Knows one compute node, and answers the first change as a busy Placement does."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.aggregates: list[str] = []

    def placement(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        if method == "PUT":
            if self.status:
                status, self.status = self.status, 0
                raise WebError("Placement: busy", status)
            assert body is not None
            self.aggregates = list(body["aggregates"])  # type: ignore[call-overload]
        return {"aggregates": self.aggregates, "resource_provider_generation": 1}


@pytest.mark.parametrize("status", [0, 409, 500])
def test_a_zone_that_placement_was_not_told_of_is_told_again(status: int) -> None:
    cloud = FakePlacement(status)

    answers = [tenants._in_zone(cloud, "provider", "aggregate") for _ in range(3)]  # type: ignore[arg-type]

    assert answers[-1]
    assert cloud.aggregates == ["aggregate"]


def test_a_refusal_of_placement_is_no_reason_to_try_again() -> None:
    with pytest.raises(WebError):
        tenants._in_zone(FakePlacement(403), "provider", "aggregate")  # type: ignore[arg-type]


def test_the_rc_file_lets_servers_start_without_a_network(plan: Plan, state: State) -> None:
    assert "export OS_COMPUTE_API_VERSION=2.90\n" in clients.rc(plan, state)

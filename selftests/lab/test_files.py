"""The files that the lab writes for its services, for people and for the harness."""

from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from lab import ceph, clients, glance
from lab.plan import Plan, make_plan
from lab.render import render
from lab.state import State, write
from lab.supervise import Service


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


def test_central_glance_has_a_store_a_site(plan: Plan, state: State) -> None:
    conf = parsed(glance.configuration(plan, plan.central, plan.controller, state))

    assert conf["DEFAULT"]["enabled_backends"] == "default_backend:rbd,http:http,dcn0:rbd,dcn1:rbd"
    assert conf["glance_store"]["default_backend"] == "default_backend"
    assert dict(conf["dcn1"].items()) == {
        "store_description": "dcn1 rbd glance store",
        "rbd_store_ceph_conf": "/etc/ceph/dcn1.conf",
        "rbd_store_user": "external",
        "rbd_store_pool": "images",
        "rbd_store_chunk_size": "8",
        "rbd_thin_provisioning": "true",
        **conf["DEFAULT"],
    }
    assert conf["default_backend"]["store_description"] == "central rbd glance store"
    assert conf["default_backend"]["rbd_store_user"] == "openstack"
    assert "store_description" not in conf["http"]


def test_a_dcn_glance_has_its_own_store_and_centrals(plan: Plan, state: State) -> None:
    dcn0 = plan.site("dcn0")
    conf = parsed(glance.configuration(plan, dcn0, dcn0.first, state))

    assert conf["DEFAULT"]["enabled_backends"] == "dcn0:rbd,http:http,central:rbd"
    assert conf["glance_store"]["default_backend"] == "dcn0"
    assert conf["central"]["rbd_store_user"] == "external"
    assert conf["DEFAULT"]["worker_self_reference_url"] == "http://192.0.2.20:9292"


def test_a_client_of_another_site_is_told_the_external_keyring(plan: Plan, state: State) -> None:
    conf = parsed(ceph.client_conf(plan.central, state))

    assert conf["client"]["keyring"] == "/etc/ceph/central.client.external.keyring"
    assert conf["global"]["fsid"] == ceph.fsid(plan.central, state)
    assert conf["global"]["mon host"] == "192.0.2.10"


def test_the_external_key_has_the_documents_caps_and_is_each_sites_own(plan: Plan, state: State) -> None:
    keys = [ceph.entities(site, state)["client.external"] for site in plan.sites]

    assert keys[0].caps == {
        "mgr": "allow *",
        "mon": "profile rbd",
        "osd": "profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images",
    }
    assert len({one.key for one in keys}) == 3
    assert keys[0].keyring().startswith(f'[client.external]\n\tkey = {keys[0].key}\n\tcaps mgr = "allow *"\n')


def test_clusters_have_different_fsids(plan: Plan, state: State) -> None:
    assert len({ceph.fsid(site, state) for site in plan.sites}) == 3


def test_the_environment_file_is_the_example_in_the_repository(plan: Plan) -> None:
    example = Path(__file__).parents[2] / "environments" / "lab.example.yaml"

    assert yaml.safe_load(example.read_text(encoding="utf-8")) == clients.environment(plan)


def test_ssh_checks_the_hosts_real_keys(plan: Plan, state: State) -> None:
    for host in plan.machines:
        key = state.host(host) / "etc" / "ssh" / "ssh_host_ed25519_key.pub"
        write(key, f"ssh-ed25519 AAAA{host.octet} {host.name}\n")

    assert "192.0.2.30,dcn1-distributedcomputehci-0 ssh-ed25519 AAAA30\n" in clients.known_hosts(plan, state)
    assert clients.ssh_config(plan, state).count("StrictHostKeyChecking yes") == 4
    assert "Host undercloud 192.0.2.2\n    HostName 192.0.2.2\n    User stack\n" in clients.ssh_config(plan, state)


def test_clouds_are_the_admins_and_a_members(plan: Plan, state: State) -> None:
    found = clients.clouds(plan, state)["clouds"]

    assert {name: cloud["auth"]["project_name"] for name, cloud in found.items()} == {
        "dcn-lab": "admin",
        "dcn-lab-demo": "demo",
    }
    assert found["dcn-lab"]["auth"]["password"] != found["dcn-lab-demo"]["auth"]["password"]


def test_a_template_is_never_left_with_a_hole() -> None:
    with pytest.raises(KeyError):
        render("ceph-client.conf", fsid="x")


def test_a_service_whose_files_change_is_another_definition() -> None:
    one, other = (Service("keystone", "/usr/bin/x", settings=text).text() for text in ("a = 1", "a = 2"))

    assert one != other
    assert parsed(one)["program:keystone"]["command"] == "/usr/bin/x"
    assert "a = 1" not in one

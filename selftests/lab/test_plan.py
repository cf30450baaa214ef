"""The plan of a lab."""

from pathlib import Path

import pytest

from lab.plan import PlanError, make_plan

STATE = Path("/nowhere")


def test_three_sites_have_the_addresses_of_the_documentation() -> None:
    plan = make_plan("lab", "192.0.2.0/24", STATE, 2)

    assert {host.name: host.address for host in plan.hosts} == {
        "control-plane-controller-0": "192.0.2.10",
        "dcn0-distributedcomputehci-0": "192.0.2.20",
        "dcn1-distributedcomputehci-0": "192.0.2.30",
    }
    assert [site.store_at_central for site in plan.sites] == ["default_backend", "dcn0", "dcn1"]


def test_most_sites_fit_and_no_two_hosts_share_an_address_or_a_link() -> None:
    plan = make_plan("eightchr", "198.18.7.0/24", STATE, 22)

    assert len({host.address for host in plan.machines}) == 24
    assert len({plan.veth(host) for host in plan.machines}) == 24
    assert max(len(name) for name in (plan.bridge, *map(plan.veth, plan.machines))) <= 15


def test_two_labs_share_no_name() -> None:
    one, other = (make_plan(name, "192.0.2.0/24", STATE, 1) for name in ("lab", "t2"))

    assert not {one.bridge, *map(one.netns, one.machines)} & {other.bridge, *map(other.netns, other.machines)}


def test_the_undercloud_is_a_machine_of_no_site() -> None:
    plan = make_plan("lab", "192.0.2.0/24", STATE, 2)
    undercloud = plan.host("undercloud")

    assert (undercloud.address, undercloud.user) == ("192.0.2.2", "stack")
    assert undercloud in plan.machines
    assert undercloud not in plan.hosts
    assert {host.user for host in plan.hosts} == {"heat-admin"}


def test_stacks_are_named_as_the_document_names_them() -> None:
    plan = make_plan("lab", "192.0.2.0/24", STATE, 2)

    assert [site.stack for site in plan.sites] == ["control-plane", "dcn0", "dcn1"]


@pytest.mark.parametrize("name", ["", "Lab", "2lab", "nine-char", "ninechars", "a b", "a/b"])
def test_a_name_that_makes_no_interface_is_refused(name: str) -> None:
    with pytest.raises(PlanError, match="--name"):
        make_plan(name, "192.0.2.0/24", STATE, 2)


@pytest.mark.parametrize("subnet", ["192.0.2.0/25", "192.0.2.1/24", "192.0.2.0", "2001:db8::/64", "x"])
def test_a_subnet_other_than_a_24_is_refused(subnet: str) -> None:
    with pytest.raises(PlanError, match="--subnet"):
        make_plan("lab", subnet, STATE, 2)


@pytest.mark.parametrize("number", [-1, 23])
def test_more_sites_than_addresses_are_refused(number: int) -> None:
    with pytest.raises(PlanError, match="--dcn"):
        make_plan("lab", "192.0.2.0/24", STATE, number)


def test_an_unknown_host_is_told_which_there_are() -> None:
    plan = make_plan("lab", "192.0.2.0/24", STATE, 0)

    with pytest.raises(PlanError, match="its hosts: control-plane-controller-0"):
        plan.host("dcn0")

"""The addresses of the lab do not collide with others."""

from ipaddress import IPv4Network

import pytest

from lab.subnet import CANDIDATES, DEFAULT_SUBNET, Neighbour, SubnetError, choose, nameservers_of, neighbours_of


def used(network: str, by: str = "eth0") -> Neighbour:
    return Neighbour(IPv4Network(network), by)


def test_the_default_is_taken_where_nobody_has_it() -> None:
    assert choose(None, [used("10.0.0.0/8")], "br-lab") == DEFAULT_SUBNET


def test_a_machine_that_has_the_default_gets_the_next() -> None:
    assert choose(None, [used("192.0.2.0/24")], "br-lab") == "198.51.100.0/24"


def test_a_single_address_in_use_is_enough_to_avoid_a_range() -> None:
    others = [used("192.0.2.0/24"), used("198.51.100.80/32", "its package source")]

    assert choose(None, others, "br-lab") == "203.0.113.0/24"


def test_the_labs_own_bridge_is_not_in_its_way() -> None:
    others = [used("192.0.2.0/24", "br-lab")]

    assert choose(None, others, "br-lab") == DEFAULT_SUBNET
    assert choose(None, others, "br-t2") != DEFAULT_SUBNET


def test_a_subnet_in_use_is_refused_with_one_that_is_free() -> None:
    with pytest.raises(SubnetError, match=r"uses 192\.0\.2\.2/32 \(its gateway\).*--subnet 198\.51\.100\.0/24"):
        choose("192.0.2.0/24", [used("192.0.2.2/32", "its gateway")], "br-lab")


def test_something_else_than_a_subnet_is_refused() -> None:
    with pytest.raises(SubnetError, match="--subnet 'x'"):
        choose("x", [], "br-lab")


def test_no_free_candidate_is_said() -> None:
    with pytest.raises(SubnetError, match="name a free /24"):
        choose(None, [used(candidate) for candidate in CANDIDATES], "br-lab")


def test_networks_are_read_from_addresses_routes_and_gateways() -> None:
    addresses: list[dict[str, object]] = [
        {"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
        {"ifname": "eth0", "addr_info": [{"family": "inet6", "local": "fd00::2", "prefixlen": 64}]},
        {"ifname": "down0"},
    ]
    routes: list[dict[str, object]] = [
        {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0"},
        {"dst": "172.16.0.0/12", "dev": "tun0"},
        {"type": "unreachable", "dst": "198.51.100.0/24"},
    ]

    assert neighbours_of(addresses, routes) == [
        used("127.0.0.0/8", "lo"),
        used("192.0.2.1/32", "its gateway"),
        used("172.16.0.0/12", "tun0"),
    ]


def test_nameservers_are_read() -> None:
    text = "# nameserver 192.0.2.1\nsearch example\nnameserver 203.0.113.53\nnameserver fd00::1\n"

    assert nameservers_of(text) == [used("203.0.113.53/32", "its nameserver")]

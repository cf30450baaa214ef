"""The catalogue of faults: each fault can be injected and undone, through the endpoint while the simulator runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from faults.catalogue import FAULTS
from simulator.faults import CHANGES, Injector, UnknownFault
from simulator.options import arguments_of, simulated
from simulator.world.build import healthy_world


@pytest.mark.parametrize("name", CHANGES)
def test_a_fault_is_undone_without_a_trace(name: str):
    options = ("--dcn", "3", "--nodes", "4", "--speed", "none", *CHANGES[name].options)
    world = simulated(arguments_of(["--state", "unused", *options]), base=20000)
    injector = Injector(world)
    before = _seen(world)

    injector.inject(name)
    during = _seen(world)
    injector.heal(name)

    assert during != before
    assert _seen(world) == before


def _seen(world: Any) -> tuple[Any, ...]:
    hooks = sorted((point, len(hooks)) for point, hooks in world.hooks._hooks.items() if hooks)
    services = (world.images, world.volumes, world.servers)
    methods = [
        getattr(getattr(service, name), "__func__", getattr(service, name))
        for service in services
        for name in ("check_import", "check_method", "delete", "delete_from", "remove_data", "start")
        if hasattr(service, name)
    ]
    resources = (list(world.images.records), list(world.volumes.volumes), list(world.servers.servers))
    texts = [file.read() for node in world.nodes for file in node.files.values()]
    texts += [repr(world.undercloud), repr(world.silence)]
    counters = r"(_last_snapshot|written_bytes)=\d+"
    return re.sub(counters, "", repr(world.sites)), hooks, methods, resources, texts


def test_the_simulator_brings_about_every_fault_of_the_catalogue():
    assert [fault.name for fault in FAULTS if fault.name not in CHANGES] == []


@pytest.mark.parametrize("name", [name for name, change in CHANGES.items() if change.harmless])
def test_a_variation_says_what_it_is(name: str):
    assert CHANGES[name].does.endswith(".")
    assert CHANGES[name].source


def test_an_unknown_name_says_which_there_are():
    injector = Injector(healthy_world(2, speed="none"))
    with pytest.raises(UnknownFault, match="no fault nope; faults: "):
        injector.inject("nope")
    with pytest.raises(UnknownFault, match="no site dcn7; sites: central, dcn0, dcn1"):
        injector.inject("health-warning:dcn7")
    with pytest.raises(UnknownFault, match="mon-out-of-quorum needs 3 nodes at dcn1; start with --nodes 3"):
        injector.inject("mon-out-of-quorum")


def test_faults_come_and_go_while_it_runs(cloud: Any, simulator: Any):
    # the admin port is the second to last of the ten
    files = simulator.environment["image"]["uri"].rsplit("/", 1)[0]
    host, port = files.rsplit(":", 1)
    admin = f"{host}:{int(port) + 1}/faults"
    post = cloud.session.post(
        admin, json={"fault": "copy-image-disabled-at-dcn:dcn0"}, authenticated=False, raise_exc=False
    )
    assert (post.status_code, post.json()["active"]) == (201, ["copy-image-disabled-at-dcn:dcn0"])
    glance = f"{simulator.environment['sites']['dcn0']['glance']}/v2/info/import"
    token = {"X-Auth-Token": cloud.session.get_token()}
    assert "copy-image" not in cloud.session.get(glance, headers=token).json()["import-methods"]["value"]
    assert cloud.session.delete(f"{admin}/copy-image-disabled-at-dcn", authenticated=False, raise_exc=False).json()[
        "healed"
    ]
    assert "copy-image" in cloud.session.get(glance, headers=token).json()["import-methods"]["value"]
    assert cloud.session.post(admin, json={"fault": "nope"}, authenticated=False, raise_exc=False).status_code == 404


def test_a_fault_may_be_there_from_the_start(start: Any, tmp_path: Path):
    with start(tmp_path, "--fault", "health-warning:dcn0") as found:
        command = "sudo podman exec ceph-mon-$(hostname) ceph --cluster dcn0 health"
        assert found.run("dcn0-distributedcomputehci-0", command)[1].startswith("HEALTH_WARN")

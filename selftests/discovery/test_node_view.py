"""The report of a machine, for several kinds of machines. Unexpected commands fail the test."""

from __future__ import annotations

import json
import shlex

import pytest

from helpers.discovery.node_view import NodeView, look_at
from helpers.nodes.node import CommandFailed, Completed, Unreachable

HOST = "dcn0-hci-0"
FSID = "5bb3a1f0-9a4e-4c9c-8b1c-0d6a7f6f4d21"
OTHER = "00000000-9a4e-4c9c-8b1c-0d6a7f6f4d21"
GLANCE = """\
[DEFAULT]
enabled_backends = default_backend:rbd,http:http,central:rbd
bind_host = 198.51.100.7
transport_url = rabbit://guest:hunter2hunter2@198.51.100.1
[glance_store]
default_backend = default_backend
[default_backend]
rbd_store_ceph_conf = /etc/ceph/dcn0.conf
rbd_store_user = openstack
rbd_store_pool = images
[central]
rbd_store_ceph_conf = /etc/ceph/central.conf
rbd_store_user = external
"""
NOVA = """\
[glance]
endpoint_override = http://dcn0.example.com:9292
[libvirt]
images_type = rbd
images_rbd_pool = vms
images_rbd_ceph_conf = /etc/ceph/dcn0.conf
"""
CINDER = """\
[DEFAULT]
enabled_backends = tripleo_ceph
storage_availability_zone = az0
[tripleo_ceph]
rbd_pool = volumes
rbd_ceph_conf = /etc/ceph/dcn0.conf
"""


def conf(fsid: str, mon: str) -> str:
    return f"[global]\nfsid = {fsid}\nmon host = [v2:{mon}:3300/0,v1:{mon}:6789/0]\n"


FILES = {
    "/etc/glance/glance-api.conf": GLANCE,
    "/etc/nova/nova.conf": NOVA,
    "/etc/cinder/cinder.conf": CINDER,
    "/etc/ceph/dcn0.conf": conf(FSID, "198.51.100.21"),
    "/etc/ceph/central.conf": conf(OTHER, "198.51.100.11"),
}


class Machine:
    """A machine with these containers and files. Every container sees every file."""

    name = HOST
    hostname = HOST

    def __init__(self, containers: dict[str, str], files: dict[str, str], engine: str = "podman") -> None:
        self.containers, self.files, self.engine = containers, files, engine

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        line = shlex.join(argv)
        if argv[1:2] == ("exec",):
            assert self.containers.get(argv[2]) == "running", line
            argv = argv[3:]
        status, out, err = self._answer(argv, line)
        return Completed(self.name, argv, line, status, out, err, f"ssh {self.name} {line}")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        done = self.run(*argv)
        if done.exit_status:
            raise CommandFailed(done)
        return done

    def _answer(self, argv: tuple[str, ...], line: str) -> tuple[int, str, str]:
        if argv[1:2] == ("ps",):
            if argv[0] != self.engine:
                return 127, "", "command not found"
            rows = [{"Names": [name], "State": state} for name, state in self.containers.items()]
            if self.engine == "docker":
                rows = [{"Names": name, "State": state} for name, state in self.containers.items()]
                return 0, "\n".join(map(json.dumps, rows)), ""
            return 0, json.dumps(rows), ""
        path = argv[-1]
        if path not in self.files:
            return 1, "", f"stat: cannot statx '{path}': No such file or directory"
        if argv[0] == "cat":
            return 0, self.files[path], ""
        assert argv[:3] == ("env", "LC_ALL=C", "stat"), line
        return 0, f"81a0|640|root|0|root|0|{len(self.files[path])}|0", ""


HCI = {"glance_api": "running", "nova_compute": "running", "cinder_volume": "running", f"ceph-mon-{HOST}": "running"}


def essence(view: NodeView) -> tuple[object, ...]:
    return (view.cluster, view.fsid, view.mon_hosts, view.default_store, view.zone, dict(view.pools))


ALL = (
    "dcn0",
    FSID,
    frozenset({"198.51.100.21"}),
    "default_backend",
    "az0",
    {"images": "images", "vms": "vms", "volumes": "volumes"},
)


@pytest.mark.parametrize(
    ("machine", "names"),
    [
        (
            Machine(HCI, FILES),
            {"glance": "glance_api", "nova_compute": "nova_compute", "cinder_volume": "cinder_volume"},
        ),
        (
            Machine(
                {
                    "glance-api": "running",
                    "nova-compute": "running",
                    "openstack-cinder-volume-docker-0": "running",
                    f"ceph-{FSID}-mon-{HOST}": "running",
                },
                FILES,
                "docker",
            ),
            {
                "glance": "glance-api",
                "nova_compute": "nova-compute",
                "cinder_volume": "openstack-cinder-volume-docker-0",
            },
        ),
    ],
    ids=["podman, ceph-ansible", "docker, cephadm, pacemaker"],
)
def test_hyperconverged_machine(machine: Machine, names: dict[str, str]) -> None:
    """Roles and settings are found whatever runs the containers, and whatever their names."""
    view = look_at(machine)

    assert view.roles == {"glance", "ceph-mon", "compute", "cinder-volume"}
    assert (essence(view), view.services, view.remarks) == (ALL, names, ())
    assert {store.id: (store.cluster, store.fsid, store.user) for store in view.stores.values()} == {
        "default_backend": ("dcn0", FSID, "openstack"),
        "http": (None, None, None),
        "central": ("central", OTHER, "external"),
    }
    assert view.glance_urls == ("http://198.51.100.7:9292", "http://dcn0.example.com:9292")


def test_services_without_containers() -> None:
    """Without containers, the files on the machine itself show which services run there."""
    view = look_at(Machine({}, FILES))

    assert view.roles == {"glance", "compute", "cinder-volume"}
    assert (essence(view), set(view.services.values())) == (ALL, {None})


def test_what_only_prepared_a_service_is_none() -> None:
    """Containers with which TripleO prepared a service, and which have ended, are no services."""
    containers = {name: "exited" for name in ("glance_api_db_sync", "nova_api_db_sync", "cinder_volume_init_logs")}

    assert look_at(Machine(containers, {})).roles == frozenset()


def test_stopped_service_is_still_meant_to_run_there() -> None:
    """A stopped service keeps its role, and a remark says why its settings are unknown."""
    view = look_at(Machine({**HCI, "glance_api": "exited"}, FILES))

    assert "glance" in view.roles
    assert (view.stores, view.cluster, view.fsid) == ({}, "dcn0", FSID)
    assert view.remarks == (
        f"{HOST}: container glance_api does not run, so its /etc/glance/glance-api.conf was not read",
    )


def test_machine_without_a_conf_of_the_cluster() -> None:
    """If a cluster's conf is missing, its FSID is unknown."""
    view = look_at(Machine(HCI, {path: text for path, text in FILES.items() if "ceph" not in path}))

    assert (view.cluster, view.fsid, view.stores["central"].fsid) == ("dcn0", None, None)


def test_broken_configuration_is_a_remark_without_secrets() -> None:
    """A broken configuration file is a remark, which does not quote what is beside the mistake."""
    files = {**FILES, "/etc/glance/glance-api.conf": GLANCE + "rabbit://guest:hunter2hunter2@198.51.100.1\n[x\n"}

    view = look_at(Machine(HCI, files))

    assert (len(view.remarks), view.stores) == (1, {})
    assert HOST in view.remarks[0]
    assert "hunter2" not in str(view)


def test_compute_node_without_storage() -> None:
    """A compute node with local disks uses no cluster."""
    files = {"/etc/nova/nova.conf": "[glance]\napi_servers = http://a:9292\n[libvirt]\nimages_type = qcow2\n"}
    view = look_at(Machine({"nova_compute": "running"}, files))

    assert (view.roles, view.cluster, view.zone, view.glance_urls) == ({"compute"}, None, None, ("http://a:9292",))


def test_unreachable_machine_is_not_answered_for() -> None:
    class Gone(Machine):
        def run(self, *argv: str, deadline: float | None = None) -> Completed:
            raise Unreachable(HOST, "198.51.100.21", "refused")

    with pytest.raises(Unreachable):
        look_at(Gone(HCI, FILES))

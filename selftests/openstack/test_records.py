"""Records of Nova and Cinder, as a failure quotes them."""

from __future__ import annotations

from dataclasses import replace

from helpers.openstack.cinder import Volume, VolumeSnapshot
from helpers.openstack.nova import Server

VOLUME = Volume("8083", "pet", "reserved", 1, "central", "hostgroup@ceph#ceph", False, None, (), "volume show 8083")
SERVER = Server("8084", "pet", "ACTIVE", None, "dcn1", "dcn1-0", None, (), "server show 8084")


def test_a_volume_reads_as_what_matters_of_it():
    assert str(VOLUME) == "reserved, 1 GiB, zone central, host hostgroup@ceph#ceph"
    assert str(replace(VOLUME, servers=("8084",))).endswith(", attached to 8084")
    assert str(VolumeSnapshot("8085", "snap", "error", "8083", "")) == "error, of volume 8083"


def test_a_server_reads_as_what_matters_of_it():
    assert str(SERVER) == "ACTIVE, zone dcn1, host dcn1-0"
    broken = replace(SERVER, status="ERROR", task_state="spawning", volumes=("8083",), fault="No valid host was found.")
    assert str(broken) == "ERROR, task spawning, zone dcn1, host dcn1-0, volumes 8083, No valid host was found."

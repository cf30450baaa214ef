"""Create the OSDs and pools of a new cluster in one process, because every `ceph` command would take half a second.

Usage: ceph_pools.py CLUSTER OSD_UUID[,OSD_UUID...] POOL[,POOL...]
"""

import json
import sys
import time
from typing import Any

import rados  # type: ignore[import-not-found]


def main(cluster: str, osds: list[str], pools: list[str]) -> None:
    conf = {"keyring": f"/etc/ceph/{cluster}.client.admin.keyring", "client_mount_timeout": "20"}
    client = connected(cluster, conf)
    try:
        known = {one["uuid"] for one in ask(client, prefix="osd dump", format="json")["osds"]}
        for osd in osds:
            if osd not in known:
                ask(client, prefix="osd new", uuid=osd)
        existing = {one["poolname"] for one in ask(client, prefix="osd lspools", format="json")}
        for pool in pools:
            if pool not in existing:
                ask(client, prefix="osd pool create", pool=pool, pg_num=8)
            ask(client, prefix="osd pool application enable", pool=pool, app="rbd")
    finally:
        client.shutdown()


def connected(cluster: str, conf: dict[str, str]) -> Any:
    """Connect to the cluster; repeat this until the monitor, whose container has just been started, answers."""
    deadline = time.monotonic() + 180
    while True:
        client = rados.Rados(conffile=f"/etc/ceph/{cluster}.conf", name="client.admin", clustername=cluster, conf=conf)
        try:
            client.connect(timeout=5)
        except rados.Error:
            client.shutdown()
            if time.monotonic() > deadline:
                raise
        else:
            return client


def ask(client: Any, **command: Any) -> Any:
    code, out, said = client.mon_command(json.dumps(command), b"", timeout=20)
    if code:
        raise SystemExit(f"{command['prefix']}: {said} ({code})")
    return json.loads(out) if command.get("format") == "json" else out


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","), sys.argv[3].split(","))

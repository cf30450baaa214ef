"""`ceph` and `rados` of Ceph 16 (Pacific): health, monitors, users and pools."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from simulator.commands.client import NoConnection, Options, connect
from simulator.commands.rbd import table
from simulator.commands.shell import Call, Output, command
from simulator.world.clusters import Cluster, RbdError, User

_VERSION = "ceph version 16.2.15 (618f440892089921c3e944a991122ddc44e60516) pacific (stable)"
_FEATURES = [
    *("kraken", "luminous", "mimic", "osdmap-prune", "nautilus", "octopus", "pacific", "elector-pinging"),
]
# Texts on standard error of successful commands.
_REMARKS = {"mon dump": "dumped monmap epoch 1\n", "auth get": "exported keyring for {entity}\n"}
# Health codes that Ceph ranks as errors; all others are warnings.
_ERRORS = {"OSD_FULL", "POOL_FULL", "PG_DAMAGED", "MON_DISK_CRIT"}


@command("ceph", "rados")
async def _ceph(call: Call) -> Output:
    if not call.has_ceph:
        return Output(stderr=f"bash: line 1: {call.name}: command not found\n", status=127)
    options = Options.of(call.args)
    if options.flags & {"-v", "--version"}:
        return Output(f"{_VERSION}\n".encode())
    if "-s" in options.flags:
        options.words = ["status"]
    words = [call.name, *options.words] if call.name == "rados" else options.words
    try:
        cluster, user = await connect(call, options)
    except NoConnection as error:
        text = f"[errno {error.number}] RADOS {error.reason.lower()} (error connecting to the cluster)\n"
        if not error.reason or error.number == 2:
            text = "Error initializing cluster client: ObjectNotFound('RADOS object not found "
            text += "(error calling conf_read_file)')\n"
        return Output(stderr=error.printed + text, status=1)
    if user.entity != "client.admin" and words[0] in ("auth", "config"):
        return Output(stderr="Error EACCES: access denied\n", status=13)
    for length in (3, 2, 1):
        verb = " ".join(words[:length])
        if verb not in _VERBS:
            continue
        try:
            answer, plain = _VERBS[verb](cluster, words[length:])
        except RbdError as error:
            return Output(stderr=f"Error {error}\n", status=error.number)
        remark = _REMARKS.get(verb, "").format(entity=words[-1])
        if options.json:
            indent = 4 if "pretty" in options.values["format"] else None
            text = json.dumps(answer, indent=indent, separators=None if indent else (",", ":")) + "\n"
            return Output(("" if call.name == "rados" else "\n").encode() + text.encode(), remark)
        return Output(plain.encode(), remark)
    return Output(stderr=f"no valid command found; '{' '.join(words)}'\nError EINVAL: invalid command\n", status=22)


_OTHER_STATISTICS = (
    *("stored_data", "stored_omap", "kb_used", "data_bytes_used", "omap_bytes_used", "quota_objects", "quota_bytes"),
    *("dirty", "compress_bytes_used", "compress_under_bytes", "stored_raw", "avail_raw"),
)
Answer = tuple[Any, str]


def _health(cluster: Cluster) -> dict[str, Any]:
    checks = {
        code: {
            "severity": "HEALTH_ERR" if code in _ERRORS else "HEALTH_WARN",
            "summary": {"message": message, "count": 1},
            "detail": [{"message": message}],
            "muted": False,
        }
        for code, message in _findings(cluster).items()
    }
    severities = {check["severity"] for check in checks.values()}
    status = "HEALTH_ERR" if "HEALTH_ERR" in severities else "HEALTH_WARN" if checks else "HEALTH_OK"
    return {"status": status, "checks": checks, "mutes": []}


def _findings(cluster: Cluster) -> dict[str, str]:
    found = dict(cluster.health)
    down = [mon.name for mon in cluster.mons if not mon.in_quorum]
    if down:
        quorum = ",".join(mon.name for mon in cluster.quorum)
        found["MON_DOWN"] = f"{len(down)}/{len(cluster.mons)} mons down, quorum {quorum}"
    return found


def _status(cluster: Cluster, words: list[str]) -> Answer:
    health = _health(cluster)
    for check in health["checks"].values():
        check.pop("detail")
    quorum = [number for number, mon in enumerate(cluster.mons) if mon.in_quorum]
    images = [image for pool in cluster.pools.values() for image in pool.images.values()]
    record = {
        "fsid": cluster.fsid,
        "health": health,
        "election_epoch": 5,
        "quorum": quorum,
        "quorum_names": [cluster.mons[number].name for number in quorum],
        "quorum_age": 3600,
        "monmap": {"epoch": 1, "min_mon_release_name": "pacific", "num_mons": len(cluster.mons)},
        "osdmap": {
            "epoch": 20,
            "num_osds": cluster.osds,
            "num_up_osds": cluster.osds,
            "osd_up_since": 1700000000,
            "num_in_osds": cluster.osds,
            "osd_in_since": 1700000000,
            "num_remapped_pgs": 0,
        },
        "pgmap": {
            "pgs_by_state": [{"state_name": "active+clean", "count": 97}],
            "num_pgs": 97,
            "num_pools": len(cluster.pools),
            "num_objects": len(images),
            "data_bytes": sum(image.content.used for image in images),
            "bytes_used": sum(image.content.used for image in images),
            "bytes_avail": 100 << 30,
            "bytes_total": 100 << 30,
        },
        "fsmap": {"epoch": 1, "by_rank": [], "up:standby": 0},
        "mgrmap": {"available": True, "num_standbys": 0, "modules": ["iostat", "restful"], "services": {}},
        "servicemap": {"epoch": 1, "modified": "2023-01-01T00:00:00.000000+0000", "services": {}},
        "progress_events": {},
    }
    names = ",".join(cluster.mons[number].name for number in quorum)
    osds = cluster.osds
    plain = (
        f"  cluster:\n    id:     {cluster.fsid}\n    health: {health['status']}\n \n  services:\n"
        f"    mon: {len(cluster.mons)} daemons, quorum {names}\n    osd: {osds} osds: {osds} up, {osds} in\n \n"
    )
    return record, plain


def _health_detail(cluster: Cluster, words: list[str]) -> Answer:
    health = _health(cluster)
    lines = [health["status"] + " " + "; ".join(check["summary"]["message"] for check in health["checks"].values())]
    lines += [f"[{c['severity'][7:]}] {code}: {c['summary']['message']}" for code, c in health["checks"].items()]
    return health, "\n".join(line.rstrip() for line in lines) + "\n"


def _mon(cluster: Cluster, number: int) -> dict[str, Any]:
    mon = cluster.mons[number]
    return {
        "rank": number,
        "name": mon.name,
        "public_addrs": {
            "addrvec": [
                {"type": "v2", "addr": f"{mon.address}:3300", "nonce": 0},
                {"type": "v1", "addr": f"{mon.address}:6789", "nonce": 0},
            ]
        },
        "addr": f"{mon.address}:6789/0",
        "public_addr": f"{mon.address}:6789/0",
        "priority": 0,
        "weight": 0,
        "crush_location": "{}",
    }


def _monmap(cluster: Cluster) -> dict[str, Any]:
    return {
        "epoch": 1,
        "fsid": cluster.fsid,
        "modified": "2023-01-01T00:00:00.000000Z",
        "created": "2023-01-01T00:00:00.000000Z",
        "min_mon_release": 16,
        "min_mon_release_name": "pacific",
        "election_strategy": 1,
        "disallowed_leaders: ": "",
        "stretch_mode": False,
        "tiebreaker_mon": "",
        "removed_ranks: ": "",
        "features": {"persistent": _FEATURES, "optional": []},
        "mons": [_mon(cluster, number) for number in range(len(cluster.mons))],
    }


def _mon_dump(cluster: Cluster, words: list[str]) -> Answer:
    quorum = [number for number, mon in enumerate(cluster.mons) if mon.in_quorum]
    lines = [f"fsid {cluster.fsid}"]
    lines += [f"{n}: [v2:{m.address}:3300/0,v1:{m.address}:6789/0] mon.{m.name}" for n, m in enumerate(cluster.mons)]
    return _monmap(cluster) | {"quorum": quorum}, "\n".join(lines) + "\n"


def _quorum_status(cluster: Cluster, words: list[str]) -> Answer:
    quorum = [number for number, mon in enumerate(cluster.mons) if mon.in_quorum]
    names = [cluster.mons[number].name for number in quorum]
    record = {
        "election_epoch": 5,
        "quorum": quorum,
        "quorum_names": names,
        "quorum_leader_name": names[0],
        "quorum_age": 3600,
        "features": {"quorum_con": "4540138297136906239", "quorum_mon": _FEATURES},
        "monmap": _monmap(cluster),
    }
    return record, json.dumps(record) + "\n"


def _user(cluster: Cluster, words: list[str]) -> User:
    entity = words[0] if words else ""
    if entity not in cluster.users:
        raise RbdError(2, f"ENOENT: failed to find {entity} in keyring")
    return cluster.users[entity]


def _auth_get(cluster: Cluster, words: list[str]) -> Answer:
    user = _user(cluster, words)
    caps = "".join(f'\tcaps {daemon} = "{what}"\n' for daemon, what in user.caps.items())
    return [{"entity": user.entity, "key": user.key, "caps": user.caps}], f"[{user.entity}]\n\tkey = {user.key}\n{caps}"


def _auth_key(cluster: Cluster, words: list[str]) -> Answer:
    user = _user(cluster, words)
    return {"key": user.key}, user.key


def _auth_ls(cluster: Cluster, words: list[str]) -> Answer:
    entries = [{"entity": user.entity, "key": user.key, "caps": user.caps} for user in cluster.users.values()]
    return {"auth_dump": entries}, "".join(f"{user.entity}\n\tkey: {user.key}\n" for user in cluster.users.values())


def _pool_names(cluster: Cluster, words: list[str]) -> Answer:
    if words[:1] == ["detail"]:
        entries = [
            {"pool_id": pool.id, "pool_name": pool.name, "size": 3, "min_size": 2} for pool in cluster.pools.values()
        ]
        return entries, "".join(f"pool {pool.id} '{pool.name}' replicated size 3\n" for pool in cluster.pools.values())
    names = list(cluster.pools)
    return names, "".join(f"{name}\n" for name in names)


def _lspools(cluster: Cluster, words: list[str]) -> Answer:
    entries = [{"poolnum": pool.id, "poolname": pool.name} for pool in cluster.pools.values()]
    return entries, "".join(f"{pool.id} {pool.name}\n" for pool in cluster.pools.values())


def _df(cluster: Cluster, words: list[str]) -> Answer:
    pools = [
        {
            "name": pool.name,
            "id": pool.id,
            "stats": {
                "stored": sum(image.content.used for image in pool.images.values()),
                "objects": len(pool.images),
                "bytes_used": sum(image.content.used for image in pool.images.values()),
                "percent_used": 0.0,
                "max_avail": 100 << 30,
                "rd": pool.read_bytes // 4096,
                "rd_bytes": pool.read_bytes,
                "wr": pool.written_bytes // 4096,
                "wr_bytes": pool.written_bytes,
            }
            | dict.fromkeys(_OTHER_STATISTICS, 0),
        }
        for pool in cluster.pools.values()
    ]
    stats: dict[str, float] = {"total_bytes": 100 << 30, "total_avail_bytes": 100 << 30, "total_used_bytes": 0}
    stats |= {"total_used_raw_bytes": 0, "total_used_raw_ratio": 0.0}
    daemons = {"num_osds": cluster.osds, "num_per_pool_osds": cluster.osds, "num_per_pool_omap_osds": cluster.osds}
    return {"stats": stats | daemons, "stats_by_class": {"hdd": stats}, "pools": pools}, table(
        [("POOL", "<"), ("ID", ">"), ("OBJECTS", ">")],
        [[p.name, str(p.id), str(len(p.images))] for p in cluster.pools.values()],
    )


def _rados_df(cluster: Cluster, words: list[str]) -> Answer:
    pools = [
        {
            "name": pool.name,
            "id": str(pool.id),
            "size_bytes": sum(image.content.used for image in pool.images.values()),
            "num_objects": len(pool.images),
            "num_object_clones": 0,
            "read_ops": pool.read_bytes // 4096,
            "read_bytes": pool.read_bytes,
            "write_ops": pool.written_bytes // 4096,
            "write_bytes": pool.written_bytes,
        }
        for pool in cluster.pools.values()
    ]
    total = {"total_objects": sum(len(pool.images) for pool in cluster.pools.values())}
    return {"pools": pools} | total, "".join(f"{pool['name']} {pool['read_bytes']}\n" for pool in pools)


def _pool_stats(cluster: Cluster, words: list[str]) -> Answer:
    entries = [
        {"pool_name": pool.name, "pool_id": pool.id, "recovery": {}, "recovery_rate": {}, "client_io_rate": {}}
        for pool in cluster.pools.values()
    ]
    return entries, "".join(
        f"pool {pool.name} id {pool.id}\n  nothing is going on\n\n" for pool in cluster.pools.values()
    )


def _osd_tree(cluster: Cluster, words: list[str]) -> Answer:
    nodes = [{"id": n, "name": f"osd.{n}", "type": "osd", "status": "up", "reweight": 1.0} for n in range(cluster.osds)]
    return {"nodes": nodes, "stray": []}, "".join(f"{node['id']} {node['name']} up\n" for node in nodes)


def _fsid(cluster: Cluster, words: list[str]) -> Answer:
    return {"fsid": cluster.fsid}, f"{cluster.fsid}\n"


def _min_client(cluster: Cluster, words: list[str]) -> Answer:
    return cluster.min_client, f"{cluster.min_client}\n"


def _version(cluster: Cluster, words: list[str]) -> Answer:
    return {"version": _VERSION}, f"{_VERSION}\n"


def _versions(cluster: Cluster, words: list[str]) -> Answer:
    record = {"mon": {_VERSION: len(cluster.mons)}, "osd": {_VERSION: cluster.osds}}
    return record, json.dumps(record, indent=4) + "\n"


_VERBS: dict[str, Callable[[Cluster, list[str]], Answer]] = {
    "fsid": _fsid,
    "status": _status,
    "health": _health_detail,
    "health detail": _health_detail,
    "mon dump": _mon_dump,
    "quorum_status": _quorum_status,
    "auth get": _auth_get,
    "auth get-key": _auth_key,
    "auth print-key": _auth_key,
    "auth ls": _auth_ls,
    "osd pool ls": _pool_names,
    "osd lspools": _lspools,
    "osd pool stats": _pool_stats,
    "osd tree": _osd_tree,
    "osd get-require-min-compat-client": _min_client,
    "df": _df,
    "rados df": _rados_df,
    "version": _version,
    "versions": _versions,
}

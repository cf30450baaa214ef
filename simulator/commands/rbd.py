"""`rbd` of Ceph 16 (Pacific): the reading commands, as JSON and as the tables that people see."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from simulator.commands.client import NoConnection, Options, connect, may_use
from simulator.commands.shell import Call, Output, command
from simulator.world.clusters import Cluster, Parent, Pool, RbdError, RbdImage, Snapshot

_CTIME = "%a %b %e %H:%M:%S %Y"
_FEATURES = ["layering", "exclusive-lock", "object-map", "fast-diff", "deep-flatten"]
_ACTIONS = {
    "ls": "listing images",
    "children": "listing children",
    "trash": "trash list",
    "info": "error opening image",
}


def binary_size(size: int) -> str:
    """Return a size as Ceph prints it for people, in the largest unit in which the number is at least 1."""
    units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    unit, value = 0, float(size)
    while value >= 1024 and unit < len(units) - 1:
        value, unit = value / 1024, unit + 1
    text = f"{value:.0f}" if value == int(value) or unit == 0 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
    return f"{text} {units[unit]}"


def table(columns: list[tuple[str, str]], rows: list[list[str]]) -> str:
    """Return a table as Ceph prints it: headings to the left, cells to the left (`<`) or to the right (`>`)."""
    cells = [[name for name, _ in columns], *rows]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    text = ""
    for number, line in enumerate(cells):
        sides = ["<" if number == 0 else side for _, side in columns]
        padded = [f"{cell:{side}{width}}" for cell, side, width in zip(line, sides, widths, strict=True)]
        text += "  ".join(padded) + "\n"
    return text


@command("rbd")
async def _rbd(call: Call) -> Output:
    if not call.has_ceph:
        return Output(stderr="bash: line 1: rbd: command not found\n", status=127)
    options = Options.of(call.args)
    verb = _verb(options)
    function = _VERBS.get(verb)
    if function is None:
        return Output(stderr=f"error: unknown option '{' '.join(options.words)}'\n", status=1)
    try:
        cluster, user = await connect(call, options)
        pool_name, image, snapshot = _spec(options)
        pool = cluster.pool(pool_name)
        if not may_use(user, pool_name):
            raise RbdError(1, f"{_ACTIONS.get(verb, 'error opening pool')} failed: (1) Operation not permitted")
        return function(cluster, pool, image, snapshot, options)
    except NoConnection as error:
        told = error.printed
        if error.reason:
            action = _ACTIONS.get(verb, "error connecting")
            told += f"rbd: couldn't connect to the cluster!\nrbd: {action} failed: ({error.number}) {error.reason}\n"
        return Output(stderr=told, status=error.number)
    except RbdError as error:
        told = f"rbd: {error}\n"
        if verb == "ls" and "opening pool" in told:
            told += "rbd: listing images failed: (2) No such file or directory\n"
        return Output(stderr=told, status=error.number)


def _verb(options: Options) -> str:
    words = options.words
    if words[:1] in (["snap"], ["trash"], ["lock"], ["mirror"]):
        verb = " ".join(words[:2]).replace("list", "ls")
        options.words = words[2:]
        return verb
    options.words = words[1:]
    return {"list": "ls"}.get(words[0], words[0]) if words else ""


def _spec(options: Options) -> tuple[str, str, str]:
    """Return pool, image and snapshot from `[pool/]image[@snap]` or from options."""
    given = options.words[0] if options.words and options.words[0] != "-" else options.values.get("image", "")
    rest, _, snapshot = given.partition("@")
    pool, slash, image = rest.rpartition("/")
    if not slash and "pool" not in options.values and rest in ("images", "vms", "volumes"):
        pool, image = rest, ""  # `rbd ls POOL`
    return pool or options.values.get("pool", "rbd"), image, snapshot or options.values.get("snap", "")


def _dump(what: object) -> Output:
    return Output((json.dumps(what, separators=(",", ":")) + "\n").encode())


def _link(parent: Parent) -> dict[str, str]:
    return {"pool": parent.pool, "pool_namespace": "", "image": parent.image, "snapshot": parent.snapshot}


def _ls(cluster: Cluster, pool: Pool, image: str, snapshot: str, options: Options) -> Output:
    images = [pool.images[name] for name in sorted(pool.images)]
    if not options.flags & {"-l", "--long"}:
        names = [each.name for each in images]
        return _dump(names) if options.json else Output("".join(f"{name}\n" for name in names).encode())
    return _dump(_entries(images)) if options.json else Output(_long_table(images).encode())


def _entries(images: list[RbdImage]) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for each in images:
        parent = {"parent": _link(each.parent)} if each.parent else {}
        entry = {"image": each.name, "id": each.id, "size": each.size, **parent, "format": 2}
        entries.append(entry | ({"lock_type": "exclusive"} if each.locked else {}))
        for at in each.snapshots.values():
            entry = {"image": each.name, "id": each.id, "snapshot": at.name, "snapshot_id": at.id}
            entry |= {"size": at.content.size, **parent, "format": 2, "protected": str(at.protected).lower()}
            entries.append(entry)
    return entries


def _long_table(images: list[RbdImage]) -> str:
    rows = []
    for each in images:
        parent = str(each.parent) if each.parent else ""
        rows.append([each.name, binary_size(each.size), parent, "2", "", "excl" if each.locked else ""])
        for at in each.snapshots.values():
            protected = "yes" if at.protected else ""
            rows.append([f"{each.name}@{at.name}", binary_size(at.content.size), parent, "2", protected, ""])
    columns = [("NAME", "<"), ("SIZE", ">"), ("PARENT", "<"), ("FMT", ">"), ("PROT", "<"), ("LOCK", "<")]
    return table(columns, rows) if rows else ""


def _open(pool: Pool, image: str, snapshot: str) -> tuple[RbdImage, Snapshot | None]:
    found = pool.image(image)
    if snapshot and snapshot not in found.snapshots:
        raise RbdError(2, "error setting snapshot context: (2) No such file or directory")
    return found, found.snapshots.get(snapshot)


def _info(cluster: Cluster, pool: Pool, image: str, snapshot: str, options: Options) -> Output:
    found, at = _open(pool, image, snapshot)
    size = at.content.size if at else found.size
    record: dict[str, Any] = {
        "name": found.name,
        "id": found.id,
        "size": size,
        "objects": -(-size // (8 << 20)),
        "order": 23,
        "object_size": 8 << 20,
        "snapshot_count": len(found.snapshots),
        "block_name_prefix": f"rbd_data.{found.id}",
        "format": 2,
        "features": _FEATURES,
        "op_features": _op_features(found),
        "flags": [],
        "create_timestamp": found.created.strftime(_CTIME),
        "access_timestamp": found.created.strftime(_CTIME),
        "modify_timestamp": found.created.strftime(_CTIME),
    }
    if at:
        record["protected"] = str(at.protected).lower()
    if found.parent:
        record["parent"] = _link(found.parent) | {
            "id": found.parent.image_id,
            "trash": found.parent.image not in cluster.pool(found.parent.pool).images,
            "overlap": found.parent.overlap,
        }
    if options.json:
        return _dump(record)
    lines = [
        f"rbd image '{found.name}':",
        f"\tsize {binary_size(size)} in {record['objects']} objects",
        "\torder 23 (8 MiB objects)",
        f"\tsnapshot_count: {len(found.snapshots)}",
        f"\tid: {found.id}",
        f"\tblock_name_prefix: rbd_data.{found.id}",
        "\tformat: 2",
        f"\tfeatures: {', '.join(_FEATURES)}",
        f"\top_features: {', '.join(_op_features(found))}",
        "\tflags: ",
        f"\tcreate_timestamp: {record['create_timestamp']}",
        f"\taccess_timestamp: {record['access_timestamp']}",
        f"\tmodify_timestamp: {record['modify_timestamp']}",
    ]
    if at:
        lines.append(f"\tprotected: {at.protected}")
    if found.parent:
        lines += [f"\tparent: {found.parent}", f"\toverlap: {binary_size(found.parent.overlap)}"]
    return Output(("\n".join(lines) + "\n").encode())


def _op_features(image: RbdImage) -> list[str]:
    return [*(["snap-trash"] if image.trashed else []), *(["clone-child"] if image.linked else [])]


def _snap_ls(cluster: Cluster, pool: Pool, image: str, snapshot: str, options: Options) -> Output:
    found = pool.image(image)
    if options.json:
        entries = [
            {
                "id": at.id,
                "name": at.name,
                "size": at.content.size,
                "protected": str(at.protected).lower(),
                "timestamp": at.created.strftime(_CTIME),
            }
            for at in found.snapshots.values()
        ]
        return _dump(entries)
    rows = [
        [str(at.id), at.name, binary_size(at.content.size), "yes" if at.protected else "", at.created.strftime(_CTIME)]
        for at in found.snapshots.values()
    ]
    columns = [("SNAPID", ">"), ("NAME", "<"), ("SIZE", ">"), ("PROTECTED", "<"), ("TIMESTAMP", "<")]
    return Output(table(columns, rows).encode() if rows else b"")


def _children(cluster: Cluster, pool: Pool, image: str, snapshot: str, options: Options) -> Output:
    _open(pool, image, snapshot)
    found = list(cluster.children(pool.name, image, snapshot or None))
    if options.json:
        return _dump([{"pool": at.name, "pool_namespace": "", "image": child.name} for at, child in found])
    return Output("".join(f"{at.name}/{child.name}\n" for at, child in found).encode())


def _export(cluster: Cluster, pool: Pool, image: str, snapshot: str, options: Options) -> Output:
    _open(pool, image, snapshot)
    return Output(cluster.read(pool.name, image, snapshot or None))


def _trash_ls(cluster: Cluster, pool: Pool, image: str, snapshot: str, options: Options) -> Output:
    if options.json and options.flags & {"-l", "--long"}:
        return _dump([_in_trash(each) for each in pool.trash.values()])
    if options.json:
        return _dump([{"id": each.id, "name": each.name} for each in pool.trash.values()])
    return Output("".join(f"{each.id} {each.name}\n" for each in pool.trash.values()).encode())


def _in_trash(image: RbdImage) -> dict[str, str]:
    when = image.created.strftime(_CTIME)
    status = f"{'protected until' if image.deferred else 'expired at'} {when}"
    return {"id": image.id, "name": image.name, "source": "USER", "deleted_at": when, "status": status}


def _du(cluster: Cluster, pool: Pool, image: str, snapshot: str, options: Options) -> Output:
    images = [pool.image(image)] if image else [pool.images[name] for name in sorted(pool.images)]
    entries: list[dict[str, Any]] = []
    for each in images:
        head: dict[str, Any] = {"name": each.name, "id": each.id}
        used = each.content.used
        for at in each.snapshots.values():
            sizes = {"provisioned_size": at.content.size, "used_size": at.content.used}
            entries.append(head | {"snapshot": at.name, "snapshot_id": at.id} | sizes)
            used = 0 if at.content is each.content else used
        entries.append(head | {"provisioned_size": each.size, "used_size": used})
    totals = {
        "total_provisioned_size": sum(each.size for each in images),
        "total_used_size": sum(entry["used_size"] for entry in entries),
    }
    if options.json:
        return _dump({"images": entries} | ({} if image else totals))
    rows = [[each.name, binary_size(each.size), binary_size(each.content.used)] for each in images]
    return Output(table([("NAME", "<"), ("PROVISIONED", ">"), ("USED", ">")], rows).encode())


def _status(cluster: Cluster, pool: Pool, image: str, snapshot: str, options: Options) -> Output:
    watchers = [{"address": "127.0.0.1:0/1", "client": 4100, "cookie": 1}] if pool.image(image).locked else []
    return _dump({"watchers": watchers}) if options.json else Output(f"Watchers: {watchers or 'none'}\n".encode())


_VERBS: dict[str, Callable[[Cluster, Pool, str, str, Options], Output]] = {
    "ls": _ls,
    "info": _info,
    "snap ls": _snap_ls,
    "children": _children,
    "export": _export,
    "trash ls": _trash_ls,
    "du": _du,
    "status": _status,
}

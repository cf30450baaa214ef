"""How a Ceph command finds its cluster and authenticates: configuration file, monitors, keyring and caps.

Nothing is assumed, so a wrong file on the node leads to a wrong answer here.
"""

from __future__ import annotations

import asyncio
import configparser
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from helpers.nodes.config_files import BadConfigFile, CephConf, parse_ceph_conf, parse_mon_host
from simulator.commands.files import may_read
from simulator.commands.shell import Call
from simulator.world.clusters import Cluster, User

# librados's default timeout for a monitor, in seconds
_PATIENCE = 300.0

_WITH_VALUE = {
    "--cluster": "cluster",
    "--id": "id",
    "--user": "id",
    "--name": "name",
    "-n": "name",
    "--keyring": "keyring",
    "-k": "keyring",
    "--conf": "conf",
    "-c": "conf",
    "--pool": "pool",
    "-p": "pool",
    "--format": "format",
    "-f": "format",
    "--connect-timeout": "patience",
    "--image": "image",
    "--snap": "snap",
    "--path": "path",
    "-m": "mon",
    "--mon-host": "mon",
}


class NoConnection(Exception):
    """The client gets no session. `number` is the errno, and the text is the client's output before it gives up."""

    def __init__(self, number: int, reason: str, printed: str = "") -> None:
        super().__init__(printed)
        self.number, self.reason, self.printed = number, reason, printed


@dataclass
class Options:
    """A Ceph command line: the values of its options, its flags, and the rest."""

    values: dict[str, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, args: list[str]) -> Options:
        found, words = cls(), list(args)
        while words:
            word = words.pop(0)
            name, equals, value = word.partition("=")
            if name in _WITH_VALUE and equals:
                found.values[_WITH_VALUE[name]] = value
            elif word in _WITH_VALUE and words:
                found.values[_WITH_VALUE[word]] = words.pop(0)
            elif word.startswith("-") and word != "-":
                found.flags.add(word)
            else:
                found.words.append(word)
        return found

    @property
    def json(self) -> bool:
        return self.values.get("format", "").startswith("json")


async def connect(call: Call, options: Options) -> tuple[Cluster, User]:
    """Return the cluster and the user. Raises NoConnection, after the client's usual timeout if no monitor answers."""
    conf_path = options.values.get("conf")
    name = options.values.get("cluster")
    if conf_path and not name:
        name = conf_path.rsplit("/", 1)[-1].removesuffix(".conf")
    name = name or "ceph"
    conf = call.node.file(conf_path or f"/etc/ceph/{name}.conf", call.container)
    if conf is None:
        if conf_path:
            raise NoConnection(1, "", f"global_init: unable to open config file from search list {conf_path}\n")
        printed = "did not load config file, using default settings.\n"
        raise NoConnection(2, "No such file or directory", printed)
    text = conf.read()
    entity = options.values.get("name") or f"client.{options.values.get('id', 'admin')}"
    paths = (options.values["keyring"],) if "keyring" in options.values else _conf(text).keyrings(name, entity)
    key = _key(call, next((path for path in paths if call.node.file(path, call.container)), paths[0]), entity)
    mons = parse_mon_host(options.values["mon"]) if "mon" in options.values else _conf(text).mon_addresses
    cluster = _by_mons(call, {mon.host for mon in mons})
    patience = float(options.values.get("patience", _PATIENCE))
    barred = call.world.hooks.through("wan", "", node=call.node, cluster=cluster)
    if barred == "rejects":
        raise NoConnection(111, "Connection refused")
    if cluster is None or barred == "drops":
        await asyncio.sleep(patience)
        raise NoConnection(110, "Connection timed out")
    try:
        await asyncio.wait_for(call.world.reach(cluster), patience)
    except TimeoutError:
        raise NoConnection(110, "Connection timed out") from None
    user = cluster.users.get(entity)
    if user is None or user.key != key:
        refused = "monclient(hunting): handle_auth_bad_method server allowed_methods [2] but i only support [2,1]\n"
        number, reason = (1, "Operation not permitted") if user is None else (13, "Permission denied")
        raise NoConnection(number, reason, refused)
    return cluster, user


@functools.lru_cache(maxsize=1024)
def _conf(text: str) -> CephConf:
    try:
        return parse_ceph_conf(text)
    except BadConfigFile:
        raise NoConnection(22, "Invalid argument") from None


def _key(call: Call, path: str, entity: str) -> str:
    file = call.node.file(path, call.container)
    reason = "" if file else "(2) No such file or directory"
    if file and not may_read(call, file):
        reason = "(13) Permission denied"
    keys: Mapping[str, str] = {}
    if file and not reason:
        try:
            keys = _keys(file.read())
        except configparser.Error:
            reason = "(5) Input/output error"
    if entity in keys:
        return keys[entity]
    reason = reason or "(2) No such file or directory"
    printed = (
        f"auth: unable to find a keyring on {path}: {reason}\n"
        "monclient: authenticate NOTE: no keyring found; disabled cephx authentication\n"
    )
    raise NoConnection(95, "Operation not supported", printed)


@functools.lru_cache(maxsize=1024)
def _keys(keyring: str) -> Mapping[str, str]:
    """Return the keys in a keyring's text by entity. Raises configparser.Error."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(keyring.replace("\t", ""))
    return {entity: parser.get(entity, "key") for entity in parser.sections() if parser.has_option(entity, "key")}


def _by_mons(call: Call, hosts: set[str]) -> Cluster | None:
    """Return the cluster of one of these monitors, which are given by address or name."""
    hosts = hosts | {node.address for node in call.world.machines if {node.name, f"{node.name}.storage"} & hosts}
    clusters = (site.ceph for site in call.world.storage_sites)
    return next((each for each in clusters for mon in each.mons if mon.in_quorum and mon.address in hosts), None)


def may_use(user: User, pool: str) -> bool:
    """Return whether the user's OSD caps allow reading this pool."""
    for cap in user.caps.get("osd", "").split(","):
        restricted = re.search(r"pool=(\S+)", cap)
        if "object_prefix" in cap:
            continue
        if cap.strip().startswith(("allow", "profile rbd")) and (restricted is None or restricted[1] == pool):
            return True
    return False
